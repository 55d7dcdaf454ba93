/** The words of `start`, `status` and `stop`. */
import type { Argv } from 'yargs';
import { OPTIONS, type Option } from '../config/options.ts';
import type { ExitWith } from './command-table.ts';
import { home, json } from './shared-options.ts';

/** Yargs builder of `start`: the option table, and how files are found. */
function startOptions(argv: Argv): Argv {
  argv
    .option('config', {
      type: 'string',
      describe: 'Configuration file [<home>/llm-proxy.toml or ~/.config/llm-proxy/config.toml]',
      requiresArg: true,
    })
    .option('home', { ...home, describe: 'Folder of certs, keys, logs and data [~/.llm-proxy]' })
    .epilogue('Each of these is also a variable (LLM_PROXY_PORT) and a key of the file: docs/config.md.');
  for (const option of OPTIONS as readonly Option[]) {
    if (option.flag === undefined) continue;
    if (option.kind === 'boolean') {
      argv.option(option.flag, { type: 'boolean', describe: option.help });
      continue;
    }
    argv.option(option.flag, {
      type: isList(option) ? 'array' : 'string',
      string: true,
      requiresArg: true,
      ...(option.alias === undefined ? {} : { alias: option.alias }),
      describe: `${option.help} [${isList(option) || option.default === null ? 'none' : String(option.default)}]`,
    });
  }
  return argv;
}

export function isList({ kind }: Option): boolean {
  return kind === 'texts' || kind === 'paths';
}

function flagsOf(args: Record<string, unknown>): Record<string, unknown> {
  const flags: Record<string, unknown> = { home: args['home'], config: args['config'] };
  for (const option of OPTIONS as readonly Option[]) {
    if (option.flag === undefined) continue;
    flags[option.key] = args[option.flag];
  }
  return flags;
}

export function daemonCommands(parser: Argv, exitWith: ExitWith): Argv {
  return parser
    .command('start', 'Start the daemon, in the foreground', startOptions, (args) => {
      const flags = flagsOf(args);
      exitWith(import('./start.ts').then(({ startMain }) => startMain(flags)));
    })
    .command(
      'status',
      'Whether a daemon runs, and where',
      (argv) => argv.options({ home, json }),
      (args) => {
        exitWith(
          import('./read.ts').then(({ statusMain }) => statusMain({ home: args.home ?? null, json: args.json })),
        );
      },
    )
    .command(
      'stop',
      'End the daemon; live calls may finish',
      (argv) => argv.options({ home, json }),
      (args) => {
        exitWith(import('./read.ts').then(({ stopMain }) => stopMain({ home: args.home ?? null, json: args.json })));
      },
    );
}
