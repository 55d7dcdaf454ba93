import { setFlagsFromString } from 'node:v8';

/**
 * How Node is best started for the daemon: garbage is collected on the thread that made it. V8's helper threads spin
 * while they look for work in heaps as small as ours; with them a call cost up to 60 % more CPU (`npm run bench`).
 */
export const NODE_FLAGS = ['--single-threaded-gc'];

/** For a daemon that was started without: the one part of it that V8 lets be changed later (the others abort). */
export function collectOnOwnThread(execArgv: readonly string[]): void {
  if (!NODE_FLAGS.every((flag) => execArgv.includes(flag))) setFlagsFromString('--no-parallel-scavenge');
}
