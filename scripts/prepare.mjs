// Makes a clone runnable: installs what is missing, builds what is stale, says what it does.
// Plain Node without dependencies: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MINIMUM = [20, 19];

/** Installs (`npm ci`) and builds when needed; exits with a clear line when one of them fails. */
export function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
    fail(`Node ${MINIMUM.join('.')} or newer is needed, this is ${process.versions.node}`);
  }
  install();
  build();
  buildDashboard();
}

function install() {
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules', '.llm-proxy-lock');
  const want = digest(readFileSync(lock));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  say('installing dependencies (npm ci, once)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci failed: see the lines above');
  // A new file: the old one may be a hard link that another work tree shares.
  rmSync(stamp, { force: true });
  writeFileSync(stamp, want);
}

function build() {
  const stamp = join(root, 'dist', '.built');
  const want = sourceDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  say('building (tsc)');
  mkdirSync(join(root, 'dist'), { recursive: true });
  for (const name of readdirSync(join(root, 'dist'))) {
    if (name !== 'dashboard') rmSync(join(root, 'dist', name), { recursive: true, force: true });
  }
  run(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    'the build failed: see the lines above',
  );
  for (const asset of files(join(root, 'src')).filter((file) => !file.endsWith('.ts') && !file.endsWith('.md'))) {
    const target = join(root, 'dist', relative(join(root, 'src'), asset));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(asset, target);
  }
  run(
    process.execPath,
    ['--input-type=module', '--eval', PROVIDERS],
    'the providers could not be put together: see the lines above',
  );
  run(process.execPath, [join(root, 'scripts', 'bundle.mjs')], 'the build failed: see the lines above');
  writeFileSync(stamp, want);
}

/** The web app, apart: it is bundled by another tool, and changes at other times. */
function buildDashboard() {
  const stamp = join(root, 'dist', 'dashboard', '.built');
  const inputs = [...files(join(root, 'dashboard')), join(root, 'package-lock.json')];
  const want = digestOf(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  say('building the dashboard (vite)');
  run(
    process.execPath,
    [
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--config',
      join(root, 'dashboard', 'vite.config.ts'),
      '--logLevel',
      'warn',
    ],
    'the dashboard could not be built: see the lines above',
  );
  writeFileSync(stamp, want);
}

/** Puts the data of the provider files into two files, so that starting is fast (src/providers/registry.ts). */
const PROVIDERS = `
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const folder = ${JSON.stringify(join(root, 'dist', 'providers'))} + '/';
const { builtProviders } = await import(pathToFileURL(folder + 'registry.js').href);
for (const [name, text] of await builtProviders()) writeFileSync(folder + name, text);
`;

/** Names, sizes and times of all sources: a touched file is a stale build. */
function sourceDigest() {
  return digestOf([
    ...files(join(root, 'src')),
    join(root, 'package.json'),
    join(root, 'tsconfig.json'),
    join(root, 'tsconfig.build.json'),
    join(root, 'scripts', 'bundle.mjs'),
  ]);
}

function digestOf(inputs) {
  return digest(
    inputs.map((file) => `${relative(root, file)} ${statSync(file).size} ${statSync(file).mtimeMs}`).join('\n'),
  );
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function run(command, args, message) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) fail(message);
}

function digest(input) {
  return createHash('sha256').update(input).digest('hex');
}

function say(text) {
  process.stderr.write(`llm-proxy: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
