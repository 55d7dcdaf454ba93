/** `run -- CMD…`: one program, metered. Its traffic has a listener of its own, so the sums at the end are its own. */
import { writeFileSync } from 'node:fs';
import { messageOf } from '../core/errors.ts';
import type { RunSummary } from '../core/ports.ts';
import { type KnownServer, localServerVariables } from './base-url-env.ts';
import { runChild } from './child.ts';
import { BACKUP_VARIABLE, backupValue, clientVariables, hidingExemptions, withoutClientEnv } from './client-env.ts';
import { prepareClientFiles } from './client-files.ts';
import type { DaemonInfo } from './daemon-files.ts';
import { closeRun, openRun } from './run-api.ts';
import { formatRunSummary } from './run-summary.ts';

export interface RunOptions {
  command: readonly string[];
  /** No summary, no notes; errors only. */
  quiet: boolean;
  /** Where the summary goes as JSON as well. */
  jsonFile: string | null;
}

export interface RunDeps {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** A terminal is attached. */
  interactive: boolean;
  /** The running daemon, started when there is none. `started` = by us, just now. */
  daemon(): Promise<{ daemon: DaemonInfo; started: boolean }>;
  /** One line for people (stderr). */
  say(line: string): void;
}

/** Our own failure, before the program was started (as env(1), docker and others have it). */
const OWN_FAILURE = 125;

/** Resolves with the exit code for the shell. Never rejects. */
export async function runProgram(options: RunOptions, deps: RunDeps): Promise<number> {
  const note = (line: string): void => {
    if (!options.quiet) deps.say(line);
  };
  let session: RunSession;
  try {
    session = await openSession(deps, note);
  } catch (error) {
    deps.say(`llm-proxy: ${messageOf(error)}`);
    return OWN_FAILURE;
  }
  const child = await runChild(options.command, session.env, deps.interactive);
  if (child.startError !== null) deps.say(`llm-proxy: ${child.startError}`);
  try {
    const summary = await closeRun(session.daemon, session.runId);
    if (child.startError === null) note(summaryText(summary));
    if (options.jsonFile !== null) writeSummary(options.jsonFile, summary, deps);
  } catch (error) {
    deps.say(`llm-proxy: no summary: ${messageOf(error)}`);
  }
  return child.exitCode;
}

interface RunSession {
  daemon: DaemonInfo;
  runId: string;
  env: Record<string, string | undefined>;
}

async function openSession(deps: RunDeps, note: (line: string) => void): Promise<RunSession> {
  const { daemon, started } = await deps.daemon();
  if (started) note(`llm-proxy: started a daemon (pid ${daemon.pid}); it stays until \`llm-proxy stop\``);
  const run = await openRun(daemon, process.pid);
  const env = await childEnv(daemon, run.proxy_url, deps, run.local_servers);
  const hidden = hidingExemptions(env);
  if (hidden.length > 0) note(`llm-proxy: NO_PROXY exempts ${hidden.join(', ')}: those calls will not be seen`);
  return { daemon, runId: run.run_id, env };
}

/** The environment of a child whose calls go to `proxyUrl`. */
export async function childEnv(
  daemon: DaemonInfo,
  proxyUrl: string,
  deps: Pick<RunDeps, 'env' | 'platform'>,
  servers: readonly KnownServer[] = [],
): Promise<Record<string, string | undefined>> {
  const env = withoutClientEnv(deps.env);
  const { home, ca_file: caFile, bundle_file: bundleFile } = daemon;
  const input = await prepareClientFiles({ ...deps, daemon: { home, proxyUrl, caFile, bundleFile }, env });
  const variables = [...clientVariables(input), ...localServerVariables(proxyUrl, servers, env)];
  env[BACKUP_VARIABLE] = backupValue(variables, env);
  for (const { name, value } of variables) env[name] = value;
  return env;
}

function summaryText(summary: RunSummary): string {
  const text = formatRunSummary(summary);
  return summary.totals.requests === 0 ? `llm-proxy: ${text}` : `\nllm-proxy: ${summary.run_id}\n${text}`;
}

function writeSummary(file: string, summary: RunSummary, { say }: Pick<RunDeps, 'say'>): void {
  try {
    writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
  } catch (error) {
    say(`llm-proxy: the summary could not be written: ${messageOf(error)}`);
  }
}
