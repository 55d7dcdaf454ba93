/** `run`, `env`, `doctor` and `demo` with the real process around them; cli.ts gives the parsed arguments. */
import { basename, relative, resolve } from 'node:path';
import { homeOf } from '../config/load.ts';
import { withoutClientEnv } from './client-env.ts';
import { findDaemon, type DaemonInfo } from './daemon-files.ts';
import { runDemo } from './demo.ts';
import { diagnose, doctorExitCode, formatChecks } from './doctor.ts';
import { printEnv } from './env.ts';
import { isAnswering } from './run-api.ts';
import { runProgram } from './run.ts';
import { detectShell, type Shell } from './shell-syntax.ts';
import { startDaemon } from './start-daemon.ts';

const HEALTH_MS = 2000;

export interface RunArguments {
  /** `--home`; null = wherever a daemon runs, else the default home. */
  home: string | null;
  command: readonly string[];
  quiet: boolean;
  json: string | null;
}

/** Each of these resolves with the exit code. */
export function runMain({ home, command, quiet, json }: RunArguments): Promise<number> {
  return runProgram(
    { command, quiet, jsonFile: json },
    {
      env: process.env,
      platform: process.platform,
      interactive: [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY),
      daemon: () => findOrStart(home),
      say,
    },
  );
}

export async function envMain(args: {
  home: string | null;
  /** Null = this shell, by `$SHELL`. */
  shell: Shell | null;
  unset: boolean;
  baseUrl: boolean;
  json: boolean;
}): Promise<number> {
  const { unset, baseUrl, json } = args;
  await printEnv(
    { shell: args.shell ?? detectShell(process.env, process.platform), unset, baseUrl, json },
    {
      env: process.env,
      platform: process.platform,
      findDaemon: () => findDaemon(args.home, process.env, process.cwd()),
      stdoutIsTerminal: process.stdout.isTTY,
      stderrIsTerminal: process.stderr.isTTY,
      out: (text) => void process.stdout.write(text),
      say,
    },
  );
  return 0;
}

export async function doctorMain(args: { home: string | null; all: boolean; json: boolean }): Promise<number> {
  const checks = await diagnose({
    env: process.env,
    platform: process.platform,
    wall: Date.now(),
    findDaemon: () => findDaemon(args.home, process.env, process.cwd()),
    all: args.all,
  });
  process.stdout.write(`${args.json ? JSON.stringify(checks, null, 2) : formatChecks(checks)}\n`);
  return doctorExitCode(checks);
}

export function demoMain({ home }: { home: string | null }): Promise<number> {
  return runDemo({
    env: process.env,
    home: home === null ? null : resolve(home),
    wall: Date.now(),
    self: ownName(),
    readDaemon: (folder) => findDaemon(folder, process.env, process.cwd()),
    say: (line) => void process.stdout.write(`${line}\n`),
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function findOrStart(home: string | null): Promise<{ daemon: DaemonInfo; started: boolean }> {
  const cwd = process.cwd();
  const known = findDaemon(home, process.env, cwd);
  if (known !== null && (await isAnswering(known, HEALTH_MS))) return { daemon: known, started: false };
  const folder = homeOf(home, process.env, cwd);
  const find = (): DaemonInfo | null => findDaemon(folder, process.env, cwd);
  const { daemon, isOurs } = await startDaemon({ home: folder, env: daemonEnv(), args: [], find });
  return { daemon, started: isOurs };
}

/** Where this shell has to go through a company's proxy, so has the daemon. As a variable: `ps` shows no password then. */
function daemonEnv(): Record<string, string | undefined> {
  const env = withoutClientEnv(process.env);
  const proxy = env['https_proxy'] || env['HTTPS_PROXY'];
  if (proxy !== undefined && proxy.startsWith('http://')) env['LLM_PROXY_UPSTREAM_PROXY'] ??= proxy;
  return env;
}

/** As a person types it here: the installed command, or the built file of a clone. */
function ownName(): string {
  const script = process.argv[1] ?? 'llm-proxy';
  return basename(script) === 'cli.js' ? `node ${relative(process.cwd(), script) || script}` : 'llm-proxy';
}
