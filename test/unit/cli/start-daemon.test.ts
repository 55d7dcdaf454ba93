import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceStart, startDaemon } from '../../../src/cli/start-daemon.ts';
import { type FakeDaemon, startFakeDaemon } from './fake-daemon.ts';

let fake: FakeDaemon;
beforeEach(async () => {
  fake = await startFakeDaemon();
});
afterEach(() => fake.close());

describe('cli/start-daemon', () => {
  it('waits for a daemon that somebody starts at the same moment: a second one would have other settings', async () => {
    const { daemon } = fake;
    const isThere = announceStart(daemon.home);
    let asked = 0;
    const find = () => {
      asked += 1;
      return asked < 3 ? null : daemon;
    };
    expect(await startDaemon({ home: daemon.home, env: {}, args: [], find })).toEqual({ daemon, isOurs: false });
    isThere();
    expect(existsSync(join(daemon.home, 'run', 'starting'))).toBe(false);
  });

  it('leaves the mark of another start alone, and takes over that of one that was killed', () => {
    const { home } = fake.daemon;
    const file = join(home, 'run', 'starting');
    const isThere = announceStart(home);
    announceStart(home)();
    expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
    isThere();
    // No process has this number.
    writeFileSync(file, '4194305');
    announceStart(home);
    expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  });
});
