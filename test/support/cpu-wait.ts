/** How much longer the threads of a process took for want of a CPU: what a busy machine does to any limit in milliseconds. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** By thread: nanoseconds on a CPU, and in wait for one. */
export type CpuTimes = ReadonlyMap<string, readonly [ran: number, waited: number]>;

/** A thread that did less has nothing to tell. */
const MIN_RUN_NS = 20e6;

/** Empty where the system does not tell: it does on Linux. */
export function cpuTimes(pid: number): CpuTimes {
  const times = new Map<string, readonly [number, number]>();
  const folder = `/proc/${pid}/task`;
  try {
    for (const thread of readdirSync(folder)) {
      const [ran = 0, waited = 0] = readFileSync(join(folder, thread, 'schedstat'), 'utf8')
        .split(' ')
        .map(Number);
      times.set(thread, [ran, waited]);
    }
  } catch {
    // No Linux, or the process is gone.
  }
  return times;
}

/** Of the busy thread that waited most: 1 = it never waited, 3 = all took three times as long. Null = not known. */
export function stretchBetween(before: CpuTimes, after: CpuTimes): number | null {
  const stretches = [...after].flatMap(([thread, [ran, waited]]) => {
    const [ranBefore, waitedBefore] = before.get(thread) ?? [0, 0];
    return ran - ranBefore < MIN_RUN_NS ? [] : [1 + (waited - waitedBefore) / (ran - ranBefore)];
  });
  return stretches.length === 0 ? null : Math.max(...stretches);
}
