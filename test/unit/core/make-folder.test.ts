import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../src/core/make-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-folder-'));
const mode = (path: string): number => statSync(path).mode & 0o777;

describe('core/make-folder', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a folder and all above it, with the mode, and leaves one that is there', () => {
    const path = join(folder, 'a', 'b', 'c');
    makeFolder(path, 0o700);
    expect([mode(join(folder, 'a')), mode(path)]).toEqual([0o700, 0o700]);
    makeFolder(join(folder, 'a'), 0o755);
    expect(mode(join(folder, 'a'))).toBe(0o700);
  });

  it('fails where a file or a link to nothing is in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync(join(folder, 'nowhere', 'x'), join(folder, 'link'));
    for (const name of ['file', 'file/x', 'link', 'link/x']) {
      expect(() => makeFolder(join(folder, name), 0o700), name).toThrow(/EEXIST|ENOTDIR|ENOENT/);
    }
  });

  it.runIf(process.platform === 'linux')('ends where nothing can be made although the parent is there', () => {
    expect(() => makeFolder('/proc/llm-proxy/a/b', 0o700)).toThrow(/ENOENT/);
  });
});
