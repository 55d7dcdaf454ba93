/** Words of the command line: what they may be, and what is said of those that are not. */
import yargs, { type Argv } from 'yargs';
import { suggestion } from '../config/file.ts';
import { AppError } from '../core/errors.ts';
import { OPTIONS, type Option } from '../config/options.ts';
import { addCommands, type ExitWith } from './command-table.ts';
import { isList } from './daemon-commands.ts';

/** Known to later versions of this program, or to the programs that it replaces. */
const NOT_YET = ['mcp', 'setup', 'uninstall'];
const NOT_YET_FLAGS = ['setup', 'setup-shell', 'uninstall', 'service'];
export const COMMANDS = [
  'start',
  'status',
  'stop',
  'run',
  'env',
  'doctor',
  'demo',
  'stats',
  'compare',
  'dashboard',
  'mode',
  'calls',
  'search',
  'sessions',
  'show',
  'tail',
  'export',
  'import',
  'prune',
  'purge',
  'pin',
  'unpin',
  'prices',
  'sinks',
  'ca',
] as const;
/** What stands behind -- is theirs, whatever it begins with. */
const WITH_DASHES: ReadonlySet<string | undefined> = new Set(['run', 'search']);
/** Words that stand behind others, and nothing else does. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  ca: ['show', 'export', 'install', 'add', 'rotate'],
  compare: ['report'],
  sinks: ['rewind'],
  'prices override': ['list', 'add', 'remove'],
};
/** The same, and `prices` takes a model there as well. */
const WORDS_BELOW: Readonly<Record<string, readonly string[]>> = {
  ...BELOW,
  prices: ['override', 'update', 'reprice'],
};
/** Wider lines are hard to read, and this is what docs/cli.md has. */
const MAX_COLUMNS = 100;

const EPILOGUE = `Examples:
  llm-proxy run -- python agent.py       one program, metered; its sums at the end
  llm-proxy start                        a daemon that stays, then in another terminal:
  eval "$(llm-proxy env)"                everything started from this shell
  llm-proxy calls --since 1h --status ">=400"
  llm-proxy show 01a1fca78d45            one call in full, by the beginning of its id

llm-proxy COMMAND --help says more. Exit codes: 0 done, 1 failed,
2 wrong command line or configuration, 3 no daemon runs (status, stop, mode),
4 no such call or session (show, sessions, pin). run: that of the program.`;

/**
 * @param argv as typed
 * @param columns of the terminal. Throws AppError `config_invalid`; so does parsing what it returns.
 */
export function createParser(
  argv: readonly string[],
  version: string,
  exitWith: ExitWith,
  columns = MAX_COLUMNS,
): Argv {
  const words = normalised(argv);
  const parser = yargs(words)
    .scriptName('llm-proxy')
    // What Yargs says is read below, and documented.
    .locale('en')
    .usage('See, meter and keep the LLM traffic of your programs.\n\nllm-proxy COMMAND')
    .parserConfiguration({
      'populate--': true,
      'camel-case-expansion': false,
      'greedy-arrays': true,
      'parse-positional-numbers': false,
    })
    .version(version)
    .help()
    .alias({ h: 'help', v: 'version' })
    .strict()
    // Yargs makes the help of every command that runs, in case; laying it out takes longer than all of the parsing.
    .wrap(asksForHelp(words) ? Math.min(columns, MAX_COLUMNS) : null)
    .epilogue(EPILOGUE)
    .demandCommand(1, 'which command? llm-proxy --help lists them')
    .exitProcess(false)
    .check(refuseTwice, true)
    // A message is Yargs' own; without one, a command threw.
    .fail((message: string | null, error: Error | undefined, help: object) => {
      throw typeof message === 'string' && !(error instanceof AppError)
        ? new AppError('config_invalid', explained(message, argv, flagsOf(help)))
        : error;
    });
  return addCommands(parser, exitWith);
}

/** Words of which there may be several. */
const SEVERAL: ReadonlySet<string> = new Set([
  '_',
  '--',
  'words',
  'paths',
  'hosts',
  'when',
  ...(OPTIONS as readonly Option[]).flatMap((option) => (isList(option) ? (option.flag ?? []) : [])),
]);

/** Of two values neither is better, and a filter that nobody sees would be none at all. */
function refuseTwice(args: Readonly<Record<string, unknown>>): true {
  const twice = Object.keys(args).find((name) => {
    const value = args[name];
    return !SEVERAL.has(name) && Array.isArray(value) && value.every((one) => typeof one === 'string');
  });
  if (twice === undefined) return true;
  throw new AppError('config_invalid', `${twice.length === 1 ? '-' : '--'}${twice} is given twice`);
}

/** Of the Go llm-proxy. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  '--status': ['status'],
  '--env': ['env', '--base-url'],
  '--explore': ['dashboard'],
};

/** Bare `llm-proxy --port N` = start; spellings of earlier programs, and those that people try first. */
function normalised(argv: readonly string[]): string[] {
  if (argv[0] === 'help') return [...argv.slice(1), '--help'];
  return argv.join(' ') === 'version' ? ['--version'] : respelt(argv);
}

