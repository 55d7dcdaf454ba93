import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyReport, KillRig } from '../support/kill-rig.ts';

/** Of each mode; `npm run soak -- kill 200` makes them 100. */
const KILLS = Number(process.env['LLM_PROXY_TEST_KILLS'] ?? 3);
const SHOWN = process.env['LLM_PROXY_TEST_KILLS'] !== undefined;
const CLIENTS = 12;
/** An answer of that age is on record when its daemon dies: two looks of the journal, and much for a busy machine. */
const SURELY_KEPT_MS = 3000;

describe.each(['strict', 'default'] as const)('kill -9 with durability = "%s"', (durability) => {
  const rig = new KillRig(durability);
  const report = emptyReport();
  beforeAll(() => rig.open());
  afterAll(() => rig.close());

  it(`loses what it may, at ${KILLS} moments under load`, { timeout: 60_000 + KILLS * 10_000 }, async () => {
    let daemon = await rig.start();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      // The first ones late: answers are old enough to be kept.
      const life = kill <= 2 ? 2500 : 50 + Math.random() * 1500;
      const lived = await rig.live(daemon, life, CLIENTS);
      rig.judge(lived, report);
      daemon = await rig.start();
      await expect.poll(() => rig.liveRows(), { timeout: 5000 }).toBe(0);
      rig.judgeCut(lived, report);
      if (SHOWN && (kill % 20 === 0 || kill === KILLS)) process.stdout.write(figures(durability, report));
      expect(report.faults, `after kill ${kill}`).toEqual([]);
    }
    expect(await daemon.stop()).toBe(0);
    expect([...rig.faults(), ...rig.brokenSessions()]).toEqual([]);
    if (durability === 'strict') expect(report.lost).toEqual([]);
    else expect(Math.max(0, ...report.lost)).toBeLessThan(5000);
    expect(report.whole).toBeGreaterThan(KILLS);
    expect(report.interrupted.length).toBeGreaterThan(0);
    expect(report.unrecorded.filter((age) => age > SURELY_KEPT_MS)).toEqual([]);
  });
});

function figures(
  mode: string,
  { kills, whole, lost, released, interrupted, unrecorded }: ReturnType<typeof emptyReport>,
): string {
  const sorted = lost.toSorted((one, other) => one - other);
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  return [
    `${mode}: ${kills} kills, ${whole} whole answers, ${lost.length} of them lost, ${released} let go and lost`,
    `  age of the lost: p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms before the kill`,
    `  cut answers: ${interrupted.length} on record as interrupted, ${unrecorded.length} not (oldest ${Math.max(0, ...unrecorded).toFixed(0)} ms)`,
    '',
  ].join('\n');
}
