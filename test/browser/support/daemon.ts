/** A built daemon on a home of its own, for tests in a browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface Daemon {
  home: string;
  adminUrl: string;
  proxyUrl: string;
  caFile: string;
  token: string;
  stop: () => Promise<void>;
  /** Ends it and leaves its home: `again` goes on with that, on the same ports. */
  halt: () => Promise<void>;
  again: () => Promise<void>;
}

/** @param home one with calls in it (seed.ts); it is removed at the end @param flags more of them for `start` */
export async function startDaemon(
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-browser-')),
  flags: readonly string[] = [],
): Promise<Daemon> {
  let { child, found } = await run(home, ['--port', '0', '--admin-port', '0', ...flags]);
  const ports = ['--port', new URL(found.proxy_url).port, '--admin-port', new URL(found.admin_url).port];
  return {
    home,
    adminUrl: found.admin_url,
    proxyUrl: found.proxy_url,
    caFile: found.ca_file,
    token: readFileSync(join(home, 'run', 'admin-token'), 'utf8').trim(),
    stop: async () => {
      await end(child);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
    halt: () => end(child),
    again: async () => {
      ({ child, found } = await run(home, [...ports, ...flags]));
    },
  };
}

interface Found {
  proxy_url: string;
  admin_url: string;
  ca_file: string;
}

async function run(home: string, flags: readonly string[]): Promise<{ child: ChildProcess; found: Found }> {
  const child = spawn(process.execPath, [CLI, 'start', '--home', home, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, XDG_STATE_HOME: join(home, 'state') },
  });
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const file = join(home, 'run', 'daemon.json');
  await until(() => existsSync(file) || child.exitCode !== null);
  if (!existsSync(file)) throw new Error(`the daemon did not start: ${complaints}`);
  return { child, found: JSON.parse(readFileSync(file, 'utf8')) as Found };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGTERM')) await ended;
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('it did not come in a minute');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
