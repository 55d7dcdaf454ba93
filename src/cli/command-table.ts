/** The command table. Words, options and help stand in `*-commands.ts`; what a command does is loaded when it is called. */
import type { Argv } from 'yargs';
import { caCommand } from './ca-commands.ts';
import { callCommands, callListCommand } from './call-commands.ts';
import { compareCommand } from './compare-commands.ts';
import { daemonCommands } from './daemon-commands.ts';
import { dashboardCommand } from './dashboard-commands.ts';
import { transferCommands } from './export-commands.ts';
import { lifeCommands } from './life-commands.ts';
import { modeCommand } from './mode-commands.ts';
import { pricesCommand } from './prices-commands.ts';
import { programCommands } from './program-commands.ts';
import { searchCommand } from './search-commands.ts';
import { sessionsCommand } from './sessions-commands.ts';
import { sinksCommand } from './sinks-commands.ts';
import { statsCommand } from './stats-commands.ts';

/** Told the exit code of the command that was called. */
export type ExitWith = (code: Promise<number>) => void;

/** In the order of the help. */
export function addCommands(parser: Argv, exitWith: ExitWith): Argv {
  return [
    daemonCommands,
    programCommands,
    statsCommand,
    compareCommand,
    dashboardCommand,
    modeCommand,
    callListCommand,
    searchCommand,
    sessionsCommand,
    callCommands,
    transferCommands,
    lifeCommands,
    pricesCommand,
    sinksCommand,
    caCommand,
  ].reduce((argv, add) => add(argv, exitWith), parser);
}
