/** What every client test stands on: fake providers, the built daemon between, and the two ways to set a client up. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFakeIdentity } from '../../../src/cli/demo/fake-identity.ts';
import { FAKE_HOSTS, startFakeProviders, type FakeProviders } from '../../../src/cli/demo/fake-providers.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { RunSummary } from '../../../src/core/ports.ts';
import { CLI, startDaemon, type Daemon } from '../../support/daemon.ts';

export const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url));

/** Answers of one call each by raw clients: a JSON document and a stream. */
const CALLS = [
  {
    url: 'https://api.openai.com/v1/chat/completions',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-proj-test' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello, wörld' }] }),
  },
  {
    url: 'https://api.anthropic.com/v1/messages',
    headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-test', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: 'claude-sonnet-5',
      max_tokens: 512,
      stream: true,
      messages: [{ role: 'user', content: 'Why?' }],
    }),
  },
] as const;

export interface Stage {
  fakes: FakeProviders;
  daemon: Daemon;
  /** Holds calls.json, url-N and body-N for the programs. */
  folder: string;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-clients-'));
  const identity = makeFakeIdentity(Date.now());
  const upstreamCa = join(folder, 'upstream-ca.pem');
  writeFileSync(upstreamCa, identity.cert);
  writeFileSync(join(folder, 'calls.json'), JSON.stringify(CALLS));
  for (const [index, { url, body }] of CALLS.entries()) {
    writeFileSync(join(folder, `url-${index}`), url);
    writeFileSync(join(folder, `body-${index}`), body);
  }
  const fakes = await startFakeProviders(identity);
  const connectTo = FAKE_HOSTS.flatMap((host) => ['--connect-to', `${host}:443:127.0.0.1:${fakes.port}`]);
  const daemon = await startDaemon({ args: ['--upstream-ca', upstreamCa, ...connectTo] });
  return {
    fakes,
    daemon,
    folder,
    close: async () => {
      await daemon.stop();
      await fakes.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Ends with its program; a test's time limit ends both. */
export function execute(command: readonly string[], env: NodeJS.ProcessEnv, timeoutMs = 120_000): Promise<Outcome> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    const outcome = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (outcome.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (outcome.stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, ...outcome }));
  });
}

function clientEnv(stage: Stage, more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CLIENT_CALLS: join(stage.folder, 'calls.json'),
    CLIENT_FOLDER: stage.folder,
    ...more,
  };
}

/** `run -- command`, with its summary. */
export async function withRun(
  stage: Stage,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome & { summary: RunSummary }> {
  const file = join(stage.folder, `summary-${process.hrtime.bigint()}.json`);
  const run = [process.execPath, CLI, 'run', '--home', stage.daemon.home, '--json', file, '--', ...command];
  const outcome = await execute(run, clientEnv(stage, env));
  return { ...outcome, summary: JSON.parse(readFileSync(file, 'utf8')) as RunSummary };
}

/** A shell that takes over what `env` prints, then becomes the command. */
export function withEnv(stage: Stage, command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const script = 'eval "$("$LLM_NODE" "$LLM_CLI" env --shell bash --home "$LLM_HOME")" && exec "$@"';
  const variables = { LLM_NODE: process.execPath, LLM_CLI: CLI, LLM_HOME: stage.daemon.home };
  return execute(['bash', '-c', script, 'bash', ...command], clientEnv(stage, { ...env, ...variables }));
}

/** The newest `count` records, oldest first; waits until the daemon knows the last of them. */
export async function records(stage: Stage, count: number, lastId: string | null): Promise<CallRecord[]> {
  const deadline = Date.now() + 25_000;
  for (;;) {
    const answer = await stage.daemon.get(`/api/calls?limit=${count}`);
    const { calls } = (await answer.json()) as { calls: CallRecord[] };
    if (calls.length === count && (lastId === null || calls[0]?.response_id === lastId)) return calls.toReversed();
    if (Date.now() > deadline) throw new Error(`the call ${lastId} was not recorded`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
