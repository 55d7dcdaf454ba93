/** The words of `dashboard`. */
import type { Argv } from 'yargs';
import { AppError } from '../core/errors.ts';
import type { ExitWith } from './command-table.ts';
import { home, text } from './shared-options.ts';

export function dashboardCommand(parser: Argv, exitWith: ExitWith): Argv {
  return parser.command(
    'dashboard',
    'Open the web page; without a daemon, over what is stored',
    (argv) =>
      argv
        .options({
          home,
          open: { type: 'boolean', default: true, describe: 'Open a browser; --no-open prints the address alone' },
          host: text('Address to listen on where no daemon runs [127.0.0.1]'),
          port: text('Port of that; 0 = any free one [8081]'),
        })
        .epilogue('Also: llm-proxy --explore [--explore-port N]'),
    ({ home: folder = null, open, host = null, port }) => {
      const given = { home: folder, open, host, port: portOf(port) };
      exitWith(import('./dashboard.ts').then(({ dashboardMain }) => dashboardMain(given)));
    },
  );
}

function portOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new AppError('config_invalid', `--port must be a port from 0 to 65535, not ${text}`);
  return port;
}
