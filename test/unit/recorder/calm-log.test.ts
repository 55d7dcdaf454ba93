import { expect, describe, it, vi } from 'vitest';
import { silentLogger } from '../../../src/core/log.ts';
import { CalmLog } from '../../../src/recorder/calm-log.ts';

describe('recorder/calm-log', () => {
  it('says each thing once a minute and how often it was silent', () => {
    const warn = vi.fn<(fields: object, message: string) => void>();
    let now = 0;
    const log = new CalmLog({ ...silentLogger, warn }, { now: () => now, wall: () => 0 });
    for (let time = 0; time < 3; time += 1) log.warn({ time }, 'a sink failed', 'console');
    log.warn({}, 'a sink failed', 'sqlite');
    now = 60_000;
    log.warn({ time: 3 }, 'a sink failed', 'console');
    expect(warn.mock.calls).toEqual([
      [{ time: 0 }, 'a sink failed'],
      [{}, 'a sink failed'],
      [{ time: 3, silenced: 2 }, 'a sink failed'],
    ]);
  });
});
