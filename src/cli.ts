#!/usr/bin/env node
/** Entry of the command line: arguments in, exit code out, errors in one line. */
import { failureOf, outputFailureOf } from './cli/failure.ts';
import { createParser } from './cli/parser.ts';
import { version } from './cli/version.ts';

process.stdout.on('error', (error) => {
  const end = outputFailureOf(error, process.argv[2]);
  if (end === null) return;
  if (end.line !== null) process.stderr.write(`${end.line}\n`);
  process.exit(end.exitCode);
});

async function main(argv: readonly string[]): Promise<void> {
  try {
    let exitCode = Promise.resolve(0);
    const take = (code: Promise<number>): void => {
      exitCode = code;
    };
    await createParser(argv, version(), take, process.stdout.columns).parseAsync();
    process.exitCode = await exitCode;
  } catch (error) {
    const { exitCode, line } = failureOf(error);
    process.stderr.write(`${line}\n`);
    // Threads that were started before the failure must not keep the process.
    process.exit(exitCode);
  }
}

await main(process.argv.slice(2));
