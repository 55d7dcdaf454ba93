/** The words of `export` and `import`. */
import type { Argv } from 'yargs';
import { FORMATS } from '../interchange/formats.ts';
import type { ExitWith } from './command-table.ts';
import { FILTERS, flag, home, json, text } from './shared-options.ts';

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
        format: {
          choices: FORMATS,
          describe: 'docs/export.md says what is in them [by the name of --out, else jsonl]',
        },
        out: text('Instead of standard output; appears when it is whole'),
        gzip: flag('Compressed; so is a file whose name ends in .gz'),
        bodies: { type: 'boolean', describe: 'With what was said (--no-bodies: without) [by format]' },
        'formula-safe': flag("csv: ' before what a spreadsheet would run"),
        ...FILTERS,
        trace: text('Of this trace'),
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
          json,
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
