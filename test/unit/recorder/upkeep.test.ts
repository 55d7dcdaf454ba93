import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../src/store/blocks/read.ts';
import { AgeClock } from '../../../src/core/age-clock.ts';
import { Upkeep } from '../../../src/recorder/upkeep.ts';
import type { Database } from '../../../src/store/driver.ts';
import { prunedPart } from '../../../src/store/pruned.ts';
import { loadTotals } from '../../../src/store/queries.ts';
import { bodyBytes, spaceOf } from '../../../src/store/space.ts';
import { NOON } from '../../support/sink-house.ts';
import { NO_LIMITS, useStoredHouse } from '../../support/stored-house.ts';

const house = useStoredHouse();
const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(NOON - days * DAY_MS).toISOString();
const ids = (): string[] =>
  house.ask((database) =>
    database
      .prepare('SELECT id FROM llm_calls ORDER BY seq')
      .all()
      .map((row) => String(row['id'])),
  );
const hasBody = (seq: number): boolean => house.ask((database) => bodyOf(database, seq, 'request')) !== null;
/** Characters that nothing makes much smaller; the same for the same seed. */
const noise = (size: number, seed: number): string =>
  createHash('shake256', { outputLength: size }).update(String(seed)).digest('base64url').slice(0, size);

/** One call each, as many days ago. */
async function calls(...days: number[]): Promise<void> {
  for (const [index, age] of days.entries())
    house.write({ id: `call_${index}`, started_at: daysAgo(age), session_id: `s${index}` }, `question ${index}`);
  await house.flush();
}

/** The same from the rows themselves. */
function countedBodyBytes(database: Database): number {
  const one = (sql: string): number => Number(database.prepare(sql).get()?.['bytes']);
  const lists = 'length(middle) + coalesce(length(extra), 0) + coalesce(length(head), 0) + 70';
  return (
    one('SELECT total(length(data) + 110) AS bytes FROM blocks') +
    one(`SELECT total(${lists}) AS bytes FROM call_blocks`)
  );
}

