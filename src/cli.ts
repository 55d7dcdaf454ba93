#!/usr/bin/env node
/** Entry of the command line: arguments in, exit code out, errors in one line. */
import yargs from 'yargs';
import { OPTIONS, type Option } from './config/options.ts';
import { suggestion } from './config/file.ts';
import { addCommands } from './cli/command-table.ts';
import { AppError, messageOf } from './core/errors.ts';
import { version } from './cli/version.ts';

/** Known to other versions of this program, or to the programs that it replaces. */
const NOT_YET = [
  'prices',
  'search',
  'sessions',
  'export',
  'import',
  'prune',
  'purge',
  'mode',
  'compare',
  'dashboard',
  'sinks',
  'mcp',
  'setup',
  'uninstall',
];
const NOT_YET_FLAGS = [
  'mode',
  'target-url',
  'model',
  'openai-backend',
  'anthropic-backend',
  'claude-backend',
  'explore',
  'explore-port',
  'setup',
  'setup-shell',
  'uninstall',
  'env',
  'service',
  'base-url',
];
const COMMANDS = ['start', 'run', 'env', 'status', 'stop', 'stats', 'calls', 'show', 'tail', 'ca', 'doctor', 'demo'];
const USAGE = 2;

/** Bare `llm-proxy --port N` = start; spellings of earlier programs. */
function normalised(argv: readonly string[]): string[] {
  const [first] = argv;
  if (first === '--status') return ['status', ...argv.slice(1)];
  const later = argv
    .slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length)
    .find((word) => NOT_YET_FLAGS.includes(word.replace(/^--/, '').split('=')[0] ?? '') && word.startsWith('--'));
  if (later !== undefined) throw new AppError('config_invalid', `${later} is not in this version`);
  if (first !== undefined && NOT_YET.includes(first))
    throw new AppError('config_invalid', `${first} is not in this version`);
  const asksForHelp = first === undefined || ['--help', '-h', '--version', '-v'].includes(first);
  return !asksForHelp && first.startsWith('-') ? ['start', ...argv] : [...argv];
}

function fail(message: string, code: number): void {
  process.stderr.write(`llm-proxy: ${message}\n`);
  process.exitCode = code;
}

/** Yargs' own words for what it does not know, with what was probably meant. */
function explained(message: string): string {
  const unknown = /^Unknown (?:argument|command)s?: (\S+)/.exec(message)?.[1]?.replace(/,$/, '');
  if (unknown === undefined) return message.replaceAll('\n', ' ');
  const known = [
    ...COMMANDS,
    ...(OPTIONS as readonly Option[]).flatMap((option) => option.flag ?? []),
    'config',
    'home',
    'json',
    'help',
  ];
  const isFlag = process.argv.some((word) => word.startsWith(`--${unknown}`));
  const near = suggestion(unknown, known).replace('did you mean ', isFlag ? 'did you mean --' : 'did you mean ');
  return `unknown ${isFlag ? 'option --' : 'command '}${unknown}${near}; llm-proxy --help lists them`;
}

async function main(): Promise<void> {
  try {
    const parser = yargs(normalised(process.argv.slice(2)))
      .scriptName('llm-proxy')
      .usage('See, meter and keep the LLM traffic of your programs.\n\nllm-proxy COMMAND')
      .parserConfiguration({
        'populate--': true,
        'camel-case-expansion': false,
        'greedy-arrays': true,
        'parse-positional-numbers': false,
      })
      .version(version())
      .help()
      .alias({ h: 'help', v: 'version' })
      .strict()
      .wrap(100)
      .demandCommand(1, 'which command? llm-proxy --help lists them')
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new AppError('config_invalid', explained(message));
      });
    let exitCode = Promise.resolve(0);
    await addCommands(parser, (code) => {
      exitCode = code;
    }).parseAsync();
    process.exitCode = await exitCode;
  } catch (error) {
    const isUsage = error instanceof AppError && error.code === 'config_invalid';
    fail(messageOf(error), isUsage ? USAGE : 1);
    // Threads that were started before the failure must not keep the process.
    process.exit();
  }
}

await main();
