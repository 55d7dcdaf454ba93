// npm run soak -- WHAT, each with a real daemon under load and its books afterwards:
//   [flags of fuzz.mjs]  random cuts and mutations of streams
//   kill [COUNT]         it is killed COUNT times (200), half of them with durability = "strict"
//   disk                 its disk becomes read-only, hangs, fills up, is taken away: Linux and root, or it says SKIPPED
//   clock                its clock is set back and forward
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { headOf } from './flags.mjs';
import { root } from '../scripts/prepare.mjs';

const [what, count = '200'] = process.argv.slice(2);
const KILLS = { LLM_PROXY_TEST_KILLS: String(Math.ceil(Number(count) / 2)) };
const SOAK = ['--config', 'vitest.soak.config.ts'];
if (what === '--help') console.log(headOf(import.meta.url));
else if (what === 'kill') run(KILLS, 'test/integration/kill.test.ts');
else if (what === 'disk' || what === 'clock') run({}, ...SOAK, `test/soak/${what}.soak.ts`);
else await import('./fuzz.mjs');

function run(env, ...args) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const options = { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' };
  const ended = spawnSync(process.execPath, [vitest, 'run', ...args], options);
  process.exitCode = ended.status ?? 1;
}
