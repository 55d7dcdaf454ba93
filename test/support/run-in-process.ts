import { vi } from 'vitest';
import { failureOf } from '../../src/cli/failure.ts';
import { createParser } from '../../src/cli/parser.ts';
import type { CliResult } from './run-cli.ts';

/**
 * Runs a command line as cli.ts does, but in this process, without the half second that a new one costs: for commands
 * that end by themselves and start no thread. At least one real run of each kind is in the tests beside it.
 */
export async function runInProcess(args: readonly string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
  const printed = { stdout: '', stderr: '' };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    }),
  );
  try {
    return { code: await exitCodeOf(args), ...printed };
  } catch (error) {
    const { exitCode, line } = failureOf(error);
    return { code: exitCode, stdout: printed.stdout, stderr: `${printed.stderr}${line}\n` };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  let exitCode = Promise.resolve(0);
  await createParser(args, '0.0.0', (code) => {
    exitCode = code;
  }).parseAsync();
  return exitCode;
}
