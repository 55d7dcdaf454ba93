import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputFile } from '../../../src/cli/output-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-out-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('cli/output-file', () => {
  it('shows a file under its name when it is whole, and to nobody else', async () => {
    const path = join(folder, 'calls.jsonl');
    writeFileSync(path, 'before');
    const file = await OutputFile.open(path, false);
    await file.write('one\n');
    await file.write(Buffer.alloc(200_000, 'x'));
    expect(readFileSync(path, 'utf8')).toBe('before');
    await file.finish();
    expect(readFileSync(path, 'utf8')).toBe(`one\n${'x'.repeat(200_000)}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['calls.jsonl']);
    expect(file.bytes).toBe(200_004);
    expect(file.size).toBe(statSync(path).size);
  });

  it('compresses', async () => {
    const path = join(folder, 'calls.gz');
    const file = await OutputFile.open(path, true);
    for (let index = 0; index < 50; index += 1) await file.write('abc'.repeat(10_000));
    await file.finish();
    expect(gunzipSync(readFileSync(path)).toString()).toBe('abc'.repeat(500_000));
    expect(file.size).toBe(statSync(path).size);
  });

  it.each([false, true])('leaves nothing of what is given up (compressed: %s)', async (gzip) => {
    const path = join(folder, 'calls');
    const file = await OutputFile.open(path, gzip);
    await file.write('x'.repeat(100_000));
    file.abandon();
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes into a pipe, and through a link, and takes neither away', async () => {
    const [pipe, real, link] = ['pipe', 'real', 'link'].map((name) => join(folder, name)) as [string, string, string];
    execFileSync('mkfifo', [pipe]);
    writeFileSync(real, 'before');
    symlinkSync(real, link);
    const reader = createReadStream(pipe);
    for (const path of [pipe, link]) {
      const file = await OutputFile.open(path, false);
      await file.write('said');
      await file.finish();
    }
    expect(await text(reader)).toBe('said');
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toBe('said');
    expect(readdirSync(folder).toSorted()).toEqual(['link', 'pipe', 'real']);
  });

  it('says at once where it cannot write', async () => {
    await expect(OutputFile.open(folder, false)).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(OutputFile.open(join(folder, 'none', 'x'), false)).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it.skipIf(!existsSync('/dev/full')).each([false, true])(
    'fails where the disk is full (compressed: %s)',
    async (gzip) => {
      symlinkSync('/dev/full', join(folder, 'calls.part'));
      const file = await OutputFile.open(join(folder, 'calls'), gzip);
      const write = async (): Promise<void> => {
        for (let index = 0; index < 100; index += 1)
          await file.write(Buffer.from(String(Math.sin(index)).repeat(10_000)));
        await file.finish();
      };
      await expect(write()).rejects.toThrow(/cannot write .*ENOSPC/);
      file.abandon();
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
