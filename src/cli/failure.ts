import { AppError, messageOf } from '../core/errors.ts';
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
