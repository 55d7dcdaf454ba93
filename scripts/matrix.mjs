// `npm run test:matrix`: the suite under every Node that is promised; arguments go to vitest. This Node runs as it is, the
// others come from the npm package `node`, once, into a cache folder outside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { prepare, root } from './prepare.mjs';

const MAJORS = [20, 22, 24];
/** The client tests keep theirs in the same place. */
const CACHE = process.env.LLM_PROXY_CLIENT_CACHE ?? join(tmpdir(), 'llm-proxy-clients');
const INSTALL_MS = 240_000;
const isWindows = process.platform === 'win32';

prepare();
const results = MAJORS.map((major) => {
  const node = process.versions.node.startsWith(`${major}.`) ? process.execPath : fetchNode(major);
  return { major, result: node === null ? `not run: node@${major} could not be fetched` : runSuite(node) };
});
for (const { major, result } of results) say(`Node ${major}: ${result}`);
process.exitCode = results.every(({ result }) => result.endsWith('passed')) ? 0 : 1;

/** The path of the binary; null, with npm's own words before it, when the registry is out of reach. */
function fetchNode(major) {
  const folder = join(CACHE, `node-${major}`);
  const binary = join(folder, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  say(`fetching node@${major} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${major}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_MS,
    shell: isWindows,
  });
  if (existsSync(binary)) return binary;
  say(`node@${major} could not be fetched: is the npm registry within reach? The others go on`);
  return null;
}

/** First in PATH too: what a test starts as `node` is the same one. */
function runSuite(node) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() || 'a binary that does not run';
  say(`the suite under ${version}`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const { status } = spawnSync(node, [vitest, 'run', ...process.argv.slice(2)], { cwd: root, env, stdio: 'inherit' });
  return `${version} ${status === 0 ? 'passed' : 'FAILED'}`;
}

function say(text) {
  process.stderr.write(`llm-proxy: ${text}\n`);
}
