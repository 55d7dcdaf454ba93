import { describe, expect, it } from 'vitest';
import { AgeClock } from '../../../src/core/age-clock.ts';
import { silentLogger } from '../../../src/core/log.ts';
import { confirmDate } from '../../../src/recorder/confirm-date.ts';
import type { FinishedExchange } from '../../../src/recorder/live-exchange.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const NOW = 'Sat, 21 Nov 2026 12:00:03 GMT';

/** Whether the answer makes the date sure. */
function isSureAfter(connection: object, headers: readonly (readonly [string, string])[]): boolean {
  const clock = { now: () => 0, wall: () => NOON };
  const age = new AgeClock({ clock, log: silentLogger, isSure: false });
  const provided = { scheme: 'https', host: 'api.openai.com', provider: 'openai', ...connection };
  confirmDate(age, {
    facts: { connection: provided },
    metered: { responseHeaders: headers },
  } as unknown as FinishedExchange);
  return age.isSure;
}

describe('recorder/confirm-date', () => {
  it('believes the answer of a provider', () => {
    expect(isSureAfter({}, [['Date', NOW]])).toBe(true);
  });

  it.each([
    ['no date', {}, []],
    ['a date that is none', {}, [['date', 'yesterday']]],
    ['another day', {}, [['date', 'Sat, 31 Oct 2026 12:00:00 GMT']]],
    ['a server without TLS', { scheme: 'http' }, [['date', NOW]]],
    ['a host that is no provider', { provider: null }, [['date', NOW]]],
    ['an address', { host: '192.168.1.4' }, [['date', NOW]]],
    ['a name of this machine', { host: 'localhost' }, [['date', NOW]]],
  ] as const)('does not believe %s', (_, connection, headers) => {
    expect(isSureAfter(connection, headers)).toBe(false);
  });
});
