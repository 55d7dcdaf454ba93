/** The words of `compare`: calls beside the copies of them that went to another model. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { flag, home, json, PERIOD, text } from './shared-options.ts';

const OPTIONS = {
  home,
  json,
  csv: flag('A line for each pair of models, for spreadsheets'),
  provider: text('Of calls to this provider'),
  model: text('With this model on either side'),
  ...PERIOD,
} as const;

export function compareCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command('compare', 'What mode compare has shown', (argv) =>
    argv
      .command(
        'report',
        'By pair of models: calls, medians, who was faster and cheaper',
        (inner) => inner.options(OPTIONS),
        ({ home: folder, json: asJson, csv, provider, model, since, until }) => {
          const format = csv ? 'csv' : asJson ? 'json' : 'table';
          exitWith(
            import('./compare.ts').then(({ compareReportMain }) =>
              compareReportMain({ home: folder ?? null, format, query: { provider, model, since, until } }),
            ),
          );
        },
      )
      .demandCommand(1, 'compare what? llm-proxy compare report'),
  );
}
