/** The words of `search`. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export function searchCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'search [words..]',
    'Find words in the traffic, and calls by filters',
    (argv) =>
      argv
        .positional('words', { type: 'string', array: true, describe: 'All of them; docs/search.md has the language' })
        .options({
          home: text('The daemon of this folder [the one started last]'),
          json: { type: 'boolean', default: false, describe: 'JSON for programs' },
          limit: text('How many calls [20]'),
          cursor: text('Go on behind this page'),
          provider: text('Of this provider'),
          model: text('Of this model'),
          session: text('Of this session'),
          run: text('Of this run'),
          status: text('404, 5xx, ">=400"'),
          since: text('A time, or 30m, 12h, 7d'),
          until: text('A time, or 30m, 12h, 7d'),
        })
        .usage('llm-proxy search [options] [--] WORDS…')
        .example('llm-proxy search \'"rate limit" is:error since:7d\'', 'a phrase, of calls that failed')
        .example('llm-proxy search -- migration -draft tool:Bash', 'words after -- may begin with -'),
    (args) => {
      const { limit = '20', cursor, provider, model, session, run, status, since, until } = args;
      const words = [...(args.words ?? []), ...((args['--'] as string[] | undefined) ?? [])];
      const query = { limit, cursor, provider, model, session, run, status, since, until };
      exitWith(
        import('./search.ts').then(({ searchMain }) =>
          searchMain({ home: args.home ?? null, json: args.json, words, ...query }),
        ),
      );
    },
  );
}
