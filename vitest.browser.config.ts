import { defineConfig } from 'vitest/config';
import { withoutForeignSettings } from './test/support/environment.ts';

withoutForeignSettings(process.env);

/** The dashboard in a real browser: apart from `npm test`, which needs none. Without one the tests say so and skip. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    // Two browsers on two cores time out at each other.
    maxWorkers: 1,
    // For a machine that is many times slower: nothing here waits so long that goes well.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    mockReset: true,
  },
});
