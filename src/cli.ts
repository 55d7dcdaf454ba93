#!/usr/bin/env node
/** Entry of the command line: arguments in, exit code out, errors in one line. */
import { createParser } from './cli/parser.ts';
import { version } from './cli/version.ts';
import { AppError, codeOf, messageOf } from './core/errors.ts';
import { escapeLine } from './sinks/escape.ts';

/** Documented in docs/cli.md. */
const FAILED = 1;
const USAGE = 2;

/** The reader of a pipe may leave early (`| head`): what it did not want is no error. The daemon goes on without one. */
process.stdout.on('error', (error) => {
  if (codeOf(error) === 'EPIPE' && !['start', 'run'].includes(process.argv[2] ?? '')) process.exit(0);
});

async function main(argv: readonly string[]): Promise<void> {
  try {
    let exitCode = Promise.resolve(0);
    await createParser(argv, version(), (code) => {
      exitCode = code;
    }).parseAsync();
    process.exitCode = await exitCode;
  } catch (error) {
    const isUsage = error instanceof AppError && error.code === 'config_invalid';
    const line = escapeLine(messageOf(error).replaceAll(/\s*\n\s*/g, ' '));
    process.stderr.write(`llm-proxy: ${line}\n`);
    // Threads that were started before the failure must not keep the process.
    process.exit(isUsage ? USAGE : FAILED);
  }
}

await main(process.argv.slice(2));
