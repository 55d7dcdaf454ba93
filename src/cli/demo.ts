/** `demo`: a private daemon, fake providers, real traffic between them; needs no key and reaches no network. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '../core/capture.ts';
import { AppError, messageOf } from '../core/errors.ts';
import { isAlive } from '../core/is-alive.ts';
import { makeFolder } from '../core/make-folder.ts';
import { withoutClientEnv } from './client-env.ts';
import type { DaemonInfo } from './daemon-files.ts';
import { DEMO_CALLS } from './demo/conversations.ts';
import { makeFakeIdentity } from './demo/fake-identity.ts';
import { FAKE_HOSTS, startFakeProviders, type FakeProviders } from './demo/fake-providers.ts';
import { formatVerified } from './demo/format.ts';
import { createDemoClient } from './demo/send.ts';
import { verify, type Verified } from './demo/verify.ts';
import { askDaemon, closeRun, openRun } from './run-api.ts';
import { startDaemon } from './start-daemon.ts';

export interface DemoDeps {
  env: Readonly<Record<string, string | undefined>>;
  /** Null = a fresh temporary folder, which stays to be looked at. */
  home: string | null;
  /** Milliseconds since the epoch. */
  wall: number;
  /** How this program is called here, e.g. `llm-proxy` or `node dist/cli.js`. */
  self: string;
  readDaemon: (home: string) => DaemonInfo | null;
  say(line: string): void;
}

const STREAM_PAUSE_MS = 15;

/** Resolves with the exit code: 0 when every recorded number equals what the fakes really used. Never rejects. */
export async function runDemo(deps: DemoDeps): Promise<number> {
  const home = deps.home ?? mkdtempSync(join(tmpdir(), 'llm-proxy-demo-'));
  try {
    const verified = await play(home, deps);
    deps.say(`\n${formatVerified(verified)}\n`);
    const wrong = verified.filter(({ differences }) => differences.length > 0);
    deps.say(
      wrong.length === 0
        ? `All ${verified.length} calls were recorded with exactly the tokens that the providers counted.`
        : `${wrong.length} of ${verified.length} calls were recorded wrongly.`,
    );
    for (const line of pointers(home, deps.self)) deps.say(line);
    return wrong.length === 0 ? 0 : 1;
  } catch (error) {
    deps.say(`llm-proxy: the demo failed: ${messageOf(error)} (its files: ${home})`);
    return 1;
  }
}

async function play(home: string, deps: DemoDeps): Promise<Verified[]> {
  makeFolder(home, 0o700);
  const identity = makeFakeIdentity(deps.wall);
  const caFile = join(home, 'demo-provider-ca.pem');
  writeFileSync(caFile, identity.cert);
  const fakes = await startFakeProviders(identity, STREAM_PAUSE_MS);
  try {
    deps.say('Three fake providers are up on this machine, and a daemon between them and a few small agents:');
    const daemon = await startPrivateDaemon(home, caFile, fakes.port, deps);
    try {
      return await converse(daemon, fakes, deps);
    } finally {
      await stopDaemon(daemon);
    }
  } finally {
    await fakes.close();
  }
}

async function startPrivateDaemon(home: string, caFile: string, port: number, deps: DemoDeps): Promise<DaemonInfo> {
  const connectTo = FAKE_HOSTS.flatMap((host) => ['--connect-to', `${host}:443:127.0.0.1:${port}`]);
  // A state folder of its own: the pointer to the user's real daemon must not move to this one.
  const env = {
    ...withoutSettings(withoutClientEnv(deps.env)),
    XDG_STATE_HOME: join(home, 'state'),
    LLM_PROXY_CONFIG: emptyConfig(home),
  };
  const { daemon, isOurs } = await startDaemon({
    home,
    env,
    args: ['--port', '0', '--admin-port', '0', '--upstream-ca', caFile, ...connectTo],
    find: () => deps.readDaemon(home),
  });
  if (!isOurs) throw new AppError('already_running', `a daemon runs in ${home}: the demo needs a home of its own`);
  return daemon;
}

/** The user's own settings (ports, logs, upstream proxy) have no say in the demo. */
function withoutSettings(env: DemoDeps['env']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('LLM_PROXY_')));
}

function emptyConfig(home: string): string {
  const file = join(home, 'demo.toml');
  writeFileSync(file, '# The demo runs with defaults.\n');
  return file;
}

async function converse(daemon: DaemonInfo, fakes: FakeProviders, deps: DemoDeps): Promise<Verified[]> {
  const run = await openRun(daemon, process.pid);
  const client = createDemoClient(run.proxy_url, readFileSync(daemon.ca_file, 'utf8'));
  try {
    for (const call of DEMO_CALLS) {
      if (call.mishap !== undefined) fakes.next(call.host, call.mishap);
      const sent = await client.send(call);
      deps.say(
        `  ${call.title.padEnd(46)} ${sent.error === null ? `HTTP ${sent.status}` : `HTTP ${sent.status}, then: ${sent.error}`}`,
      );
    }
  } finally {
    await client.close();
  }
  await closeRun(daemon, run.run_id);
  return verify(fakes.served, (await recordsOf(daemon, run.run_id)).toReversed());
}

/** Newest first. Of this run: the home may have calls of an earlier one. */
async function recordsOf(daemon: DaemonInfo, runId: string): Promise<CallRecord[]> {
  const answer = await askDaemon(daemon, 'GET', `/api/calls?limit=100&run=${runId}`, null, 10_000);
  if (typeof answer !== 'object' || answer === null || !('calls' in answer) || !Array.isArray(answer.calls)) {
    throw new AppError('not_running', 'the daemon gave no list of calls');
  }
  return answer.calls as CallRecord[];
}

async function stopDaemon(daemon: DaemonInfo): Promise<void> {
  await askDaemon(daemon, 'POST', '/api/stop', {}, 5000).catch(() => process.kill(daemon.pid, 'SIGTERM'));
  const deadline = Date.now() + 5000;
  while (isAlive(daemon.pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}

function pointers(home: string, self: string): string[] {
  const command = (rest: string): string => `  ${self} ${rest} --home ${home}`;
  return [
    '',
    'Look around (the daemon of the demo is stopped, its files stay):',
    command('calls'),
    command('stats'),
    command('show ID'),
    command('dashboard'),
    `  less ${join(home, 'logs')}/anthropic-*.log`,
    '',
    'Then with a program of yours:',
    `  ${self} run -- YOUR-PROGRAM`,
  ];
}
