import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { escapeLine } from '../sinks/escape.ts';

/** Documented in docs/cli.md. */
const FAILED = 1;
const USAGE = 2;

/** What the command line says of a failure: one line, whatever was thrown. */
export function failureOf(error: unknown): { exitCode: number; line: string } {
  const isUsage = error instanceof AppError && error.code === 'config_invalid';
  const line = escapeLine(messageOf(error).replaceAll(/\s*\n\s*/g, ' '));
  return { exitCode: isUsage ? USAGE : FAILED, line: `llm-proxy: ${line}` };
}

/**
 * What becomes of a command whose output cannot be written; null = it goes on. Who reads a pipe may leave early
 * (`| head`): what it did not want is no error. A disk that is full is: what was to be read later is not there.
 * @param command the first word of the command line
 */
export function outputFailureOf(
  error: unknown,
  command: string | undefined,
): { exitCode: number; line: string | null } | null {
  // The daemon goes on without a reader, and so does the program that `run` waits for.
  if (command === undefined || command.startsWith('-') || ['start', 'run'].includes(command)) return null;
  if (codeOf(error) === 'EPIPE') return { exitCode: 0, line: null };
  const { line } = failureOf(new Error(`cannot write to standard output: ${messageOf(error)}`));
  return { exitCode: FAILED, line };
}
