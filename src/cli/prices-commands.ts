/** The words of `prices`: what it costs, own prices, a newer table, stored calls priced again. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { flag, home, json, text } from './shared-options.ts';

/** Flags of `override add` that are token classes, in USD per million. */
const TOKEN_FLAGS = {
  input: 'input_tokens',
  output: 'output_tokens',
  'cache-read': 'cache_read_tokens',
  'cache-write': 'cache_write_tokens',
  'cache-write-1h': 'cache_write_1h_tokens',
} as const;

export function pricesCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'prices [model]',
    'What a model costs, and who says so',
    (argv) =>
      [overrideCommand, updateCommand, repriceCommand]
        .reduce((inner, add) => add(inner, exitWith), argv)
        .positional('model', { type: 'string', describe: 'Its name, or a part of it' })
        // The commands below have their own.
        .options({
          home: { ...home, global: false },
          json: { ...json, global: false },
          provider: { ...text('Of this provider'), global: false },
          model: { type: 'string', global: false },
        }),
    (args) => {
      exitWith(
        import('./prices.ts').then(({ pricesMain }) =>
          pricesMain({
            home: args.home ?? null,
            json: args.json,
            model: args.model ?? null,
            provider: args.provider ?? null,
          }),
        ),
      );
    },
  );
}

function updateCommand(argv: Argv, exitWith: ExitWith): Argv {
  return argv.command(
    'update <file>',
    'Use a newer data.json of genai-prices; nothing is ever fetched',
    (inner) => inner.positional('file', { type: 'string', demandOption: true }).options({ home, json }),
    (args) => {
      exitWith(import('./prices.ts').then(({ pricesUpdate }) => pricesUpdate(args.home ?? null, args.file, args.json)));
    },
  );
}

function repriceCommand(argv: Argv, exitWith: ExitWith): Argv {
  return argv.command(
    'reprice',
    'Price stored calls again, by the prices that are known now',
    (inner) =>
      inner.options({
        home,
        json,
        since: { ...text('A time, or 30m, 12h, 7d'), demandOption: true },
        until: text('A time, or 30m, 12h, 7d'),
        provider: text('Of this provider'),
        model: text('Of this model'),
        'dry-run': flag('Change nothing, say what would change'),
      }),
    (args) => {
      exitWith(
        import('./prices-reprice.ts').then(({ repriceMain }) =>
          repriceMain({
            home: args.home ?? null,
            json: args.json,
            since: args.since,
            until: args.until,
            provider: args.provider,
            model: args.model,
            dryRun: args['dry-run'],
          }),
        ),
      );
    },
  );
}

function overrideCommand(argv: Argv, exitWith: ExitWith): Argv {
  return argv.command('override', 'Prices of your own: list, add, remove', (inner) =>
    [overrideListCommand, overrideAddCommand, overrideRemoveCommand]
      .reduce((innermost, add) => add(innermost, exitWith), inner)
      .demandCommand(1, 'prices override list, add or remove?'),
  );
}

function overrideListCommand(argv: Argv, exitWith: ExitWith): Argv {
  return argv.command(
    'list',
    'Those that there are',
    (inner) => inner.options({ home, json }),
    (args) => {
      exitWith(import('./prices-override.ts').then(({ overrideList }) => overrideList(args.home ?? null, args.json)));
    },
  );
}

const model = { type: 'string', describe: 'Its name; * for any characters, | between several' } as const;
const provider = { ...text('Whose'), demandOption: true } as const;

function overrideAddCommand(argv: Argv, exitWith: ExitWith): Argv {
  const tokens = Object.fromEntries(
    Object.keys(TOKEN_FLAGS).map((flag) => [flag, text(`USD per million ${flag.replaceAll('-', ' ')} tokens`)]),
  );
  return argv.command(
    'add [model]',
    'Add or replace; without a model it holds for all of the provider',
    (inner) =>
      inner.positional('model', model).options({
        home,
        json,
        provider,
        ...tokens,
        unit: text('Something else: characters, images, pages, search_units …'),
        usd: text('Price of the unit'),
        per: { type: 'number', requiresArg: true, describe: 'For so many of it [1]' },
        operation: text('For this operation only'),
        when: { type: 'array', string: true, requiresArg: true, describe: 'For these facts only: size=1024x1024' },
        like: text('It costs what this model costs'),
        'like-provider': text('… at this provider [the same]'),
        note: text('For yourself'),
      }),
    (args) => {
      const given = args as Record<string, unknown> & typeof args;
      const prices = Object.entries(TOKEN_FLAGS).map(([flag, unit]) => [unit, given[flag] as string | undefined]);
      exitWith(
        import('./prices-override.ts').then(({ overrideAdd }) =>
          overrideAdd(
            {
              home: args.home ?? null,
              json: args.json,
              model: args.model,
              provider: args.provider,
              tokens: Object.fromEntries(prices) as Record<string, string | undefined>,
              unit: args.unit,
              usd: args.usd,
              per: args.per,
              operation: args.operation,
              when: args.when ?? [],
              like: args.like,
              likeProvider: args['like-provider'],
              note: args.note,
            },
            new Date().toISOString().slice(0, 10),
          ),
        ),
      );
    },
  );
}

function overrideRemoveCommand(argv: Argv, exitWith: ExitWith): Argv {
  return argv.command(
    'remove [model]',
    'Without a model and a unit: all of the provider',
    (inner) => inner.positional('model', model).options({ home, json, provider, unit: text('Only of this unit') }),
    (args) => {
      exitWith(
        import('./prices-override.ts').then(({ overrideRemove }) =>
          overrideRemove({
            home: args.home ?? null,
            json: args.json,
            model: args.model,
            provider: args.provider,
            unit: args.unit,
          }),
        ),
      );
    },
  );
}
