/** A real daemon under load, on a disk that breaks, hangs, fills up or is taken away. Nothing here is injected. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Disk, whyNoDisk } from '../support/broken-disk.ts';
import { CLI } from '../support/daemon.ts';
import { SteadyLoad, type SteadyLoadOptions } from '../support/steady-load.ts';

const CLIENTS = 12;
const NOBODY = 65_534;
const skipped = whyNoDisk();
if (skipped !== null) process.stderr.write(`soak disk: SKIPPED, ${skipped}\n`);

let folder: string;
let disk: Disk | null = null;
let load: SteadyLoad | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-soak-'));
});

afterEach(async () => {
  disk?.thaw();
  await load?.close();
  disk?.unmount();
  [disk, load] = [null, null];
  rmSync(folder, { recursive: true, force: true });
});

const home = (...parts: string[]): string => join(disk?.path ?? folder, 'home', ...parts);

async function openLoad(over: Partial<SteadyLoadOptions> = {}): Promise<SteadyLoad> {
  load = await SteadyLoad.open({ folder, home: home(), clients: CLIENTS, ...over });
  await load.start();
  load.go();
  await load.during(2000);
  return load;
}

/** No client noticed, and all that was called is counted. Nobody calls while this is asked. */
async function expectNoneHurt(running: SteadyLoad, counted = running.made): Promise<void> {
  expect(running.failures).toEqual([]);
  await expect.poll(async () => (await running.json('/api/stats'))['total_requests']).toBe(counted);
}

/** What the daemon says is what happened: each of its calls is on record, or among the losses. */
async function expectTrueBooks(running: SteadyLoad): Promise<void> {
  const known = async (): Promise<number> => {
    const { 'sqlite disk_full': full = 0, 'sqlite read_only': readOnly = 0 } = await running.dropped();
    return rows() + full + readOnly;
  };
  await expect.poll(known).toBe(running.made);
}

const COUNT = `const { openDatabase } = await import(process.argv[1]);
const database = openDatabase(process.argv[2], { readOnly: true });
const one = (sql) => Object.values(database.prepare(sql).get())[0];
console.log(one('PRAGMA integrity_check'), one('SELECT count(*) FROM llm_calls'));`;

/** Calls on record, in a database that is whole. By another process: this one would keep the disk busy. */
function rows(): number {
  const driver = join(CLI, '..', 'store', 'driver.js');
  const args = ['--input-type=module', '-e', COUNT, driver, home('data', 'llm-proxy.db')];
  const [integrity, count] = execFileSync(process.execPath, args).toString().trim().split(' ');
  expect(integrity).toBe('ok');
  return Number(count);
}

const status = async (running: SteadyLoad): Promise<unknown> => (await running.json('/health'))['status'];

/** All but the lines of calls. */
const told = (running: SteadyLoad): string[] =>
  running.daemon
    .output()
    .split('\n')
    .filter((line) => line !== '' && !line.includes('"msg":"call"'));
const toldOf = (running: SteadyLoad, sink: string, reason: string): string[] =>
  told(running).filter((line) => line.includes(`"sink":"${sink}"`) && line.includes(`"reason":"${reason}"`));

function report(what: string, running: SteadyLoad, longestWait: number, dropped: Record<string, number>): void {
  const lost = Object.entries(dropped).map(([reason, count]) => `${reason} ${count}`);
  process.stdout.write(
    `${what}: ${running.made} calls, ${running.failures.length} failed, longest wait ${longestWait.toFixed(0)} ms, lost: ${lost.join(', ') || 'nothing'}\n`,
  );
}

