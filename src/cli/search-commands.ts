/** The words of `search`. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { FILTERS, home, json, text } from './shared-options.ts';

export function searchCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'search [words..]',
    'Find words in the traffic, and calls by filters',
    (argv) =>
      argv
        .positional('words', { type: 'string', array: true, describe: 'All of them; docs/search.md has the language' })
        .options({
          home,
          json,
          limit: text('How many calls [20]'),
          cursor: text('Go on behind this page'),
          ...FILTERS,
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
