import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { withoutForeignSettings } from './test/support/environment.ts';

// The processes that run the tests, and those that the tests start, have it from this one. Real clients are installed
// first, as this machine reaches its registries.
const installs =
  process.env['LLM_PROXY_TEST_CLIENTS'] !== undefined || process.env['npm_lifecycle_event'] === 'test:clients';
if (!installs) withoutForeignSettings(process.env);

/** Half a minute each. Begun last, as their size says where no run has measured them, they leave a core idle. */
const LONG = /\/(?:integration\/(?:store-scale|store-faults|cli|kill)|e2e\/clients\/fast)\.test\.ts$/;

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  return LONG.test(moduleId) ? 0 : 1;
}

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
    // On a busy machine late is not wrong: these are for what hangs. No test has one of its own that is shorter.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 25_000 } },
    mockReset: true,
    sequence: { sequencer: LongOnesFirst },
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
