import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'node_modules/**'],
    pool: 'forks',
    // Half of the time of the small files was spent on loading the same modules: no file may rest on being the first.
    isolate: false,
    // By default one core is left free; with two that would be a single worker, and many tests wait for other processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    dangerouslyIgnoreUnhandledErrors: false,
    // On a busy machine late is not wrong: these are for what hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    mockReset: true,
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
