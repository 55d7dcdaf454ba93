// npm run soak -- [flags of fuzz.mjs] | kill [COUNT]: random cuts and mutations of streams; or a daemon that is killed
// COUNT times (200) under load, half of them with durability = "strict", and its books afterwards.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../scripts/prepare.mjs';

const [what, count = '200'] = process.argv.slice(2);
if (what === 'kill') {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const env = { ...process.env, LLM_PROXY_TEST_KILLS: String(Math.ceil(Number(count) / 2)) };
  const run = spawnSync(process.execPath, [vitest, 'run', 'test/integration/kill.test.ts'], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  process.exitCode = run.status ?? 1;
} else await import('./fuzz.mjs');