describe.skipIf(skipped !== null)('a daemon on a real file system', () => {
  it('serves on when the kernel makes it read-only, says what to do, stops well, and goes on after fsck', async () => {
    disk = Disk.ext4(folder, 64);
    const running = await openLoad();
    // What the kernel has not written yet, which is up to 5 s of it, goes with the error, as in a power cut.
    disk.sync();
    disk.breakNow();
    const wait = await running.during(5000);
    expect(await status(running)).toBe('degraded');
    await running.pause();
    await expectNoneHurt(running);
    const dropped = await running.dropped();
    report('read-only', running, wait, dropped);
    for (const sink of ['sqlite', 'log_files']) {
      expect(dropped[`${sink} read_only`]).toBeGreaterThan(0);
      expect(toldOf(running, sink, 'read_only')).toEqual([expect.stringContaining('fsck')]);
    }
    expect((await running.daemon.get('/api/calls?limit=5')).status).toBe(200);
    await expectTrueBooks(running);
    expect(await running.daemon.stop()).toBe(0);
    disk.unmount();
    disk.repair();
    disk.mount();
    const kept = rows();
    const made = running.made;
    await running.start();
    running.go();
    await running.during(2000);
    await running.pause();
    expect(running.failures).toEqual([]);
    expect(await status(running)).toBe('ok');
    await expect.poll(rows).toBeGreaterThanOrEqual(kept + running.made - made);
    expect(await running.daemon.stop()).toBe(0);
  });

  it('starts on one that is read-only, and records once it is not', async () => {
    disk = Disk.ext4(folder, 64);
    const running = await openLoad();
    await running.pause();
    expect(await running.daemon.stop()).toBe(0);
    const before = running.made;
    disk.unmount();
    disk.mount('ro');
    await running.start();
    running.go();
    const wait = await running.during(2000);
    await running.pause();
    await expectNoneHurt(running, running.made - before);
    expect(told(running).some((line) => line.includes('the home cannot be written'))).toBe(true);
    report('read-only at the start', running, wait, await running.dropped());
    disk.makeWritable();
    await expect.poll(() => status(running)).toBe('ok');
    await expect.poll(rows).toBe(running.made);
    // How commands find the daemon.
    await expect.poll(() => existsSync(home('run', 'daemon.json'))).toBe(true);
    expect(await running.daemon.stop()).toBe(0);
  });

  it.each(['default', 'strict'])('serves on while every write hangs for 5 s, durability %s', async (durability) => {
    disk = Disk.ext4(folder, 64);
    writeFileSync(join(folder, 'llm-proxy.toml'), `[store]\ndurability = "${durability}"\n`);
    const running = await openLoad({ args: ['--config', join(folder, 'llm-proxy.toml')] });
    disk.freeze();
    const wait = await running.during(5000);
    const made = running.calls.length;
    disk.thaw();
    await running.pause();
    expect(made).toBeGreaterThan(CLIENTS);
    await expectNoneHurt(running);
    report(`hanging, ${durability}`, running, wait, await running.dropped());
    // The recorder reads on where it stood.
    await expect.poll(rows).toBe(running.made);
    expect(await running.dropped()).toEqual({});
    expect(await running.daemon.stop()).toBe(0);
  });

  it('serves on when it is full, records again when there is room, and starts when there is none', async () => {
    disk = Disk.ext4(folder, 128);
    const running = await openLoad();
    const filler = await disk.fill();
    const wait = await running.during(4000);
    expect(await status(running)).toBe('degraded');
    unlinkSync(filler);
    // The retry of a sink, and calls for it.
    await running.during(3000);
    expect(await status(running)).toBe('ok');
    await running.pause();
    await expectNoneHurt(running);
    const dropped = await running.dropped();
    report('full', running, wait, dropped);
    for (const sink of ['sqlite', 'log_files']) {
      expect(dropped[`${sink} disk_full`]).toBeGreaterThan(0);
      expect(toldOf(running, sink, 'disk_full')).toEqual([expect.stringContaining('prune')]);
    }
    await expectTrueBooks(running);
    const again = await disk.fill();
    expect(await running.daemon.stop()).toBe(0);
    const before = running.made;
    await running.start();
    running.go();
    await running.during(2000);
    await running.pause();
    expect(running.failures).toEqual([]);
    expect(running.made).toBeGreaterThan(before);
    unlinkSync(again);
    running.go();
    await expect.poll(() => status(running)).toBe('ok');
    await running.pause();
    expect(running.failures).toEqual([]);
    expect(await running.daemon.stop()).toBe(0);
    rows();
  });

  it('serves on, and starts, when it has no more files to give', async () => {
    disk = Disk.ext4(folder, 64, ['-N', '256']);
    const running = await openLoad();
    const many = disk.useUpFiles();
    rmSync(home('logs'), { recursive: true });
    // The folder that is gone gave some back.
    disk.useUpFiles();
    const wait = await running.during(3000);
    await running.pause();
    await expectNoneHurt(running);
    report('without inodes', running, wait, await running.dropped());
    expect(await running.daemon.stop()).toBe(0);
    disk.useUpFiles();
    const before = running.made;
    await running.start();
    running.go();
    await running.during(2000);
    rmSync(many, { recursive: true });
    await running.during(3000);
    await running.pause();
    await expect.poll(() => status(running)).toBe('ok');
    expect(running.failures).toEqual([]);
    expect(running.made).toBeGreaterThan(before);
    expect(await running.daemon.stop()).toBe(0);
    rows();
  });

  it('serves on in 2 MB of memory', async () => {
    disk = Disk.memory(folder, '2m');
    const running = await openLoad();
    const wait = await running.during(6000);
    expect(await status(running)).toBe('degraded');
    disk.resize('128m');
    await running.during(3000);
    await running.pause();
    await expectNoneHurt(running);
    expect(await status(running)).toBe('ok');
    const dropped = await running.dropped();
    report('2 MB', running, wait, dropped);
    expect(dropped['sqlite disk_full']).toBeGreaterThan(0);
    await expectTrueBooks(running);
    expect(await running.daemon.stop()).toBe(0);
  });

  it('serves on when what it prints goes to the full disk as well', async () => {
    disk = Disk.ext4(folder, 64);
    const filling = disk;
    const out = join(filling.path, 'daemon.log');
    // The support reads what the daemon prints: that is passed on until the disk is full, and the line that it is ready is.
    const running = await openLoad({ shell: `exec > >(tee ${out}) 2>&1` });
    await filling.fill();
    const wait = await running.during(3000);
    await running.pause();
    await expectNoneHurt(running);
    report('printing to a full disk', running, wait, await running.dropped());
    expect(await running.daemon.stop()).toBe(0);
  });

  it('serves a user who loses the rights to the folders, and the folders', async () => {
    mkdirSync(home());
    chownSync(folder, NOBODY, NOBODY);
    chownSync(home(), NOBODY, NOBODY);
    const shell = `exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups "$0" "$@"`;
    const running = await openLoad({ shell });
    const waits: number[] = [];
    const phase = async (ms: number, isWell: boolean): Promise<void> => {
      waits.push(await running.during(ms));
      await expect.poll(() => status(running)).toBe(isWell ? 'ok' : 'degraded');
    };
    chmodSync(home('logs'), 0);
    for (const name of readdirSync(home('logs'))) rmSync(home('logs', name));
    await phase(2000, false);
    expect(toldOf(running, 'log_files', 'not_permitted')).toEqual([expect.stringContaining('chown')]);
    chmodSync(home('logs'), 0o700);
    await phase(2000, true);
    chownSync(home('logs'), 0, 0);
    for (const name of readdirSync(home('logs'))) rmSync(home('logs', name));
    await phase(2000, false);
    chownSync(home('logs'), NOBODY, NOBODY);
    await phase(2000, true);
    chmodSync(home('data'), 0);
    await phase(2000, false);
    expect(told(running).filter((line) => line.includes('wait in memory'))).toHaveLength(1);
    chmodSync(home('data'), 0o700);
    await phase(2000, true);
    await running.pause();
    await expectNoneHurt(running);
    // What could not be written waited.
    await expect.poll(rows).toBe(running.made);
    running.go();
    await running.during(500);
    rmSync(home(), { recursive: true, force: true, maxRetries: 10 });
    await phase(3000, true);
    await running.pause();
    expect(existsSync(home('data', 'llm-proxy.db'))).toBe(true);
    await expectNoneHurt(running);
    report('rights and folders', running, Math.max(...waits), await running.dropped());
    expect(await running.daemon.stop()).toBe(0);
  });
});
