import { describe, expect, it } from 'vitest';
import { TargetHealth } from '../../../src/gateway/target-health.ts';

const failing = (times: number, health = new TargetHealth({ maxCalls: 0, maxCopies: 1 })): TargetHealth => {
  for (let count = 0; count < times; count += 1) health.failed(0);
  return health;
};

describe('gateway/target-health', () => {
  it('is left alone after five failures in a row, for half a minute', () => {
    expect(failing(4).isWorthAsking(0)).toBe(true);
    const health = failing(5);
    expect([health.isWorthAsking(0), health.isWorthAsking(29_999), health.isWorthAsking(30_000)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('forgets its failures with the first answer', () => {
    const health = failing(4);
    health.answered();
    expect(failing(4, health).isWorthAsking(0)).toBe(true);
  });

  it('is tried by one call at a time when the rest is over', () => {
    const health = failing(5);
    health.asks();
    expect(health.isWorthAsking(30_000)).toBe(false);
    health.unknown();
    expect(health.isWorthAsking(30_000)).toBe(true);
    health.asks();
    health.failed(30_000);
    expect([health.isWorthAsking(59_999), health.isWorthAsking(60_000)]).toEqual([false, true]);
    health.asks();
    health.answered();
    expect(health.isWorthAsking(60_000)).toBe(true);
  });

  it('has as many copies as it may have', () => {
    const health = new TargetHealth({ maxCalls: 0, maxCopies: 1 });
    const first = health.takeCopy();
    expect(health.takeCopy()).toBeNull();
    first?.release();
    first?.release();
    expect(health.takeCopy()).not.toBeNull();
    expect(health.takeCopy()).toBeNull();
  });

  it('lets calls wait in their order, and leave', () => {
    const health = new TargetHealth({ maxCalls: 1, maxCopies: 0 });
    const given: string[] = [];
    const places: { release(): void }[] = [];
    const take = (name: string): (() => void) =>
      health.take((place) => {
        given.push(name);
        places.push(place);
      });
    for (const name of ['a', 'b']) take(name);
    const leave = take('c');
    take('d');
    leave();
    expect(given).toEqual(['a']);
    places[0]?.release();
    places[0]?.release();
    expect(given).toEqual(['a', 'b']);
    places[1]?.release();
    expect(given).toEqual(['a', 'b', 'd']);
  });

  it('has no limit of calls unless told', () => {
    let given = 0;
    const health = new TargetHealth({ maxCalls: 0, maxCopies: 0 });
    for (let call = 0; call < 1000; call += 1) health.take(() => (given += 1));
    expect(given).toBe(1000);
  });
});
