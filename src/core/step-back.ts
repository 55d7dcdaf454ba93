import { getPriority, setPriority } from 'node:os';

/** Of 19; a fifth of the CPU is left to a thread that steps back when all else wants all of it. */
const STEPS = 5;
const LEAST = 19;

/**
 * The thread that calls this leaves the CPU to those that carry traffic: theirs and the programs' own. Linux alone
 * counts niceness by thread; elsewhere it would be the whole process, so that nothing is done there.
 */
export function stepBack(platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'linux') return;
  try {
    setPriority(Math.min(getPriority() + STEPS, LEAST));
  } catch {
    // A sandbox may forbid it: it is a courtesy.
  }
}
