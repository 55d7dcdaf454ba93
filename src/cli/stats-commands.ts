/** The words of `stats`: totals of all time, or of a period, by what you ask. */
import type { Argv } from 'yargs';
import { isPeriodQuestion, STATS_GROUPS } from '../core/stats-question.ts';
import type { ExitWith } from './command-table.ts';
import { home, json, PERIOD, text } from './shared-options.ts';

const QUESTION = {
  ...PERIOD,
  group: { choices: STATS_GROUPS, requiresArg: true, describe: 'By what [model]' },
  zone: text('Whose days, e.g. Europe/Berlin [of this machine]'),
  provider: text('Of this provider'),
  model: text('Of this model'),
  client: text('Of this client'),
  agent: text('Of this agent'),
  section: text('Of this section'),
  customer: text('Of this customer'),
  tenant: text('Of this tenant'),
} as const;

export function statsCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'stats',
    'Totals by model, or of a period: --since 7d --group day',
    (argv) => argv.options({ home, json, ...QUESTION }),
    (args) => {
      const { since, until, group, zone, provider, model, client, agent, section, customer, tenant } = args;
      const question = { since, until, group, zone, provider, model, client, agent, section, customer, tenant };
      const common = { home: args.home ?? null, json: args.json };
      exitWith(
        isPeriodQuestion(question)
          ? import('./period-stats.ts').then(({ periodStatsMain }) => periodStatsMain({ ...common, question }))
          : import('./read.ts').then(({ statsMain }) => statsMain(common)),
      );
    },
  );
}
