/** `env`: the same variables as `run` sets, as lines for a shell; and `env --unset`, which puts back what was there. */
import { baseUrlVariables } from './base-url-env.ts';
import {
  BACKUP_VARIABLE,
  backupValue,
  type ClientVariable,
  clientVariables,
  hidingExemptions,
  restoreOf,
  withoutClientEnv,
} from './client-env.ts';
import { prepareClientFiles } from './client-files.ts';
import type { DaemonInfo } from './daemon-files.ts';
import { isAnswering } from './run-api.ts';
import { setLine, unsetLine, usageHint, type Shell } from './shell-syntax.ts';
import { messageOf } from '../core/errors.ts';

export interface EnvOptions {
  shell: Shell;
  unset: boolean;
  /** Base URLs instead of proxy and CA variables. */
  baseUrl: boolean;
  /** One object name -> value (null = unset) instead of shell lines. */
  json: boolean;
}

export interface EnvDeps {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** From the files alone; whether it answers is asked here. */
  findDaemon: () => DaemonInfo | null;
  stdoutIsTerminal: boolean;
  stderrIsTerminal: boolean;
  /** For tests. */
  answerMs?: number;
  out(text: string): void;
  say(line: string): void;
}

/** It stands in shell start-up files: a daemon that hangs must not hang the shell. One that is only busy is waited for. */
const ANSWER_MS = 1500;

/** Always exit code 0: a missing daemon must not break a shell's start. */
export async function printEnv(options: EnvOptions, deps: EnvDeps): Promise<void> {
  const changes = options.unset ? restoreOf(deps.env) : await changesForDaemon(options, deps);
  if (changes === null) return;
  if (options.json) {
    deps.out(`${JSON.stringify(changes, null, 2)}\n`);
    return;
  }
  const lines = Object.entries(changes).map(([name, value]) =>
    value === null ? unsetLine(options.shell, name) : setLine(options.shell, name, value),
  );
  if (lines.length > 0) deps.out(`${lines.join('\n')}\n`);
  if (deps.stdoutIsTerminal && !options.unset) deps.say(`# to use these: ${usageHint(options.shell)}`);
}

async function changesForDaemon(options: EnvOptions, deps: EnvDeps): Promise<Record<string, string | null> | null> {
  const note = (line: string): void => {
    if (deps.stderrIsTerminal) deps.say(line);
  };
  try {
    const daemon = deps.findDaemon();
    if (daemon === null) {
      note('llm-proxy: no daemon is running (`llm-proxy start`)');
      return null;
    }
    if (!(await isAnswering(daemon, deps.answerMs ?? ANSWER_MS))) {
      // Scripts too: their calls would go unseen without a word.
      deps.say(`llm-proxy: the daemon (pid ${daemon.pid}) does not answer; nothing is set`);
      return null;
    }
    if (options.baseUrl) return changesOf(baseUrlVariables(daemon.proxy_url), withoutClientEnv(deps.env), deps);
    const changes = await changesFor(daemon, deps);
    const hidden = hidingExemptions(withoutClientEnv(deps.env));
    if (hidden.length > 0) note(`llm-proxy: NO_PROXY exempts ${hidden.join(', ')}: those calls will not be seen`);
    return changes;
  } catch (error) {
    note(`llm-proxy: ${messageOf(error)}`);
    return null;
  }
}

/** What changes in this shell: called twice, it starts from what was there before the first time. */
async function changesFor(daemon: DaemonInfo, deps: EnvDeps): Promise<Record<string, string | null>> {
  const env = withoutClientEnv(deps.env);
  const { home, proxy_url: proxyUrl, ca_file: caFile, bundle_file: bundleFile } = daemon;
  const input = await prepareClientFiles({
    daemon: { home, proxyUrl, caFile, bundleFile },
    env,
    platform: deps.platform,
  });
  return changesOf(clientVariables(input), env, deps);
}

/** @param env as it was before we touched it. */
function changesOf(
  variables: readonly ClientVariable[],
  env: EnvDeps['env'],
  deps: EnvDeps,
): Record<string, string | null> {
  const changes: Record<string, string | null> = { ...restoreOf(deps.env) };
  for (const { name, value } of variables) changes[name] = value;
  changes[BACKUP_VARIABLE] = backupValue(variables, env);
  return changes;
}
