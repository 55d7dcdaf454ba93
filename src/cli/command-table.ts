/** The command table: words, options and help. What a command does is in its own file, loaded when it is called. */
import type { Argv } from 'yargs';
import { OPTIONS, type Option } from '../config/options.ts';
import { AppError } from '../core/errors.ts';
import { compareCommand } from './compare-commands.ts';
import { dashboardCommand } from './dashboard-commands.ts';
import { transferCommands } from './export-commands.ts';
import { lifeCommands } from './life-commands.ts';
import { modeCommand } from './mode-commands.ts';
import { pricesCommand } from './prices-commands.ts';
import { searchCommand } from './search-commands.ts';
import { sessionsCommand } from './sessions-commands.ts';
import { SHELLS } from './shell-syntax.ts';
import { statsCommand } from './stats-commands.ts';

/** Told the exit code of the command that was called. */
export type ExitWith = (code: Promise<number>) => void;

export function addCommands(parser: Argv, exitWith: ExitWith): Argv {
  return [
    serving,
    clients,
    trials,
    statsCommand,
    compareCommand,
    dashboardCommand,
    modeCommand,
    lists,
    searchCommand,
    sessionsCommand,
    logs,
    transferCommands,
    lifeCommands,
    pricesCommand,
    authority,
  ].reduce((argv, add) => add(argv, exitWith), parser);
}

const home = {
  type: 'string',
  describe: 'The daemon of this folder [the one started last]',
  requiresArg: true,
} as const;
const ownHome = {
  type: 'string',
  describe: 'Folder of certs, keys, logs and data [~/.llm-proxy]',
  requiresArg: true,
} as const;
const json = { type: 'boolean', default: false, describe: 'JSON for programs' } as const;

function optional(value: string | undefined): string | null {
  return value ?? null;
}

/** Yargs builder of `start`: the option table, and how files are found. */
function startOptions(argv: Argv): Argv {
  argv
    .option('config', {
      type: 'string',
      describe: 'Configuration file [<home>/llm-proxy.toml or ~/.config/llm-proxy/config.toml]',
      requiresArg: true,
    })
    .option('home', ownHome)
    .epilogue('Each of these is also a variable (LLM_PROXY_PORT) and a key of the file: docs/config.md.');
  for (const option of OPTIONS as readonly Option[]) {
    if (option.flag === undefined) continue;
    if (option.kind === 'boolean') {
      argv.option(option.flag, { type: 'boolean', describe: option.help });
      continue;
    }
    argv.option(option.flag, {
      type: isList(option) ? 'array' : 'string',
      string: true,
      requiresArg: true,
      ...(option.alias === undefined ? {} : { alias: option.alias }),
      describe: `${option.help} [${isList(option) || option.default === null ? 'none' : String(option.default)}]`,
    });
  }
  return argv;
}

export function isList({ kind }: Option): boolean {
  return kind === 'texts' || kind === 'paths';
}

function flagsOf(args: Record<string, unknown>): Record<string, unknown> {
  const flags: Record<string, unknown> = { home: args['home'], config: args['config'] };
  for (const option of OPTIONS as readonly Option[]) {
    if (option.flag === undefined) continue;
    flags[option.key] = args[option.flag];
  }
  return flags;
}

function serving(parser: Argv, exitWith: ExitWith): Argv {
  return parser
    .command('start', 'Start the daemon, in the foreground', startOptions, (args) => {
      const flags = flagsOf(args);
      exitWith(import('./start.ts').then(({ startMain }) => startMain(flags)));
    })
    .command(
      'status',
      'Whether a daemon runs, and where',
      (argv) => argv.options({ home, json }),
      (args) => {
        exitWith(
          import('./read.ts').then(({ statusMain }) => statusMain({ home: optional(args.home), json: args.json })),
        );
      },
    )
    .command(
      'stop',
      'End the daemon; live calls may finish',
      (argv) => argv.options({ home, json }),
      (args) => {
        exitWith(import('./read.ts').then(({ stopMain }) => stopMain({ home: optional(args.home), json: args.json })));
      },
    );
}

function clients(parser: Argv, exitWith: ExitWith): Argv {
  return parser
    .command(
      'run',
      'Run one program metered: llm-proxy run -- CMD…',
      (argv) =>
        argv
          .options({
            home,
            quiet: { type: 'boolean', default: false, describe: 'No summary' },
            json: { type: 'string', requiresArg: true, describe: 'Write the summary to this file as well' },
          })
          .usage('llm-proxy run [options] -- CMD…'),
      (args) => {
        const command = (args['--'] as string[] | undefined) ?? [];
        if (command.length === 0) throw new AppError('config_invalid', 'run what? llm-proxy run -- CMD…');
        exitWith(
          import('./client-commands.ts').then(({ runMain }) =>
            runMain({ home: optional(args.home), command, quiet: args.quiet, json: optional(args.json) }),
          ),
        );
      },
    )
    .command(
      'env',
      'Print the exports for a shell: eval "$(llm-proxy env)"',
      (argv) =>
        argv.options({
          home,
          shell: { choices: SHELLS, describe: 'Instead of the one in $SHELL' },
          unset: { type: 'boolean', default: false, describe: 'Take them back' },
          'base-url': { type: 'boolean', default: false, describe: 'Base URLs instead of proxy and CA' },
          json,
        }),
      (args) => {
        exitWith(
          import('./client-commands.ts').then(({ envMain }) =>
            envMain({
              home: optional(args.home),
              shell: args.shell ?? null,
              unset: args.unset,
              baseUrl: args['base-url'],
              json: args.json,
            }),
          ),
        );
      },
    );
}