describe('recorder/upkeep', () => {
  it('deletes bodies and records by their own ages, and keeps the totals', async () => {
    await calls(400, 200, 100, 50, 1);
    const before = house.ask(loadTotals);
    const slice = await house.life({ bodiesMaxAgeDays: 90, recordsMaxAgeDays: 180 }).prune(null);
    expect(slice).toMatchObject({ records: 2, bodies: 1, done: true });
    expect(ids()).toEqual(['call_2', 'call_3', 'call_4']);
    expect([3, 4, 5].map(hasBody)).toEqual([false, true, true]);
    expect(house.ask(loadTotals)).toEqual(before);
    expect(
      house.ask((database) =>
        database
          .prepare('SELECT trace_id FROM traces ORDER BY 1')
          .all()
          .map((row) => row['trace_id']),
      ),
    ).toEqual(['s2', 's3', 's4']);
  });

  it('keeps in mind which bodies it deleted, when and for what, as long as the record stays', async () => {
    await calls(100, 1);
    const pruned = (seq: number, part: 'head' | 'body' = 'body') =>
      house.ask((database) => prunedPart(database, seq, 'response', part));
    await house.life({ bodiesMaxAgeDays: 90 }).prune(null);
    expect(pruned(1)).toEqual({ at: daysAgo(0), reason: 'age' });
    expect(pruned(1, 'head')).toEqual(pruned(1));
    expect(pruned(2)).toBeNull();
    await house.life({ bodiesMaxTotalBytes: 1 }).prune(null);
    expect(pruned(2)?.reason).toBe('size');
    await house.life({ recordsMaxAgeDays: 90 }).prune(null);
    expect(pruned(1)).toBeNull();
    expect(house.count('pruned_bodies')).toBe(1);
  });

  it('sums up the days that are over, with no limit as well', async () => {
    await calls(40, 2, 0);
    const { store } = house.sinks;
    const upkeep = new Upkeep({
      retention: NO_LIMITS,
      path: house.database,
      use: (work) => store?.use(work) as ReturnType<typeof work>,
      clock: { now: () => performance.now(), wall: () => house.now },
      log: house.deps().log,
    });
    await upkeep.round();
    expect(house.count('rolled_days')).toBe(2);
    house.write({ id: 'call_late', started_at: daysAgo(2) }, 'late');
    await house.flush();
    expect(house.count('rolled_days')).toBe(1);
    await upkeep.round();
    expect(house.count('rolled_days')).toBe(2);
  });

  it('does nothing where all is off, and nothing twice', async () => {
    await calls(400, 1);
    expect(await house.life().prune(null)).toMatchObject({ records: 0, bodies: 0, done: true });
    const life = house.life({ recordsMaxAgeDays: 10 });
    expect(await life.prune(null)).toMatchObject({ records: 1 });
    expect(await life.prune(null)).toMatchObject({ records: 0, bodies: 0 });
  });

  it('leaves pinned calls and sessions alone', async () => {
    await calls(400, 400, 400);
    const life = house.life({ recordsMaxAgeDays: 10, bodiesMaxAgeDays: 5, recordsMaxTotalBytes: 1 });
    expect(life.pin('call', 'call_0', true)).toBe('changed');
    expect(life.pin('call', 'call_0', true)).toBe('unchanged');
    expect(life.pin('session', 's2', true)).toBe('changed');
    expect(life.pin('session', 'nobody', true)).toBe('unknown');
    await life.prune(null);
    expect(ids()).toEqual(['call_0', 'call_2']);
    expect([1, 3].map(hasBody)).toEqual([true, true]);
    expect(life.pin('session', 's2', false)).toBe('changed');
    expect(life.pin('session', 's2', false)).toBe('unchanged');
    await life.prune(null);
    expect(ids()).toEqual(['call_0']);
  });

  it('finds what is old behind what has the wrong time, such as calls of a clock that was set forward', async () => {
    await calls(...Array.from({ length: 40 }, () => -3650), 400, 400, 1);
    await house.life({ recordsMaxAgeDays: 10 }).prune(null);
    expect(ids()).toHaveLength(41);
    expect(ids()).not.toContain('call_40');
  });

  it('deletes nothing for its age once the clock has jumped by months, and says so', async () => {
    await calls(1);
    const life = house.life({ recordsMaxAgeDays: 30, bodiesMaxAgeDays: 30 });
    house.now += 365 * DAY_MS;
    expect(await life.prune(null)).toMatchObject({ records: 0, bodies: 0 });
    expect(house.warnings).toContainEqual({ days: 365 });
    house.now = NOON;
    expect(await life.prune(null)).toMatchObject({ records: 0, bodies: 0 });
  });

  it('deletes by itself only what is old by a date that is sure', async () => {
    await calls(20, 10, 1);
    const { store } = house.sinks;
    const clock = { now: () => performance.now(), wall: () => house.now };
    const { log } = house.deps();
    const age = new AgeClock({ clock, log, isSure: false });
    const upkeep = new Upkeep({
      retention: { ...NO_LIMITS, recordsMaxAgeDays: 5 },
      path: house.database,
      use: (work) => store?.use(work) as ReturnType<typeof work>,
      clock,
      age,
      log,
    });
    await upkeep.round();
    expect(ids()).toHaveLength(3);
    age.witness(NOON);
    await upkeep.round();
    expect(ids()).toEqual(['call_2']);
  });

  it('deletes nothing more when the clock is set back', async () => {
    await calls(20);
    const life = house.life({ recordsMaxAgeDays: 10 });
    house.now -= 3650 * DAY_MS;
    expect(await life.prune(null)).toMatchObject({ records: 0 });
    house.now = NOON;
    expect(await life.prune(null)).toMatchObject({ records: 1 });
  });

  it('deletes the oldest bodies until they take little enough, then records, and gives the room back', async () => {
    for (let index = 0; index < 120; index += 1)
      house.write({ id: `call_${index}`, session_id: `s${index}` }, noise(88_000, index + 1));
    await house.flush();
    const before = house.ask((database) => spaceOf(database, house.database));
    expect(before.used).toBeGreaterThan(8_000_000);
    const limit = 5_000_000;
    const bodies = await settle(house.life({ bodiesMaxTotalBytes: limit }));
    const left = house.ask(bodyBytes);
    expect(left).toBeLessThanOrEqual(limit);
    expect(left).toBeGreaterThan(limit * 0.85);
    expect(left).toBe(house.ask(countedBodyBytes));
    expect(bodies.space.used).toBeLessThan(limit * 1.1);
    expect(bodies.bodies).toBeGreaterThan(20);
    expect(bodies.bodies).toBeLessThan(120);
    // 4 MiB stay for what comes next.
    expect(bodies.space.free).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect([hasBody(1), hasBody(120)]).toEqual([false, true]);
    expect(ids()).toHaveLength(120);
    const records = await settle(house.life({ bodiesMaxTotalBytes: 1, recordsMaxTotalBytes: 1 }));
    expect(records).toMatchObject({ records: 120, bodies: 120 - bodies.bodies });
    expect(ids()).toEqual([]);
  });

  it('deletes no body because there are many records', async () => {
    for (let index = 0; index < 300; index += 1)
      house.write({ id: `call_${index}`, session_id: `s${index}` }, 'a word');
    await house.flush();
    const limit = house.ask(bodyBytes) + 1000;
    expect(house.ask((database) => spaceOf(database, house.database)).used).toBeGreaterThan(limit * 1.5);
    expect(await settle(house.life({ bodiesMaxTotalBytes: limit }))).toMatchObject({ records: 0, bodies: 0 });
    expect(hasBody(1)).toBe(true);
  });

  it('lets others write between its slices, and holds nobody up for long', async () => {
    for (let index = 0; index < 600; index += 1)
      house.write({ id: `call_${index}`, session_id: 's', started_at: daysAgo(50) }, `a question of ${index}`);
    await house.flush();
    const running = settle(house.life({ recordsMaxAgeDays: 10 }));
    const waits: number[] = [];
    let written = 0;
    for (let done = false; !done; written += 1) {
      const began = performance.now();
      done = await Promise.race([
        running.then(() => true),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1)),
      ]);
      waits.push(performance.now() - began);
      house.write({ id: `new_${written}` }, 'while it works');
    }
    await house.flush();
    expect((await running).records).toBe(600);
    expect(written).toBeGreaterThan(3);
    expect(house.dropped('sqlite')).toBe(0);
    expect(ids()).toHaveLength(written);
    // 8 ms a slice; the rest, and the worst half of them, are for a busy machine.
    expect(waits.toSorted((one, other) => one - other)[Math.floor(waits.length / 2)]).toBeLessThan(200);
  });
});

async function settle(life: ReturnType<typeof house.life>): ReturnType<typeof life.prune> {
  const sum = { records: 0, bodies: 0 };
  for (;;) {
    const slice = await life.prune(null);
    sum.records += slice.records;
    sum.bodies += slice.bodies;
    if (slice.done) return { ...slice, ...sum };
  }
}
