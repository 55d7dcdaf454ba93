import fs, {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgeClock } from '../../../src/core/age-clock.ts';
import type { Sink } from '../../../src/core/sink.ts';
import type { LogFileSystem } from '../../../src/sinks/log-file.ts';
import { createLogFilesSink, type LogFilesOptions } from '../../../src/sinks/log-files.ts';
import { LogLocations } from '../../../src/sinks/log-locations.ts';
import { aCapture } from '../../support/captures.ts';
import { NOON, useSinkHouse } from '../../support/sink-house.ts';

const SECOND = 1000;
const DAY = 86_400_000;
const house = useSinkHouse();

const logSink = (options: Partial<LogFilesOptions> = {}, locations: LogLocations | null = null): Promise<Sink> =>
  house.opened(createLogFilesSink({ folder: house.logs, ...options }, locations, house.deps()));
const files = (): string[] => readdirSync(house.logs).sort();
const read = (name: string | undefined): string => readFileSync(join(house.logs, name ?? ''), 'utf8');
const ids = (text: string): string[] => [...text.matchAll(/^=== \S+ \S+ {2}(\S+)/gm)].map((match) => match[1] ?? '');
const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

const openFullDevice = (): number => fs.openSync('/dev/full', 'w');
const readOnly = (): number => {
  throw errno('EROFS');
};

/** The real file system until `failing` is set: then `room` bytes fit, and the rest is refused. */
function limitedFileSystem(): LogFileSystem & { failing: Error | null; room: number } {
  const limited = {
    ...fs,
    failing: null as Error | null,
    room: 0,
    writev(fd: number, pieces: readonly Uint8Array[], done: (error: Error | null, written: number) => void) {
      if (limited.failing === null) fs.writev(fd, pieces, done);
      else if (limited.room === 0) done(limited.failing, 0);
      else {
        fs.write(fd, Buffer.concat(pieces).subarray(0, limited.room), (error, written) => {
          limited.room -= written;
          done(error, written);
        });
      }
    },
  };
  return limited;
}

/** A log file of an earlier life: 1,000 bytes, last changed so many days ago. */
function putOld(name: string, days: number): void {
  const changed = new Date(NOON - days * DAY);
  writeFileSync(join(house.logs, name), `${'x'.repeat(999)}\n`);
  utimesSync(join(house.logs, name), changed, changed);
}

