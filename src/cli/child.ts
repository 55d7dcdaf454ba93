/** Runs a program in the foreground as if it had been started by the shell itself. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { codeOf } from '../core/errors.ts';

export interface ChildResult {
  /** As a shell reports it: 128 + n when signal n ended it, 127 not found, 126 not executable. */
  exitCode: number;
  /** Set when the program did not start at all. */
  startError: string | null;
}

type Variables = Readonly<Record<string, string | undefined>>;

const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const;
/** The terminal driver sends these to the whole foreground group, so the child has got them already. */
const FROM_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT']);

/** @param interactive whether a terminal is attached; then Ctrl-C is not passed on a second time. */
export function runChild(command: readonly string[], env: Variables, interactive: boolean): Promise<ChildResult> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    // Same process group and inherited stdio: job control, window size and raw mode stay between terminal and child.
    const child = spawn(file, args, { stdio: 'inherit', env: { ...env } });
    const listeners = FORWARDED.map((signal) => {
      const listener = (): void => {
        if (!(interactive && FROM_TERMINAL.has(signal))) child.kill(signal);
      };
      process.on(signal, listener);
      return () => process.off(signal, listener);
    });
    const finish = (result: ChildResult): void => {
      for (const remove of listeners) remove();
      resolve(result);
    };
    child.once('error', (error) => finish(startFailure(file, error, env)));
    child.once('exit', (code, signal) =>
      finish({ exitCode: signal === null ? (code ?? 1) : 128 + constants.signals[signal], startError: null }),
    );
  });
}

function startFailure(file: string, error: Error, env: Variables): ChildResult {
  const code = codeOf(error);
  // For a folder of the PATH that may not be looked into, execvp says EACCES of every name that is in no other one.
  if (code === 'ENOENT' || (code === 'EACCES' && !isThere(file, env)))
    return { exitCode: 127, startError: `${file}: command not found` };
  switch (code) {
    case 'EACCES':
    case 'ENOEXEC':
      return { exitCode: 126, startError: `${file}: cannot be executed (${code})` };
    default:
      return { exitCode: 126, startError: `${file}: ${error.message}` };
  }
}

function isThere(file: string, { PATH = '' }: Variables): boolean {
  const folders = file.includes('/') ? [''] : PATH.split(delimiter);
  return folders.some((folder) => existsSync(join(folder, file)));
}
