/** The words of `ca`: the certificate authority. */
import type { Argv } from 'yargs';
import type { ExitWith } from './command-table.ts';
import { home, json, text, yes } from './shared-options.ts';

export function caCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command('ca', 'The certificate authority', (argv) =>
    changes(readings(argv, exitWith), exitWith).demandCommand(1, 'ca show, export, install, add or rotate?'),
  );
}

function readings(argv: Argv, exitWith: ExitWith): Argv {
  return argv
    .command(
      'show',
      'What it may sign for, until when',
      (inner) => inner.options({ home, json }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caShow }) => caShow({ home: args.home ?? null, json: args.json })));
      },
    )
    .command(
      'export',
      'Its public certificate',
      (inner) =>
        inner.options({
          home,
          format: {
            choices: ['pem', 'der', 'p12'] as const,
            default: 'pem' as const,
            describe: 'p12 = trust store for Java, with the public roots',
          },
          out: text('Instead of standard output'),
        }),
      (args) => {
        exitWith(
          import('./ca.ts').then(({ caExport }) =>
            caExport({ home: args.home ?? null, format: args.format, out: args.out ?? null }),
          ),
        );
      },
    );
}

function changes(argv: Argv, exitWith: ExitWith): Argv {
  return argv
    .command(
      'install',
      "Add it to this system's trust store",
      (inner) => inner.options({ home, yes }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caInstall }) => caInstall({ home: args.home ?? null, yes: args.yes })));
      },
    )
    .command(
      'add <hosts..>',
      'A further root for hosts that are no providers',
      (inner) => inner.positional('hosts', { type: 'string', array: true, demandOption: true }).options({ home }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caAdd }) => caAdd({ home: args.home ?? null, hosts: args.hosts })));
      },
    )
    .command(
      'rotate',
      'A new root for everything; clients must trust it anew',
      (inner) => inner.options({ home, yes }),
      (args) => {
        exitWith(import('./ca.ts').then(({ caRotate }) => caRotate({ home: args.home ?? null, yes: args.yes })));
      },
    );
}
