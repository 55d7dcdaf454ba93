/** Finds runtimes on this machine and fetches the others once, into a cache folder outside the repository. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS } from './stage.ts';

export interface Runtimes {
  nodes: { path: string; version: string }[];
  /** A folder whose node_modules hold axios, node-fetch and an older openai. */
  libraries: string | null;
  python: { path: string; version: string; libraries: string[] } | null;
  java: string | null;
  goBinary: string | null;
  go: string | null;
  curl: string | null;
  wget: string | null;
  gaps: { client: string; reason: string }[];
}

const CACHE = process.env['LLM_PROXY_CLIENT_CACHE'] ?? join(tmpdir(), 'llm-proxy-clients');
const INSTALL_MS = 240_000;
const PYTHON_LIBRARIES = ['openai', 'anthropic', 'google-genai', 'httpx', 'requests', 'aiohttp'];

export async function fetchRuntimes(): Promise<Runtimes> {
  mkdirSync(CACHE, { recursive: true });
  const gaps: Runtimes['gaps'] = [];
  const versionOf = (command: string, ...args: string[]): string | null => {
    const text = printed(command, args);
    if (text === null) gaps.push({ client: command, reason: 'is not on this machine' });
    return text === null ? null : (/\d+(\.\d+)+/.exec(text)?.[0] ?? text);
  };
  const nodes = [{ path: process.execPath, version: process.versions.node }];
  for (const major of [20, 22, 24]) {
    if (process.versions.node.startsWith(`${major}.`)) continue;
    const path = fetchNode(major);
    if (path === null) gaps.push({ client: `Node ${major}`, reason: 'could not be fetched from the registry' });
    else nodes.push({ path, version: (printed(path, ['--version']) ?? '').replace('v', '') });
  }
  const libraries = fetchLibraries();
  if (libraries === null)
    gaps.push({ client: 'axios, node-fetch, openai 4', reason: 'could not be fetched from the registry' });
  const python = fetchPython();
  if (python === null)
    gaps.push({ client: 'Python', reason: 'no python3 with venv, or its packages could not be fetched' });
  const go = versionOf('go', 'version');
  return {
    nodes,
    libraries,
    python,
    go,
    goBinary: go === null ? null : buildGo(),
    java: versionOf('java', '--version'),
    curl: versionOf('curl', '--version'),
    wget: versionOf('wget', '--version'),
    gaps,
  };
}

function printed(command: string, args: readonly string[]): string | null {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : null;
}

function succeeds(command: string, args: readonly string[], cwd: string): boolean {
  return spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_MS }).status === 0;
}

/** The npm package `node` carries the binary. */
function fetchNode(major: number): string | null {
  const folder = join(CACHE, `node-${major}`);
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  return existsSync(path) || npmInstall(folder, [`node@${major}`]) ? path : null;
}

function fetchLibraries(): string | null {
  const folder = join(CACHE, 'node-libraries');
  const wanted = ['axios@1', 'node-fetch@3', 'openai@4'];
  return existsSync(join(folder, 'node_modules', 'openai')) || npmInstall(folder, wanted) ? folder : null;
}

export interface Sdks {
  /** A folder with node_modules. */
  node: string | null;
  /** A Python that has them. */
  python: string | null;
}

const NODE_SDKS = ['cohere-ai@8', '@mistralai/mistralai@2', 'groq-sdk@1', 'ollama@0.6'];
const PYTHON_SDKS: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  'google-genai': 'google.genai',
  cohere: 'cohere',
  mistralai: 'mistralai.client',
  groq: 'groq',
  ollama: 'ollama',
};

/** The official SDKs that are no part of this repository's tools. */
export function fetchSdks(): Sdks {
  mkdirSync(CACHE, { recursive: true });
  const node = join(CACHE, 'node-sdks');
  const hasNode = existsSync(join(node, 'node_modules', 'ollama')) || npmInstall(node, NODE_SDKS);
  const folder = join(CACHE, 'python-sdks');
  const python = pythonWith(folder, Object.keys(PYTHON_SDKS), Object.values(PYTHON_SDKS));
  return { node: hasNode ? node : null, python };
}

function npmInstall(folder: string, packages: readonly string[]): boolean {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  return succeeds('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], folder);
}

function fetchPython(): Runtimes['python'] {
  const modules = PYTHON_LIBRARIES.map((name) => name.replace('google-genai', 'google.genai'));
  const path = pythonWith(join(CACHE, 'python'), PYTHON_LIBRARIES, modules);
  if (path === null) return null;
  const version = (printed(path, ['--version']) ?? '').replace('Python ', '');
  return { path, version, libraries: ['urllib', ...PYTHON_LIBRARIES] };
}

/** The Python of an environment in `folder` that has these packages; null = it cannot be had. */
function pythonWith(folder: string, packages: readonly string[], modules: readonly string[]): string | null {
  const path = join(folder, 'bin', 'python');
  const isThere = (): boolean => printed(path, ['-c', modules.map((name) => `import ${name}`).join(';')]) !== null;
  if (isThere()) return path;
  const isMade = succeeds('python3', ['-m', 'venv', folder], CACHE);
  return isMade && succeeds(path, ['-m', 'pip', 'install', '-q', ...packages], CACHE) && isThere() ? path : null;
}

function buildGo(): string | null {
  const binary = join(CACHE, 'go-client');
  const isBuilt = succeeds('go', ['build', '-o', binary, join(PROGRAMS, 'client.go')], CACHE);
  return isBuilt ? binary : null;
}
