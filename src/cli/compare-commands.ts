/** The words of `compare`: calls beside the copies of them that went to another model. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

const OPTIONS = {
  home: text('Of this folder [the daemon started last]'),
  json: { type: 'boolean', default: false, describe: 'JSON for programs' },
  csv: { type: 'boolean', default: false, describe: 'A line for each pair of models, for spreadsheets' },
  provider: text('Of calls to this provider'),
  model: text('With this model on either side'),
  since: text('A time, or 30m, 12h, 7d'),
  until: text('A time, or 30m, 12h, 7d'),
} as const;

export function compareCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command('compare', 'What mode compare has shown', (argv) =>
    argv
      .command(
        'report',
        'By pair of models: calls, medians, who was faster and cheaper',
        (inner) => inner.options(OPTIONS),
        ({ home, json, csv, provider, model, since, until }) => {
          const format = csv ? 'csv' : json ? 'json' : 'table';
          exitWith(
            import('./compare.ts').then(({ compareReportMain }) =>
              compareReportMain({ home: home ?? null, format, query: { provider, model, since, until } }),
            ),
          );
        },
      )
      .demandCommand(1, 'compare what? llm-proxy compare report'),
  );
}