function trials(parser: Argv, exitWith: ExitWith): Argv {
  return parser
    .command(
      'doctor',
      'Try every runtime found here, and say what to fix',
      (argv) =>
        argv.options({
          home,
          all: { type: 'boolean', default: false, describe: 'Also those that must be compiled first' },
          json,
        }),
      (args) => {
        exitWith(
          import('./client-commands.ts').then(({ doctorMain }) =>
            doctorMain({ home: optional(args.home), all: args.all, json: args.json }),
          ),
        );
      },
    )
    .command(
      'demo',
      'Fake providers, a real proxy, a few agents: no key needed',
      (argv) => argv.options({ home }),
      (args) => {
        exitWith(import('./client-commands.ts').then(({ demoMain }) => demoMain({ home: optional(args.home) })));
      },
    );
}

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

const FILTERS = {
  limit: text('How many [50]'),
  cursor: text('Go on behind this page'),
  provider: text('Of this provider'),
  model: text('Of this model'),
  session: text('Of this session'),
  run: text('Of this run'),
  status: text('404, 5xx, ">=400"'),
  since: text('A time, or 30m, 12h, 7d'),
  until: text('A time, or 30m, 12h, 7d'),
  q: text('Words and filters, as in search'),
};

function lists(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'calls',
    'The last calls',
    (argv) =>
      argv.options({
        home,
        json,
        ...FILTERS,
      }),
    (args) => {
      const {
        home: folder,
        json: asJson,
        limit,
        cursor,
        provider,
        model,
        session,
        run,
        status,
        since,
        until,
        q,
      } = args;
      exitWith(
        import('./read.ts').then(({ callsMain }) =>
          callsMain({
            home: optional(folder),
            json: asJson,
            limit,
            cursor,
            provider,
            model,
            session,
            run,
            status,
            since,
            until,
            q,
          }),
        ),
      );
    },
  );
}

const SHOW_PARTS = {
  request: { type: 'boolean', default: false, describe: 'The bytes of the request body alone' },
  response: { type: 'boolean', default: false, describe: 'The bytes of the response body alone' },
  head: { type: 'boolean', default: false, describe: 'Of that side start line and headers instead' },
  events: { type: 'boolean', default: false, describe: 'Of a streamed answer when each chunk came, as JSON' },
} as const;

interface ShowFlags {
  home: string | undefined;
  json: boolean;
  id: string;
  request: boolean;
  response: boolean;
  head: boolean;
  events: boolean;
}

function show({ home: folder, json: asJson, id, ...flags }: ShowFlags): Promise<number> {
  const from = optional(folder);
  if (!flags.request && !flags.response && !flags.head && !flags.events)
    return import('./read.ts').then(({ showMain }) => showMain({ home: from, json: asJson, id }));
  return import('./show-body.ts').then(({ showBodyMain, sideOf }) =>
    showBodyMain({ home: from, id, ...sideOf(flags) }),
  );
}

function logs(parser: Argv, exitWith: ExitWith): Argv {
  return parser
    .command(
      'show <id>',
      'One call, as it stands in the log',
      (argv) =>
        argv
          .positional('id', { type: 'string', demandOption: true, describe: 'Its id, or how it begins' })
          .options({ home, json, ...SHOW_PARTS }),
      (args) => exitWith(show(args)),
    )
    .command(
      'tail [provider]',
      'Follow the log files',
      (argv) =>
        argv
          .positional('provider', { type: 'string', describe: 'Only its files' })
          .options({ home, bytes: { type: 'number', default: 2000, describe: 'Of each newest file, to begin with' } }),
      (args) => {
        exitWith(
          import('./tail.ts').then(({ tailMain }) =>
            tailMain({ home: optional(args.home), provider: optional(args.provider), bytes: args.bytes }),
          ),
        );
      },
    );
}

const yes = { type: 'boolean', default: false, describe: 'Do it' } as const;

function authority(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command('ca', 'The certificate authority', (argv) =>
    changes(readings(argv, exitWith), exitWith).demandCommand(1, 'ca show, export, install, add or rotate?'),
  );
}

function readings(argv: Argv, exitWith: ExitWith): Argv {
  return argv
    .command(
      'show',
      'What it may sign for, until when',
      (inner) => inner.options({ home, json }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caShow }) => caShow({ home: optional(args.home), json: args.json })));
      },
    )
    .command(
      'export',
      'Its public certificate',
      (inner) =>
        inner.options({
          home,
          format: {
            choices: ['pem', 'der', 'p12'] as const,
            default: 'pem' as const,
            describe: 'p12 = trust store for Java, with the public roots',
          },
          out: { type: 'string', requiresArg: true, describe: 'Instead of standard output' },
        }),
      (args) => {
        exitWith(
          import('./ca.ts').then(({ caExport }) =>
            caExport({ home: optional(args.home), format: args.format, out: optional(args.out) }),
          ),
        );
      },
    );
}

function changes(argv: Argv, exitWith: ExitWith): Argv {
  return argv
    .command(
      'install',
      "Add it to this system's trust store",
      (inner) => inner.options({ home, yes }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caInstall }) => caInstall({ home: optional(args.home), yes: args.yes })));
      },
    )
    .command(
      'add <hosts..>',
      'A further root for hosts that are no providers',
      (inner) => inner.positional('hosts', { type: 'string', array: true, demandOption: true }).options({ home }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caAdd }) => caAdd({ home: optional(args.home), hosts: args.hosts })));
      },
    )
    .command(
      'rotate',
      'A new root for everything; clients must trust it anew',
      (inner) => inner.options({ home, yes }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caRotate }) => caRotate({ home: optional(args.home), yes: args.yes })));
      },
    );
}
