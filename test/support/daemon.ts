import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The built command line; `npm test` builds before it runs. */
export const CLI = join(root, 'dist', 'cli.js');

export interface Daemon {
  pid: number;
  home: string;
  proxyPort: number;
  adminUrl: string;
  caFile: string;
  bundleFile: string;
  token: string;
  /** What it printed so far. */
  output(): string;
  get(path: string): Promise<Response>;
  /** SIGTERM, then waits; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

export interface DaemonOptions {
  /** Reused and kept when given; otherwise a temporary folder that goes with the daemon. */
  home?: string;
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Runs before the daemon in the same shell, e.g. `ulimit -f 100`. */
  shell?: string;
  node?: string;
  /** Milliseconds; absent = as long as a daemon that will be ready may take on a busy machine. */
  readyMs?: number;
  /** Another build than that of the repository. */
  cli?: string;
}

/** Starts the built daemon on free ports and waits for its ready line. */
export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'llm-proxy-test-'));
  const child = launch(home, options);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  await ready(child, () => text, options.readyMs);
  // Not from daemon.json: a full disk has no room for it.
  const about = readyLine(text);
  const token = readToken(home);
  const adminUrl = (about['admin'] ?? '').replace(/\/$/, '');
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const code = await exited;
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    return code;
  };
  return {
    pid: child.pid ?? 0,
    home,
    proxyPort: Number(new URL(about['proxy'] ?? '').port),
    adminUrl,
    caFile: about['ca'] ?? '',
    bundleFile: join(dirname(about['ca'] ?? ''), 'bundle.pem'),
    token,
    output: () => text,
    get: (path) => fetch(`${adminUrl}${path}`, { headers: { authorization: `Bearer ${token}` } }),
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

function readyLine(output: string): Record<string, string> {
  const line = output.split('\n').find((each) => each.includes('"msg":"ready"')) ?? '{}';
  return JSON.parse(line) as Record<string, string>;
}

/** Empty where there is none: a full disk had no room for it, or nobody is asked for it. */
function readToken(home: string): string {
  const file = join(home, 'run', 'admin-token');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

function launch(home: string, options: DaemonOptions): ChildProcess {
  const node = options.node ?? process.execPath;
  const args = [
    options.cli ?? CLI,
    'start',
    '--home',
    home,
    '--port',
    '0',
    '--admin-port',
    '0',
    ...(options.args ?? []),
  ];
  const env = {
    ...process.env,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CONFIG_HOME: join(home, 'config'),
    ...options.env,
  };
  if (options.shell === undefined) return spawn(node, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return spawn('bash', ['-c', `${options.shell}; exec "$0" "$@"`, node, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function ready(child: ChildProcess, output: () => string, readyMs = 90_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready within ${readyMs} ms:\n${output()}`));
    }, readyMs);
    const check = (): void => {
      if (!output().includes('"msg":"ready"')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', check);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code} before it was ready:\n${output()}`));
    });
  });
}
