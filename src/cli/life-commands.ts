/** The words of what happens to stored calls: `prune`, `purge`, `pin`, `unpin`. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { flag, home, json, text, yes } from './shared-options.ts';

export function lifeCommands(parser: Argv, exitWith: ExitWith): Argv {
  return [pruneCommand, purgeCommand, pinCommand, unpinCommand].reduce((argv, add) => add(argv, exitWith), parser);
}

function pruneCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'prune',
    'Delete old calls; without options what the configuration calls old',
    (argv) =>
      argv.options({
        home,
        json,
        'older-than': text('Calls before this: a time, or 12h, 30d'),
        size: text('Oldest first, until the database holds no more than this: 2GB'),
        'bodies-only': flag('Their bodies; the records stay'),
        'dry-run': flag('Change nothing, say what would go'),
        vacuum: flag('Write the database file anew; no daemon may run'),
      }),
    (args) => {
      exitWith(
        import('./life.ts').then(({ pruneMain }) =>
          pruneMain({
            home: args.home ?? null,
            json: args.json,
            olderThan: args['older-than'],
            size: args.size,
            bodiesOnly: args['bodies-only'],
            dryRun: args['dry-run'],
            vacuum: args.vacuum,
          }),
        ),
      );
    },
  );
}

function purgeCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'purge',
    'Delete calls and all that came from them, everywhere; pinned ones too',
    (argv) =>
      argv.options({
        home,
        json,
        session: text('Of this session, and of those that it started'),
        customer: text('Of this customer'),
        run: text('Of this run'),
        call: text('This one'),
        yes,
      }),
    (args) => {
      const { session, customer, run, call } = args;
      exitWith(
        import('./life.ts').then(({ purgeMain }) =>
          purgeMain({
            home: args.home ?? null,
            json: args.json,
            yes: args.yes,
            target: { session, customer, run, call },
          }),
        ),
      );
    },
  );
}

const id = { type: 'string', describe: 'Of a call (its beginning is enough) or a session' } as const;

function pinCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'pin [id]',
    'Keep a call or a session whatever its age; without an id: what is pinned',
    (argv) => argv.positional('id', id).options({ home, json }),
    (args) => {
      exitWith(
        import('./life.ts').then(({ pinMain, pinsMain }) =>
          args.id === undefined
            ? pinsMain(args.home ?? null, args.json)
            : pinMain(args.home ?? null, args.id, true, args.json),
        ),
      );
    },
  );
}

function unpinCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'unpin <id>',
    'Take a pin back',
    (argv) => argv.positional('id', { ...id, demandOption: true }).options({ home, json }),
    (args) => {
      exitWith(import('./life.ts').then(({ pinMain }) => pinMain(args.home ?? null, args.id, false, args.json)));
    },
  );
}