function respelt(argv: readonly string[]): string[] {
  const dashes = argv.indexOf('--');
  const own = dashes === -1 ? argv : argv.slice(0, dashes);
  const [first] = own;
  refuseLater(own);
  const isQuestion = asksForHelp(own);
  if (first === 'run' && dashes === -1 && !isQuestion)
    throw new AppError('config_invalid', 'put -- before the program: llm-proxy run -- CMD...');
  if (dashes !== -1 && !WITH_DASHES.has(first))
    throw new AppError('config_invalid', '-- is for run and search only: llm-proxy run -- CMD...');
  if (first === undefined || !first.startsWith('-')) return [...argv];
  const spelling = Object.keys(SPELLINGS).find((flag) => own.includes(flag));
  if (spelling !== undefined)
    return [...(SPELLINGS[spelling] ?? []), ...own.filter((word) => word !== spelling).map(explorePort)];
  return isQuestion ? [...argv] : ['start', ...argv];
}

function asksForHelp(words: readonly string[]): boolean {
  return words.some((word) => ['--help', '-h', '--version', '-v'].includes(word));
}

function explorePort(word: string): string {
  return word.replace(/^--explore-port(?==|$)/, '--port');
}

function refuseLater(words: readonly string[]): void {
  const [first = ''] = words;
  const flag = words.find((word) => word.startsWith('--') && NOT_YET_FLAGS.includes(nameOf(word)));
  const later = NOT_YET.includes(first) ? first : flag;
  if (later !== undefined) throw new AppError('config_invalid', `${later.split('=')[0]} is not in this version`);
}

function nameOf(word: string): string {
  return word.replace(/^--/, '').split('=')[0] ?? '';
}

/** Yargs' own words, with what was probably meant and what to do. */
function explained(message: string, argv: readonly string[], flags: readonly string[]): string {
  const needy = /^Not enough arguments following: (\S+)/.exec(message)?.[1];
  if (needy !== undefined) return `--${needy} needs a value`;
  const missing = /^Missing required arguments?: (.+)/.exec(message)?.[1];
  if (missing !== undefined) return `--${missing.replaceAll(', ', ' and --')} must be given${hint(argv)}`;
  if (message.startsWith('Not enough non-option arguments'))
    return `${commandOf(argv)} needs one thing more: llm-proxy ${commandOf(argv)} --help says what`;
  const [, choice, given, choices] =
    /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(message.replaceAll('\n', ' ')) ?? [];
  if (choice !== undefined) return `--${choice} must be one of ${choices?.replaceAll('"', '')}, not ${given}`;
  const unknown = /^Unknown (?:argument|command)s?: (.+)$/m.exec(message)?.[1]?.split(', ')[0];
  return unknown === undefined ? message.replaceAll(/\s*\n\s*/g, ' ') : unknownWord(unknown, argv, flags);
}

function unknownWord(unknown: string, argv: readonly string[], flags: readonly string[]): string {
  const [first] = argv;
  const flag = argv.find((word) => word.startsWith('-') && word.replace(/^-+/, '').split('=')[0] === unknown);
  if (flag !== undefined) return `unknown option ${flag.split('=')[0]}${meant(unknown, flags, '--')}${hint(argv)}`;
  const group = Object.keys(BELOW).find((words) => argv.join(' ').startsWith(`${words} `));
  if (unknown !== first && group === undefined) return `${first} takes no ${unknown}${hint(argv)}`;
  return `unknown command ${unknown}${meant(unknown, BELOW[group ?? ''] ?? COMMANDS, '')}${hint(argv)}`;
}

function meant(unknown: string, known: readonly string[], prefix: string): string {
  // What another command takes is not meant here.
  if (unknown.length < 3 || known.includes(unknown)) return '';
  return suggestion(unknown, known).replace('did you mean ', `did you mean ${prefix}`);
}

function hint(argv: readonly string[]): string {
  const command = commandOf(argv);
  return `; llm-proxy ${command === '' ? '' : `${command} `}--help lists them`;
}

/** As far as its words are known: `prices override`. */
function commandOf(argv: readonly string[]): string {
  let command: string = COMMANDS.find((name) => name === argv[0]) ?? '';
  for (const word of command === '' ? [] : argv.slice(1)) {
    if (WORDS_BELOW[command]?.includes(word) !== true) break;
    command = `${command} ${word}`;
  }
  return command;
}

/** What the command takes that was being read: what Yargs' types call an instance is its help, which knows. */
function flagsOf(help: object): string[] {
  const { getDescriptions } = help as { getDescriptions?: () => Record<string, unknown> };
  const own = Object.keys(getDescriptions?.() ?? {});
  // Bare flags are those of `start`.
  return own.includes('home') ? own : [...own, 'config', 'home', ...startFlags()];
}

function startFlags(): string[] {
  return (OPTIONS as readonly Option[]).flatMap(({ flag }) => flag ?? []);
}
