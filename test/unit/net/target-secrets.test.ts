import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TargetSecrets } from '../../../src/net/target-secrets.ts';

describe('net/target-secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-secrets-'));
  const file = join(folder, 'key');
  let now = 0;
  const secrets = (env: Record<string, string> = {}): TargetSecrets =>
    new TargetSecrets({ env, clock: { now: () => now, wall: () => 0 } });

  afterEach(() => rmSync(file, { force: true }));

  it('reads variables and files, without the line end of an editor', () => {
    writeFileSync(file, ' from-file\n');
    expect(secrets({ KEY: 'from-variable' }).get('env:KEY')).toBe('from-variable');
    expect(secrets().get(`file:${file}`)).toBe('from-file');
  });

  it('notices a file that was changed, some seconds later', () => {
    writeFileSync(file, 'one');
    const read = secrets();
    now = 0;
    expect(read.get(`file:${file}`)).toBe('one');
    writeFileSync(file, 'two');
    now = 9_999;
    expect(read.get(`file:${file}`)).toBe('one');
    now = 10_000;
    expect(read.get(`file:${file}`)).toBe('two');
  });

  it.each([
    ['env:NOT_SET', /NOT_SET, which is not set/],
    ['env:BLANK', /BLANK, which is not set/],
    ['env:LINES', /must be one line of ASCII/],
    ['file:/nowhere', /\/nowhere, which cannot be read \(ENOENT\)/],
  ])('says where %s should be, and nothing of what is there', (auth, message) => {
    const read = secrets({ BLANK: ' ', LINES: 'secret\r\nX-Injected: 1' });
    expect(() => read.get(auth)).toThrow(message);
    expect(() => read.get(auth)).not.toThrow(/secret|Injected/);
  });
});
