import { describe, expect, it, vi } from 'vitest';
import { Live } from '../../../src/admin/live.ts';
import { aRecord, aRunningCall } from '../../support/captures.ts';

/** What a reader that comes with this id is told, in short. */
function told(live: Live, lastId: number | null): { events: string[]; leave: () => void } {
  const events: string[] = [];
  const leave = live.subscribe(lastId, (event) =>
    events.push('id' in event ? `call ${event.id}` : event.event === 'gap' ? 'gap' : `${event.event} ${event.data.id}`),
  );
  return { events, leave };
}

describe('admin/live', () => {
  it('asks for calls while somebody reads, and a minute longer', () => {
    vi.useFakeTimers();
    try {
      const watched: boolean[] = [];
      const live = new Live((on) => watched.push(on));
      const leave = live.subscribe(null, () => {});
      leave();
      vi.advanceTimersByTime(59_000);
      live.subscribe(null, () => {})();
      expect(watched).toEqual([true]);
      vi.advanceTimersByTime(60_000);
      expect(watched).toEqual([true, false]);
      expect(live.read).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('goes on behind the last id that its reader saw', () => {
    const live = new Live(() => {});
    for (let count = 0; count < 3; count += 1) live.push(aRecord());
    expect(told(live, 1).events).toEqual(['call 2', 'call 3']);
    expect(told(live, 3).events).toEqual([]);
    expect(told(live, null).events).toEqual([]);
  });

  // Beside what it has, it says now that this is not all.
  it('sends all it has to a reader whose id is of an earlier life, and says that there was more', () => {
    const live = new Live(() => {}, 1000);
    live.push(aRecord());
    for (const id of [300, 1000, 5000]) expect(told(live, id).events).toEqual(['gap', 'call 1001']);
  });

  it('says that there was more to a reader that was away for too long', () => {
    const live = new Live(() => {});
    told(live, null);
    for (let count = 0; count < 700; count += 1) live.push(aRecord());
    const { events } = told(live, 1);
    expect([events[0], events.at(-1)]).toEqual(['gap', 'call 700']);
    expect(events.length).toBeLessThanOrEqual(501);
    expect(told(live, 600).events[0]).toBe('call 601');
  });

  it('says so too when nobody read for a minute', () => {
    vi.useFakeTimers();
    try {
      const live = new Live(() => {});
      const { leave } = told(live, null);
      live.push(aRecord());
      leave();
      vi.advanceTimersByTime(60_000);
      expect(told(live, 1).events).toEqual(['gap']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('tells who comes later of the calls that run, and nobody of those that ended', () => {
    const live = new Live(() => {});
    const { events } = told(live, null);
    const [one, two, three] = ['call_1', 'call_2', 'call_3'].map((id) => aRunningCall({ id }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('three calls');
    live.follow({ started: [one, two, three], progress: [{ ...one, bytes: 9 }], gone: [] });
    live.push(aRecord({ id: 'call_2' }));
    live.follow({ started: [], progress: [], gone: ['call_2', 'call_3'] });
    expect(events).toEqual([
      'started call_1',
      'started call_2',
      'started call_3',
      'progress call_1',
      'call 1',
      'gone call_2',
      'gone call_3',
    ]);
    expect(told(live, null).events).toEqual(['started call_1']);
    live.forgetRunning();
    expect(events.at(-1)).toBe('gone call_1');
    expect(told(live, null).events).toEqual([]);
  });
});
