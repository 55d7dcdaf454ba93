import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyReport, KillRig, type Life } from '../support/kill-rig.ts';

/** Of each mode; `npm run soak -- kill 200` makes them 100. */
const KILLS = Number(process.env['LLM_PROXY_TEST_KILLS'] ?? 2);
const SHOWN = process.env['LLM_PROXY_TEST_KILLS'] !== undefined;
const CLIENTS = 12;
/**
 * What is older is on record, on a machine that has a CPU for each thread that wants one: rows wait 10 ms, calls 50, and
 * a daemon that has just started is slow. Of calls in flight: two looks of the journal.
 */
const COMMITTED_MS = 200;
const KEPT_MS = 700;
/** Where the system does not tell how long threads waited for a CPU. */
const UNKNOWN_STRETCH = 15;
/** Beside other tests, where a queue may be long: that there is an end to it. */
const BESIDE_OTHERS_MS = 10_000;
/** All takes as much longer as the daemon waited for a CPU, and the clients hear of it as late as this process is. */
const onThisMachine = (ms: number, { stretch, lateMs }: Life): number =>
  SHOWN ? ms * (stretch ?? UNKNOWN_STRETCH) + lateMs : BESIDE_OTHERS_MS;

describe.each(['strict', 'default'] as const)('kill -9 with durability = "%s"', (durability) => {
  const rig = new KillRig(durability);
  const report = emptyReport();
  beforeAll(() => rig.open());
  afterAll(() => rig.close());

  it(`loses what it may, at ${KILLS} moments under load`, { timeout: 300_000 + KILLS * 10_000 }, async () => {
    let daemon = await rig.start();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      // The first one late: answers are old enough to be kept.
      const life = kill === 1 ? 2500 : 50 + Math.random() * 1500;
      const lived = await rig.live(daemon, life, CLIENTS);
      const lost = rig.judge(lived, report);
      if (durability === 'default') expect(lost).toBeLessThan(onThisMachine(COMMITTED_MS, lived));
      daemon = await rig.start();
      await expect.poll(() => rig.liveRows()).toBe(0);
      expect(rig.judgeCut(lived, report)).toBeLessThan(onThisMachine(KEPT_MS, lived));
      if (SHOWN && (kill % 20 === 0 || kill === KILLS)) process.stdout.write(figures(durability, report));
      expect(report.faults, `after kill ${kill}`).toEqual([]);
    }
    expect(await daemon.stop()).toBe(0);
    expect([...rig.faults(), ...rig.brokenSessions()]).toEqual([]);
    if (durability === 'strict') expect(report.lost).toEqual([]);
    expect(report.whole).toBeGreaterThan(KILLS);
    expect(report.interrupted.length).toBeGreaterThan(0);
  });
});

function figures(
  mode: string,
  { kills, whole, lost, released, interrupted, unrecorded, stretches }: ReturnType<typeof emptyReport>,
): string {
  const ages = lost.toSorted((one, other) => one - other);
  const waits = stretches.toSorted((one, other) => one - other);
  const at = (part: number, sorted = ages): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  return [
    `${mode}: ${kills} kills, ${whole} whole answers, ${lost.length} of them lost, ${released} let go and lost`,
    `  age of the lost: p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms before the kill`,
    `  cut answers: ${interrupted.length} on record as interrupted, ${unrecorded.length} not (oldest ${Math.max(0, ...unrecorded).toFixed(0)} ms)`,
    `  for want of a CPU all took ${at(0.5, waits)} times as long in the middle, ${at(1, waits)} at most`,
    '',
  ].join('\n');
}