describe('sinks/log-files', () => {
  it('writes one file per provider, named by the local time of its opening, 0600', async () => {
    const sink = await logSink();
    sink.write(aCapture());
    sink.write(aCapture({ provider: 'openai' }));
    sink.write(aCapture({ provider: '../../etc/Evil' }));
    await sink.flush();
    const stamp = '2026-11-21_12-00-00.log';
    expect(files()).toEqual([`anthropic-${stamp}`, `etc-evil-${stamp}`, `openai-${stamp}`]);
    expect(statSync(join(house.logs, files()[0] ?? '')).mode & 0o777).toBe(0o600);
    expect(statSync(house.logs).mode & 0o777).toBe(0o700);
  });

  it('has a section whole before the disk is given it, also the one that fills a batch', async () => {
    const fileSystem = limitedFileSystem();
    fileSystem.writev = (fd, pieces, done) => {
      const written = fs.writevSync(fd, [...pieces]);
      setImmediate(() => done(null, written));
    };
    const sink = await logSink({ fileSystem });
    const sent = Array.from({ length: 100 }, (_, index) => `call_${index}`);
    for (const id of sent) sink.write(aCapture({ id }));
    await sink.flush();
    expect(ids(read(files()[0]))).toEqual(sent);
  });

  it('never writes into a file or a link that is there already', async () => {
    mkdirSync(house.logs);
    writeFileSync(join(house.logs, 'anthropic-2026-11-21_12-00-00.log'), 'mine\n');
    symlinkSync(join(house.folder, 'target'), join(house.logs, 'anthropic-2026-11-21_12-00-00-2.log'));
    const sink = await logSink();
    sink.write(aCapture());
    await sink.flush();
    expect(ids(read('anthropic-2026-11-21_12-00-00-3.log'))).toEqual(['call_0001']);
    expect(read('anthropic-2026-11-21_12-00-00.log')).toBe('mine\n');
    expect(readdirSync(house.folder)).toEqual(['logs']);
  });

  it('tells where each call stands, in bytes', async () => {
    const locations = new LogLocations();
    const sink = await logSink({}, locations);
    for (const id of ['a', 'b', 'é', 'd']) sink.write(aCapture({ id, agent: 'ünïcode' }));
    await sink.flush();
    for (const id of ['d', 'a', 'é']) {
      const { file, offset, length } = locations.take(id)!;
      const section = readFileSync(file)
        .subarray(offset, offset + length)
        .toString();
      expect(ids(section)).toEqual([id]);
      expect(section.endsWith('\n\n')).toBe(true);
    }
    expect(locations.take('a')).toBeNull();
  });

  it('begins a new file at its size, and at local midnight', async () => {
    const sink = await logSink({ maxFileBytes: 1000 });
    for (const id of ['a', 'b', 'c', 'd']) sink.write(aCapture({ id }));
    house.now = new Date(2026, 10, 22, 0, 0, 1).getTime();
    sink.write(aCapture({ id: 'e' }));
    await sink.flush();
    expect(Object.fromEntries(files().map((name) => [name, ids(read(name))]))).toEqual({
      'anthropic-2026-11-21_12-00-00.log': ['a', 'b'],
      'anthropic-2026-11-21_12-00-00-2.log': ['c', 'd'],
      'anthropic-2026-11-22_00-00-01.log': ['e'],
    });
  });

  it.each<[string, (path: string) => void]>([
    ['deleted', (path) => rmSync(path)],
    ['moved', (path) => renameSync(path, `${path}.1`)],
    ['cut', (path) => truncateSync(path)],
    ['deleted with its folder', () => rmSync(house.logs, { recursive: true })],
  ])('goes on in a new file when the old one was %s', async (_name, harm) => {
    const sink = await logSink();
    sink.write(aCapture({ id: 'a' }));
    await sink.flush();
    harm(join(house.logs, files()[0] ?? ''));
    house.now += 2 * SECOND;
    sink.write(aCapture({ id: 'b' }));
    await sink.flush();
    expect(ids(read(files().findLast((name) => name.endsWith('.log'))))).toEqual(['b']);
    expect(house.dropped('log_files')).toBe(0);
  });

  it('counts what a full disk takes, leaves no half section, warns once, and recovers', async () => {
    const disk = limitedFileSystem();
    const locations = new LogLocations();
    const sink = await logSink({ fileSystem: disk }, locations);
    sink.write(aCapture({ id: 'a' }));
    await sink.flush();
    disk.failing = errno('ENOSPC');
    disk.room = 100;
    for (let index = 0; index < 5; index += 1) {
      sink.write(aCapture({ id: `lost_${index}` }));
      await sink.flush();
      house.now += 2 * SECOND;
    }
    expect(house.counters.get('dropped', 'reason="disk_full",sink="log_files"')).toBe(5);
    expect(house.warnings).toEqual([
      { sink: 'log_files', reason: 'disk_full', dropped: 1, error: 'ENOSPC', hint: expect.stringContaining('prune') },
    ]);
    disk.failing = null;
    sink.write(aCapture({ id: 'b' }));
    await sink.flush();
    const text = read(files()[0]);
    expect(ids(text)).toEqual(['a', 'b']);
    expect(text).not.toContain('lost');
    const { offset, length } = locations.take('b')!;
    expect(ids(text.slice(offset, offset + length))).toEqual(['b']);
  });

  it('writes all that waits in one call, and goes on where a short write stopped', async () => {
    const calls: number[] = [];
    const disk: LogFileSystem = {
      ...fs,
      writev(fd, pieces, done) {
        calls.push(pieces.length);
        fs.write(fd, Buffer.concat(pieces).subarray(0, 150_000), done);
      },
    };
    const sink = await logSink({ fileSystem: disk });
    const pages = ['a', 'b', 'c'].map((id) => aCapture({ id, path: `/${id.repeat(100_000)}` }));
    for (const capture of pages) sink.write(capture);
    await sink.flush();
    expect(calls[0]).toBe(3);
    expect(calls.at(-1)).toBe(1);
    expect(ids(read(files()[0]))).toEqual(['a', 'b', 'c']);
    expect(house.dropped('log_files')).toBe(0);
  });

  it('drops what was queued behind a failed write, so that no place in the file is wrong', async () => {
    const disk = limitedFileSystem();
    const locations = new LogLocations();
    const sink = await logSink({ fileSystem: disk }, locations);
    disk.failing = errno('ENOSPC');
    sink.write(aCapture({ id: 'first' }));
    const flushed = sink.flush();
    sink.write(aCapture({ id: 'behind' }));
    await flushed;
    disk.failing = null;
    await sink.flush();
    house.now += 2 * SECOND;
    sink.write(aCapture({ id: 'after' }));
    await sink.flush();
    expect(ids(read(files()[0]))).toEqual(['after']);
    expect(locations.take('after')?.offset).toBe(0);
    expect(house.dropped('log_files')).toBe(2);
  });

  it('counts every call while no file can be opened', async () => {
    const sink = await logSink({ fileSystem: { ...limitedFileSystem(), openSync: readOnly } });
    for (let index = 0; index < 3; index += 1) sink.write(aCapture());
    await sink.flush();
    expect(house.counters.get('dropped', 'reason="read_only",sink="log_files"')).toBe(3);
  });

  it.runIf(fs.existsSync('/dev/full'))('meets a device that is full like any other loss', async () => {
    const sink = await logSink({ fileSystem: { ...limitedFileSystem(), openSync: openFullDevice } });
    sink.write(aCapture());
    await sink.flush();
    expect(house.counters.get('dropped', 'reason="disk_full",sink="log_files"')).toBe(1);
  });

  it('deletes the oldest closed files above the cap and beyond the age, and nothing that is not its own', async () => {
    mkdirSync(house.logs);
    putOld('openai-2026-10-01_00-00-00.log', 51);
    putOld('openai-2026-11-18_00-00-00.log', 3);
    putOld('openai-2026-11-19_00-00-00.log', 2);
    putOld('openai-2026-11-20_00-00-00-2.log', 1);
    putOld('my-notes.log', 400);
    await logSink({ maxTotalBytes: 2000 });
    expect(files()).toEqual(['my-notes.log', 'openai-2026-11-19_00-00-00.log', 'openai-2026-11-20_00-00-00-2.log']);
  });

  it('deletes nothing for its age or the room it takes where that limit is 0', async () => {
    mkdirSync(house.logs);
    putOld('openai-2020-10-01_00-00-00.log', 2000);
    putOld('openai-2026-11-20_00-00-00.log', 1);
    await logSink({ maxTotalBytes: 0, maxDays: 0 });
    expect(files()).toHaveLength(2);
    await house.closeAll();
    await logSink({ maxTotalBytes: 0, maxDays: 30 });
    expect(files()).toEqual(['openai-2026-11-20_00-00-00.log']);
  });

  it('deletes by size alone until the date is sure, and by age as soon as it is', async () => {
    mkdirSync(house.logs);
    putOld('openai-2020-10-01_00-00-00.log', 2000);
    putOld('openai-2025-10-01_00-00-00.log', 400);
    const { clock, log } = house.deps();
    const age = new AgeClock({ clock, log, isSure: false });
    const sink = createLogFilesSink({ folder: house.logs, maxDays: 30, maxTotalBytes: 1500 }, null, {
      ...house.deps(),
      age,
    });
    await house.opened(sink);
    expect(files()).toEqual(['openai-2025-10-01_00-00-00.log']);
    age.witness(NOON);
    expect(files()).toEqual([]);
  });

  it('closes the torn tail that a kill left', async () => {
    mkdirSync(house.logs);
    const torn = join(house.logs, 'openai-2026-11-20_00-00-00.log');
    writeFileSync(torn, '=== 2026');
    utimesSync(torn, new Date(NOON), new Date(NOON));
    await logSink();
    expect(readFileSync(torn, 'utf8')).toBe('=== 2026\n[cut: llm-proxy ended while this was written]\n\n');
  });
});
