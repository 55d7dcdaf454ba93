/** The words of `sinks`: where records go, and whether they arrive. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { home, json, text } from './shared-options.ts';

export function sinksCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'sinks',
    'Where records go, and what has not arrived',
    (argv) =>
      rewindCommand(argv, exitWith).options({ home: { ...home, global: false }, json: { ...json, global: false } }),
    (args) => {
      exitWith(import('./sinks.ts').then(({ sinksMain }) => sinksMain(args.home ?? null, args.json)));
    },
  );
}

function rewindCommand(argv: Argv, exitWith: ExitWith): Argv {
  return argv.command(
    'rewind <name>',
    'Send stored calls to otlp, loki, postgres or clickhouse once more',
    (inner) =>
      inner
        .positional('name', { type: 'string', demandOption: true })
        .options({ home, since: { ...text('A time, or 30m, 12h, 7d: the first call'), demandOption: true } }),
    (args) => {
      exitWith(import('./sinks.ts').then(({ rewindMain }) => rewindMain(args.home ?? null, args.name, args.since)));
    },
  );
}
