/** The words of `sessions`: conversations, and one of them as a tree. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { home, json, PERIOD, text } from './shared-options.ts';

const QUESTION = {
  limit: text('How many [50; of the calls of one: 100]'),
  cursor: text('Go on behind this page'),
  provider: text('Of this provider'),
  client: text('Of this client: claude-code, codex/0.6'),
  ...PERIOD,
  q: text('In title or id'),
} as const;

export function sessionsCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'sessions [id]',
    'Conversations: what they were about, what they cost; one with its sub-agents and calls',
    (argv) =>
      argv.positional('id', { type: 'string', describe: "Its id, how that begins, or the client's own" }).options({
        home,
        json,
        ...QUESTION,
      }),
    (args) => {
      const { limit, cursor, provider, client, since, until, q } = args;
      const common = { home: args.home ?? null, json: args.json };
      exitWith(
        import('./sessions.ts').then(({ sessionMain, sessionsMain }) =>
          args.id === undefined
            ? sessionsMain({ ...common, query: { limit, cursor, provider, client, since, until, q } })
            : sessionMain({ ...common, id: args.id, query: { limit, cursor } }),
        ),
      );
    },
  );
}
