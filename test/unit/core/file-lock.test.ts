import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../src/core/file-lock.ts';
import { temporaryFolder } from '../../support/ca-home.ts';

/** No process has this number. */
const DEAD = `4194305 ${hostname()}`;
const ALIVE = `${process.pid} ${hostname()} another`;
const code = 'config_invalid';

describe('core/file-lock', () => {
  it('lets one at a time do its work, also after one that failed', async () => {
    const path = join(temporaryFolder(), 'lock');
    const held = await withLock(path, () => readFileSync(path, 'utf8'), { code });
    expect(held).toMatch(new RegExp(`^${process.pid} `));
    await expect(withLock(path, () => Promise.reject(new Error('no')), { code })).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, ALIVE);
    const waiting = withLock(path, () => 'done', { code });
    rmSync(path);
    expect(await waiting).toBe('done');
  });

  it('leaves the lock that another made in the place of a stale one', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, DEAD);
    writeFileSync(`${path}.break`, ALIVE);
    // It has found the lock stale by now; the other one, who had as well, breaks it and takes it.
    const waiting = withLock(path, () => 'done', { code, patienceMs: 60 });
    writeFileSync(path, ALIVE);
    rmSync(`${path}.break`);
    await expect(waiting).rejects.toMatchObject({ code, message: expect.stringContaining('another process holds') });
    expect(readFileSync(path, 'utf8')).toBe(ALIVE);
  });

  it('takes over from who died, and leaves nothing behind', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, DEAD);
    expect(await withLock(path, () => 'done', { code })).toBe('done');
    expect([existsSync(path), existsSync(`${path}.break`)]).toEqual([false, false]);
  });

  it('does not take away the lock of who took it for dead', async () => {
    const path = join(temporaryFolder(), 'lock');
    await withLock(path, () => writeFileSync(path, ALIVE), { code });
    expect(readFileSync(path, 'utf8')).toBe(ALIVE);
  });
});
