import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    dangerouslyIgnoreUnhandledErrors: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // One second by default: on a busy machine late is not wrong.
    expect: { poll: { timeout: 10_000 } },
    mockReset: true,
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
