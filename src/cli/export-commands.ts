/** The words of `export` and `import`. */
import type { Argv } from 'yargs';
import { FORMATS } from '../interchange/formats.ts';
import type { ExitWith } from './command-table.ts';

const home = { type: 'string', requiresArg: true, describe: 'Of this folder [the daemon started last]' } as const;
const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

export function transferCommands(parser: Argv, exitWith: ExitWith): Argv {
  return [exportCommand, importCommand].reduce((argv, add) => add(argv, exitWith), parser);
}

function exportCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'export',
    'Stored calls as a file for other programs',
    (argv) =>
      argv.options({
        home,
        format: { choices: FORMATS, default: 'jsonl' as const, describe: 'docs/export.md says what is in them' },
        out: text('Instead of standard output; appears when it is whole'),
        gzip: flag('Compressed; so is a file whose name ends in .gz'),
        bodies: { type: 'boolean', describe: 'With what was said (--no-bodies: without) [by format]' },
        'formula-safe': flag("csv: ' before what a spreadsheet would run"),
        provider: text('Of this provider'),
        model: text('Of this model'),
        session: text('Of this session'),
        run: text('Of this run'),
        trace: text('Of this trace'),
        status: text('404, 5xx, ">=400"'),
        since: text('A time, or 30m, 12h, 7d'),
        until: text('A time, or 30m, 12h, 7d'),
        q: text('Words and filters, as in search'),
      }),
    ({ home: folder, format, out, gzip, bodies, 'formula-safe': formulaSafe, ...rest }) => {
      const { provider, model, session, run, trace, status, since, until, q } = rest;
      const query = { provider, model, session, run, trace, status, since, until, q };
      exitWith(
        import('./export.ts').then(({ exportMain }) =>
          exportMain({ home: folder ?? null, format, out: out ?? null, gzip, bodies, formulaSafe, query }),
        ),
      );
    },
  );
}

function importCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'import <paths..>',
    'Calls of our own jsonl, of HAR files and of session logs, into the store',
    (argv) =>
      argv
        .positional('paths', { type: 'string', array: true, demandOption: true, describe: 'Files, or folders of them' })
        .options({
          home,
          json: flag('JSON for programs'),
          'dry-run': flag('Change nothing, say what would be added'),
        }),
    (args) => {
      exitWith(
        import('./import.ts').then(({ importMain }) =>
          importMain({ home: args.home ?? null, json: args.json, paths: args.paths, dryRun: args['dry-run'] }),
        ),
      );
    },
  );
}
