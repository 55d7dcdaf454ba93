import { describe, expect, it } from 'vitest';
import { bucketsOf, periodBefore, stepOf, timeOfKey } from '../../../dashboard/src/overview/buckets.ts';

const NOW = Date.parse('2026-11-21T13:30:00.000Z');
const last = (since: string) => ({ since, until: null, label: '' });

describe('dashboard/overview/buckets', () => {
  it.each([
    ['15m', 'minute'],
    ['1h', 'minute'],
    ['24h', 'hour'],
    ['7d', 'hour'],
    ['30d', 'day'],
  ])('cuts %s by the %s', (since, step) => {
    expect(stepOf(last(since), NOW)).toBe(step);
  });

  it('makes a bucket of each step, also of those without calls', () => {
    const times = bucketsOf(last('15m'), 'minute', NOW, null);
    expect(times).toHaveLength(15);
    expect(times[0]).toBe(Date.parse('2026-11-21T13:15:00Z'));
    expect(bucketsOf({ since: null, until: null, label: '' }, 'day', NOW, null).length).toBeLessThan(2);
  });

  it('begins where the calls begin when the period does not say', () => {
    const first = Date.parse('2026-11-20T10:00:00Z');
    expect(bucketsOf({ since: null, until: null, label: '' }, 'hour', NOW, first)).toHaveLength(28);
  });

  it('goes over days as the calendar does, whatever the clock is set to in between', () => {
    const since = new Date(2026, 2, 1).toISOString();
    const until = new Date(2026, 3, 10).toISOString();
    const days = bucketsOf({ since, until, label: '' }, 'day', NOW, null);
    expect(days).toHaveLength(40);
    expect(days.every((time) => new Date(time).getHours() === 0)).toBe(true);
  });

  it('finds each day also where one begins at one o’clock', () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'America/Santiago';
    try {
      // The clocks go forward at midnight before 6 September.
      const days = bucketsOf(
        { since: '2026-09-04T12:00:00Z', until: null, label: '' },
        'day',
        Date.parse('2026-09-09T12:00:00Z'),
        null,
      );
      expect(days).toEqual(['04', '05', '06', '07', '08', '09'].map((day) => timeOfKey(`2026-09-${day}`)));
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('begins with the first call where the period begins decades before it', () => {
    const days = bucketsOf({ since: '1970-01-01T00:00:00Z', until: null, label: '' }, 'day', NOW, NOW - 86_400_000);
    expect(days).toHaveLength(2);
  });

  it('knows the keys of the API', () => {
    expect(timeOfKey('2026-11-21T13:00:00Z')).toBe(Date.parse('2026-11-21T13:00:00Z'));
    expect(timeOfKey('2026-11-21')).toBe(new Date(2026, 10, 21).getTime());
    expect(timeOfKey(null)).toBeNaN();
  });

  it('finds the period of the same length right before', () => {
    expect(periodBefore(last('1h'), NOW)).toEqual({
      since: '2026-11-21T11:30:00.000Z',
      until: '2026-11-21T12:30:00.000Z',
    });
    expect(periodBefore({ since: null, until: null, label: '' }, NOW)).toBeNull();
  });
});
