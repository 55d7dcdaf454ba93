/** The words of `mode`. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { home, json, text } from './shared-options.ts';

const OPTIONS = {
  home,
  json,
  'target-url': text('Where mode target sends calls, and mode compare copies [as before]'),
  model: text('What the target is asked for, whatever the client names [as before]'),
} as const;

export function modeCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'mode [name]',
    'Where calls go: passthrough, target or compare; with a name, from now on',
    (argv) => argv.positional('name', { type: 'string', describe: 'passthrough, target or compare' }).options(OPTIONS),
    ({ home: folder, json: asJson, name, 'target-url': targetUrl, model }) => {
      const change = {
        ...(targetUrl === undefined ? {} : { target_url: targetUrl }),
        ...(model === undefined ? {} : { model }),
      };
      exitWith(
        import('./mode.ts').then(({ modeMain }) =>
          modeMain({ home: folder ?? null, json: asJson, name: name ?? null, change }),
        ),
      );
    },
  );
}
