#!/usr/bin/env node
/** Entry of the command line: arguments in, exit code out, errors in one line. */
import { failureOf } from './cli/failure.ts';
import { createParser } from './cli/parser.ts';
import { version } from './cli/version.ts';
import { codeOf } from './core/errors.ts';

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
    const { exitCode, line } = failureOf(error);
    process.stderr.write(`${line}\n`);
    // Threads that were started before the failure must not keep the process.
    process.exit(exitCode);
  }
}

await main(process.argv.slice(2));
