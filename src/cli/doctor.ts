/** `doctor`: is the daemon well, is this shell set up, and does each runtime here really reach it and trust it? */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { hidingExemptions } from './client-env.ts';
import type { DaemonInfo } from './daemon-files.ts';
import { judge, PROBES, type Probe } from './doctor-runtimes.ts';
import { askDaemon, isAnswering } from './run-api.ts';
import { childEnv } from './run.ts';
import { isDestination } from '../delivery/names.ts';
import { troublesOf } from './troubles.ts';

export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do about it. */
  fix: string | null;
}

export interface DoctorDeps {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** Milliseconds since the epoch. */
  wall: number;
  findDaemon: () => DaemonInfo | null;
  /** Also the probes that need a compiler. */
  all: boolean;
}

const DAY_MS = 86_400_000;
const MAX_PARALLEL = 3;
const MAX_OUTPUT = 64 * 1024;

/** Never rejects. Nothing of it leaves this machine. */
export async function diagnose(deps: DoctorDeps): Promise<Check[]> {
  const daemon = deps.findDaemon();
  if (daemon === null) {
    return [fail('daemon', 'is not running', 'llm-proxy start')];
  }
  const checks = [
    ...(await daemonChecks(daemon)),
    ...(await recordChecks(daemon)),
    ...trustChecks(daemon, deps.wall),
    ...shellChecks(daemon, deps.env),
  ];
  if (checks.some(({ name, state }) => name === 'proxy port' && state === 'fail')) return checks;
  return [...checks, ...(await runtimeChecks(daemon, deps))];
}

/** 0 = all is well or may be ignored, 1 = something must be fixed. */
export function doctorExitCode(checks: readonly Check[]): number {
  return checks.some(({ state }) => state === 'fail') ? 1 : 0;
}

export function formatChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, detail, fix }) => {
    const line = `${state.padEnd(4)}  ${name.padEnd(width)}  ${detail}`;
    return fix === null ? [line] : [line, `${' '.repeat(width + 8)}-> ${fix}`];
  });
  return lines.join('\n');
}

function ok(name: string, detail: string): Check {
  return { name, state: 'ok', detail, fix: null };
}

function warn(name: string, detail: string, fix: string | null): Check {
  return { name, state: 'warn', detail, fix };
}

function fail(name: string, detail: string, fix: string | null): Check {
  return { name, state: 'fail', detail, fix };
}

async function daemonChecks(daemon: DaemonInfo): Promise<Check[]> {
  const [admin, proxy] = await Promise.all([isAnswering(daemon, 2000), proxyAnswers(daemon.proxy_url)]);
  const restart = 'llm-proxy stop; llm-proxy start';
  return [
    ok('daemon', `pid ${daemon.pid}, version ${daemon.version}, home ${daemon.home}`),
    admin ? ok('admin port', daemon.admin_url) : fail('admin port', `${daemon.admin_url} does not answer`, restart),
    proxy ? ok('proxy port', daemon.proxy_url) : fail('proxy port', `${daemon.proxy_url} does not answer`, restart),
  ];
}

async function recordChecks(daemon: DaemonInfo): Promise<Check[]> {
  const health = await askDaemon(daemon, 'GET', '/health', null, 2000).catch(() => null);
  if (health === null) return [];
  const troubles = troublesOf(health);
  if (troubles.length === 0) return [ok('records', 'are written')];
  const own = 'docs/troubleshooting.md, "Disk and database"; calls are not affected';
  const sent = 'docs/delivery.md; calls are not affected, and wait in the database';
  return troubles.map(({ name, error }) =>
    fail('records', `${name}: ${error ?? 'failing'}`, isDestination(name) ? sent : own),
  );
}

function proxyAnswers(proxyUrl: string): Promise<boolean> {
  return new Promise((resolve) => {
    const url = new URL('/health', proxyUrl);
    const outgoing = request(url, { agent: false, signal: AbortSignal.timeout(2000) }, (incoming) => {
      incoming.resume();
      resolve(true);
    });
    outgoing.on('error', () => resolve(false));
    outgoing.end();
  });
}

function trustChecks(daemon: DaemonInfo, wall: number): Check[] {
  const checks: Check[] = [];
  try {
    const roots = certificatesOf(daemon.ca_file);
    if (roots.length === 0) checks.push(fail('CA', `${daemon.ca_file} holds no certificate`, 'llm-proxy ca rotate'));
    for (const root of roots) checks.push(rootCheck(root, daemon.ca_file, wall));
    const bundle = new Set(certificatesOf(daemon.bundle_file).map(({ fingerprint256 }) => fingerprint256));
    const isWhole = roots.every(({ fingerprint256 }) => bundle.has(fingerprint256));
    checks.push(
      isWhole && bundle.size > roots.length
        ? ok('CA bundle', `${daemon.bundle_file}: ${bundle.size - roots.length} public roots and ours`)
        : fail(
            'CA bundle',
            `${daemon.bundle_file} lacks ${isWhole ? 'the public roots' : 'our root'}`,
            'restart the daemon',
          ),
    );
  } catch (error) {
    checks.push(fail('CA', messageOf(error), 'restart the daemon'));
  }
  return [...checks, keysCheck(join(daemon.home, 'keys'))];
}

