import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HomeFiles } from '../../../src/cli/home-files.ts';
import { silentLogger } from '../../../src/core/log.ts';

const fault = (code: string): Error => Object.assign(new Error(`${code}: said the disk`), { code });
const failing = (code: string) => (): void => {
  throw fault(code);
};
let folder: string;
let warnings: [object, string][];
let files: HomeFiles;

beforeEach(() => {
  vi.useFakeTimers();
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-home-files-'));
  warnings = [];
  files = new HomeFiles({ ...silentLogger, warn: (...said) => void warnings.push(said) });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

describe('cli/home-files', () => {
  it('writes at once, and says nothing', () => {
    const done: string[] = [];
    expect(files.adminToken(folder)).toBe(readFileSync(join(folder, 'run', 'admin-token'), 'utf8').trim());
    files.write(() => void done.push('written'));
    files.remove(() => void done.push('removed'));
    expect(done).toEqual(['written', 'removed']);
    expect([warnings, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it.each(['ENOSPC', 'EROFS', 'EDQUOT', 'EIO'])(
    'says %s once, tries again and again, and ends when it is done',
    (code) => {
      let isBroken = true;
      const done: string[] = [];
      for (const name of ['a', 'b'])
        files.write(() => {
          if (isBroken) throw fault(code);
          done.push(name);
        });
      expect(warnings).toEqual([
        [{ error: `${code}: said the disk`, hint: expect.any(String) }, expect.stringContaining('cannot be written')],
      ]);
      vi.advanceTimersByTime(20_000);
      expect(done).toEqual([]);
      isBroken = false;
      vi.advanceTimersByTime(5000);
      expect(done).toEqual(['a', 'b']);
      expect([warnings.length, vi.getTimerCount()]).toEqual([1, 0]);
    },
  );

  it('fails for what is no fault of the disk', () => {
    expect(() => files.write(failing('EACCES'))).toThrow('EACCES');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends without a complaint on a disk that takes no files', () => {
    files.write(failing('EROFS'));
    files.remove(failing('EROFS'));
    expect(vi.getTimerCount()).toBe(0);
    expect(existsSync(join(folder, 'run'))).toBe(false);
  });
});
