/** The words of `calls`, `show` and `tail`. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { FILTERS, flag, home, json, text } from './shared-options.ts';

export function callListCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'calls',
    'The last calls',
    (argv) =>
      argv.options({
        home,
        json,
        limit: text('How many [50]'),
        cursor: text('Go on behind this page'),
        ...FILTERS,
        q: text('Words and filters, as in search'),
      }),
    (args) => {
      const { limit, cursor, provider, model, session, run, status, since, until, q } = args;
      const query = { limit, cursor, provider, model, session, run, status, since, until, q };
      exitWith(
        import('./read.ts').then(({ callsMain }) => callsMain({ home: args.home ?? null, json: args.json, ...query })),
      );
    },
  );
}

const SHOW_PARTS = {
  request: flag('The bytes of the request body alone'),
  response: flag('The bytes of the response body alone'),
  head: flag('Of that side start line and headers instead'),
  events: flag('Of a streamed answer when each chunk came, as JSON'),
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
  const from = folder ?? null;
  if (!flags.request && !flags.response && !flags.head && !flags.events)
    return import('./read.ts').then(({ showMain }) => showMain({ home: from, json: asJson, id }));
  return import('./show-body.ts').then(({ showBodyMain, sideOf }) =>
    showBodyMain({ home: from, id, ...sideOf(flags) }),
  );
}

export function callCommands(parser: Argv, exitWith: ExitWith): Argv {
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
        argv.positional('provider', { type: 'string', describe: 'Only its files' }).options({
          home,
          json: flag('The record of each call as a line of JSON, for programs'),
          bytes: { type: 'number', default: 2000, describe: 'Of each newest file, to begin with' },
        }),
      (args) => {
        const which = { home: args.home ?? null, provider: args.provider ?? null };
        exitWith(
          args.json
            ? import('./tail-json.ts').then(({ tailJsonMain }) => tailJsonMain(which))
            : import('./tail.ts').then(({ tailMain }) => tailMain({ ...which, bytes: args.bytes })),
        );
      },
    );
}