function certificatesOf(file: string): X509Certificate[] {
  const blocks =
    readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function rootCheck(root: X509Certificate, file: string, wall: number): Check {
  const from = Date.parse(root.validFrom);
  const days = Math.floor((Date.parse(root.validTo) - wall) / DAY_MS);
  if (wall < from) return fail('CA', `${file} is valid from ${root.validFrom} only`, 'set the clock of this machine');
  if (days < 0) return fail('CA', `${file} expired on ${root.validTo}`, 'llm-proxy ca rotate (and trust the new one)');
  if (days < 60) return warn('CA', `${file} expires in ${days} days`, 'llm-proxy ca rotate (and trust the new one)');
  return ok('CA', `${file}, good for ${days} days`);
}

function keysCheck(folder: string): Check {
  try {
    const mode = statSync(folder).mode & 0o777;
    if (process.platform === 'win32' || (mode & 0o077) === 0) return ok('CA keys', `${folder}, for you alone`);
    return fail('CA keys', `${folder} has mode ${mode.toString(8)}`, `chmod 700 ${folder}`);
  } catch (error) {
    return warn('CA keys', messageOf(error), null);
  }
}

function shellChecks(daemon: DaemonInfo, env: DoctorDeps['env']): Check[] {
  const hiding = hidingExemptions(env);
  const checks = hiding.map((entry) =>
    warn(
      'NO_PROXY',
      `"${entry}" exempts a model provider: its calls are not seen`,
      'remove it from NO_PROXY and no_proxy',
    ),
  );
  const proxy = env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '';
  if (sameOrigin(proxy, daemon.proxy_url)) return [...checks, ok('this shell', 'goes through the proxy')];
  if (proxy === '')
    return [...checks, ok('this shell', 'is not set up; use `llm-proxy run --` or `eval "$(llm-proxy env)"`')];
  return [
    ...checks,
    warn(
      'this shell',
      `uses another proxy (${proxy.replace(/\/\/[^@/]*@/, '//')})`,
      '`llm-proxy run --` takes its place',
    ),
  ];
}

function sameOrigin(a: string, b: string): boolean {
  try {
    return new URL(a).host === new URL(b).host;
  } catch {
    return false;
  }
}

async function runtimeChecks(daemon: DaemonInfo, deps: DoctorDeps): Promise<Check[]> {
  const env = await childEnv(daemon, daemon.proxy_url, deps);
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-doctor-'));
  const waiting = PROBES.filter((probe) => (deps.all || probe.slow !== true) && isOnPath(probe.command, deps));
  const done = new Map<Probe, Check | null>();
  const worker = async (): Promise<void> => {
    for (let probe = waiting.shift(); probe !== undefined; probe = waiting.shift()) {
      done.set(probe, await runtimeCheck(probe, env, folder));
    }
  };
  try {
    await Promise.all(Array.from({ length: MAX_PARALLEL }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return PROBES.flatMap((probe) => done.get(probe) ?? []);
}

function isOnPath(command: string, deps: Pick<DoctorDeps, 'env' | 'platform'>): boolean {
  const suffix = deps.platform === 'win32' ? '.exe' : '';
  return (deps.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command + suffix), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/** Null = the library is not installed. */
async function runtimeCheck(
  probe: Probe,
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<Check | null> {
  const file = join(folder, probe.source?.fileName ?? '');
  if (probe.source !== undefined) writeFileSync(file, probe.source.text);
  const output = await outputOf(
    probe.command,
    probe.args.map((arg) => arg.replace('{file}', file)),
    env,
    probe.timeoutMs,
  );
  if (probe.absent !== undefined && output.includes(probe.absent)) return null;
  const { ok: isOk, detail, fix } = judge(output);
  return { name: probe.name, state: isOk ? 'ok' : 'fail', detail, fix };
}

function outputOf(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let text = '';
    const add = (chunk: Buffer): void => {
      if (text.length < MAX_OUTPUT) text += chunk.toString('utf8');
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('close', (_, signal) =>
      resolve(signal === null ? text : `${text}\nstopped after ${timeoutMs / 1000} s`),
    );
  });
}
