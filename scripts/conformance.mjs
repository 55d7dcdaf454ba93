// `npm run conformance [recording ...]`: every recorded exchange through the pure path, and a sample of each group through
// the running proxy; a table of exact, wrong and unjudged, each wrong one with both numbers. Exit code 1 on any wrong.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepare, root } from './prepare.mjs';

const folder = process.env.LLM_PROXY_CASSETTES ?? resolve(root, '../shared/cassettes');
if (!existsSync(join(folder, 'INDEX.md'))) {
  process.stderr.write('llm-proxy: no recorded traffic here; LLM_PROXY_CASSETTES names its folder\n');
  process.exit(1);
}
prepare();
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const files = ['test/conformance', 'test/integration/recorded-traffic.test.ts'];
const args = ['run', ...files, '--disable-console-intercept', ...process.argv.slice(2).flatMap((name) => ['-t', name])];
const result = spawnSync(process.execPath, [vitest, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, LLM_PROXY_TEST_CONFORMANCE: '1' },
});
process.exitCode = result.status ?? 1;
