/** The words of `run` and `env`, `doctor` and `demo`: programs through the proxy, and whether that works. */
import type { Argv } from 'yargs';
import { AppError } from '../core/errors.ts';
import type { ExitWith } from './command-table.ts';
import { flag, home, json, text } from './shared-options.ts';
import { SHELLS } from './shell-syntax.ts';

export function programCommands(parser: Argv, exitWith: ExitWith): Argv {
  return [clientCommands, trialCommands].reduce((argv, add) => add(argv, exitWith), parser);
}

function clientCommands(parser: Argv, exitWith: ExitWith): Argv {
  return parser
    .command(
      'run',
      'Run one program metered: llm-proxy run -- CMD…',
      (argv) =>
        argv
          .options({
            home,
            quiet: flag('No summary'),
            json: text('Write the summary to this file as well'),
          })
          .usage('llm-proxy run [options] -- CMD…'),
      (args) => {
        const command = (args['--'] as string[] | undefined) ?? [];
        if (command.length === 0) throw new AppError('config_invalid', 'run what? llm-proxy run -- CMD…');
        exitWith(
          import('./programs.ts').then(({ runMain }) =>
            runMain({ home: args.home ?? null, command, quiet: args.quiet, json: args.json ?? null }),
          ),
        );
      },
    )
    .command(
      'env',
      'Print the exports for a shell: eval "$(llm-proxy env)"',
      (argv) =>
        argv.options({
          home,
          shell: { choices: SHELLS, describe: 'Instead of the one in $SHELL' },
          unset: flag('Take them back'),
          'base-url': flag('Base URLs instead of proxy and CA'),
          json,
        }),
      (args) => {
        exitWith(
          import('./programs.ts').then(({ envMain }) =>
            envMain({
              home: args.home ?? null,
              shell: args.shell ?? null,
              unset: args.unset,
              baseUrl: args['base-url'],
              json: args.json,
            }),
          ),
        );
      },
    );
}

function trialCommands(parser: Argv, exitWith: ExitWith): Argv {
  return parser
    .command(
      'doctor',
      'Try every runtime found here, and say what to fix',
      (argv) =>
        argv.options({
          home,
          all: flag('Also those that must be compiled first'),
          json,
        }),
      (args) => {
        exitWith(
          import('./programs.ts').then(({ doctorMain }) =>
            doctorMain({ home: args.home ?? null, all: args.all, json: args.json }),
          ),
        );
      },
    )
    .command(
      'demo',
      'Fake providers, a real proxy, a few agents: no key needed',
      (argv) => argv.options({ home }),
      (args) => {
        exitWith(import('./programs.ts').then(({ demoMain }) => demoMain({ home: args.home ?? null })));
      },
    );
}
