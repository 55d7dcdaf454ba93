import { execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Authority } from '../../../src/ca/authority.ts';
import { caOptions, fixedClock, temporaryFolder } from '../../support/ca-home.ts';
import { compileCa } from '../../support/compiled-ca.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;
const umask = process.umask();
afterEach(() => void process.umask(umask));

/** Opens once, so that there is a home to damage. */
async function usedHome(): Promise<string> {
  const home = temporaryFolder();
  await Authority.open(caOptions(home));
  return home;
}

const mount = (...args: string[]): unknown => execFileSync('mount', args, { stdio: 'ignore' });

/** Root in a container may, mostly. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-mount-'));
  try {
    mount('-t', 'tmpfs', 'none', folder);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const stateOf = (home: string): string => join(home, 'keys', 'authorities.json');

describe('src/ca/authority.ts', () => {
  it('makes an authority on an empty home and finds the same one again', async () => {
    const home = temporaryFolder();
    const first = await Authority.open(caOptions(home));
    const second = await Authority.open(caOptions(home));
    expect(second.describe()).toEqual(first.describe());
    expect(readFileSync(first.caFile, 'utf8')).toBe(first.describe()[0]?.root_pem);
    expect(first.covers('api.anthropic.com')).toBe(true);
    expect(first.covers('www.example.com')).toBe(false);
  });

  it.each([0o000, 0o022, 0o077])('keeps keys private and certificates public under umask %o', async (mask) => {
    process.umask(mask);
    const home = temporaryFolder();
    const authority = await Authority.open(caOptions(home));
    expect(mode(join(home, 'keys'))).toBe(0o700);
    expect(mode(stateOf(home))).toBe(0o600);
    expect(mode(authority.caFile)).toBe(0o644);
    expect(mode(authority.bundleFile)).toBe(0o644);
    expect(readdirSync(join(home, 'keys'))).toEqual(['authorities.json']);
  });

  it('never writes the key of a root, and no key at all among the certificates', async () => {
    const home = await usedHome();
    const state = JSON.parse(readFileSync(stateOf(home), 'utf8')) as {
      authorities: { root: string; issuing: { key: string }[] }[];
    };
    const root = new X509Certificate(state.authorities[0]!.root);
    expect(readFileSync(stateOf(home), 'utf8').match(/BEGIN PRIVATE KEY/g)).toHaveLength(
      state.authorities[0]!.issuing.length,
    );
    for (const { key } of state.authorities[0]!.issuing)
      expect(root.checkPrivateKey(createPrivateKey(key))).toBe(false);
    for (const name of readdirSync(join(home, 'certs'))) {
      expect(readFileSync(join(home, 'certs', name), 'utf8')).not.toContain('PRIVATE');
    }
  });

  it('refuses a loose folder and says how to tighten it', async () => {
    const home = await usedHome();
    chmodSync(join(home, 'keys'), 0o750);
    await expect(Authority.open(caOptions(home))).rejects.toMatchObject({
      code: 'ca_unusable',
      message: expect.stringContaining(`chmod 700 ${join(home, 'keys')}`) as string,
    });
  });

  it('refuses a loose key file and says how to tighten it', async () => {
    const home = await usedHome();
    chmodSync(stateOf(home), 0o640);
    await expect(Authority.open(caOptions(home))).rejects.toThrow(`chmod 600 ${stateOf(home)}`);
  });

  it('refuses a symbolic link in the place of the folder or of the file', async () => {
    const home = await usedHome();
    renameSync(join(home, 'keys'), join(home, 'elsewhere'));
    symlinkSync(join(home, 'elsewhere'), join(home, 'keys'));
    await expect(Authority.open(caOptions(home))).rejects.toThrow(/keys is a symbolic link/);
    rmSync(join(home, 'keys'));
    mkdirSync(join(home, 'keys'), { mode: 0o700 });
    symlinkSync(join(home, 'elsewhere', 'authorities.json'), stateOf(home));
    await expect(Authority.open(caOptions(home))).rejects.toThrow(/authorities\.json is a symbolic link/);
  });

  it('refuses a file in the place of the folder', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'keys'), '');
    await expect(Authority.open(caOptions(home))).rejects.toThrow(/keys is not a folder/);
  });

  it.runIf(process.getuid?.() === 0)('refuses what belongs to another user (needs root)', async () => {
    const home = await usedHome();
    chownSync(stateOf(home), 12_345, 12_345);
    await expect(Authority.open(caOptions(home))).rejects.toThrow(/belongs to user 12345/);
  });

  it.each([
    ['empty', () => ''],
    ['not JSON', (text: string) => text.slice(0, 900)],
    ['of another shape', () => '{"version":1}'],
    ['with the key of another CA', (text: string) => swapKeys(text)],
    ['with more names than were certified', (text: string) => text.replace('"groq.com"', '"groq.com","example.com"')],
    ['with another root', (text: string) => text.replace(/"fingerprint": "..:/, '"fingerprint": "00:00:')],
  ])('refuses a state that is %s, leaves it as it is and quotes no key', async (_, damage) => {
    const home = await usedHome();
    const damaged = damage(readFileSync(stateOf(home), 'utf8'));
    writeFileSync(stateOf(home), damaged);
    const error: unknown = await Authority.open(caOptions(home)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ca_unusable', message: expect.stringContaining('is damaged') as string });
    expect(String(error)).not.toMatch(/BEGIN|[A-Za-z0-9+/]{40}/);
    expect(readFileSync(stateOf(home), 'utf8')).toBe(damaged);
  });

  it('does not make a new authority where clients trust one whose keys are gone', async () => {
    const home = await usedHome();
    rmSync(stateOf(home));
    await expect(Authority.open(caOptions(home))).rejects.toThrow(/ca\.pem exists, but its keys/);
    expect(existsSync(stateOf(home))).toBe(false);
  });

  it('refuses certificates and keys of different authorities', async () => {
    const [home, other] = [await usedHome(), await usedHome()];
    writeFileSync(join(home, 'certs', 'ca.pem'), readFileSync(join(other, 'certs', 'ca.pem')));
    await expect(Authority.open(caOptions(home))).rejects.toThrow(/different authorities/);
  });

  it('writes ca.pem again when it is gone', async () => {
    const home = await usedHome();
    const before = readFileSync(join(home, 'certs', 'ca.pem'), 'utf8');
    rmSync(join(home, 'certs'), { recursive: true });
    await Authority.open(caOptions(home));
    expect(readFileSync(join(home, 'certs', 'ca.pem'), 'utf8')).toBe(before);
  });

  it.skipIf(!mayMount())('serves with an older bundle on a disk that takes nothing, but not without one', async () => {
    const home = temporaryFolder();
    const certs = join(home, 'certs');
    mkdirSync(certs);
    mount('-t', 'tmpfs', 'none', certs);
    try {
      const first = await Authority.open(caOptions(home));
      const bundle = readFileSync(first.bundleFile, 'utf8');
      writeFileSync(first.bundleFile, 'of earlier days\n');
      mount('-o', 'remount,ro', certs);
      const second = await Authority.open(caOptions(home));
      expect([first.unwritten, second.unwritten]).toEqual([null, expect.stringContaining('EROFS')]);
      expect(second.describe()).toEqual(first.describe());
      mount('-o', 'remount,rw', certs);
      expect((await Authority.open(caOptions(home))).unwritten).toBeNull();
      expect(readFileSync(first.bundleFile, 'utf8')).toBe(bundle);
      rmSync(first.bundleFile);
      mount('-o', 'remount,ro', certs);
      await expect(Authority.open(caOptions(home))).rejects.toThrow('EROFS');
    } finally {
      execFileSync('umount', [certs]);
    }
  });

  it('touches no file when nothing changed', async () => {
    const home = await usedHome();
    const files = [stateOf(home), join(home, 'certs', 'ca.pem'), join(home, 'certs', 'bundle.pem')];
    const inodes = files.map((file) => statSync(file).ino);
    await Authority.open(caOptions(home));
    expect(files.map((file) => statSync(file).ino)).toEqual(inodes);
  });

  it('adds a second root for a new name and leaves the first as it is', async () => {
    const home = temporaryFolder();
    const authority = await Authority.open(caOptions(home));
    const [first] = authority.describe();
    expect(await authority.addHosts(['LLM.corp.example.'])).toEqual(['llm.corp.example']);
    expect(authority.covers('llm.corp.example')).toBe(true);
    expect(await authority.addHosts(['other.example.net', 'api.openai.com', 'x.llm.corp.example'])).toEqual([
      'other.example.net',
    ]);
    expect(authority.describe()).toHaveLength(3);
    expect(authority.describe()[0]).toEqual(first);
    const pem = readFileSync(authority.caFile, 'utf8');
    expect(pem).toBe(
      authority
        .describe()
        .map((info) => info.root_pem)
        .join(''),
    );
    expect(readFileSync(authority.bundleFile, 'utf8')).toContain(pem);
    expect((await Authority.open(caOptions(home))).covers('other.example.net')).toBe(true);
  });

  it('changes nothing when all names are covered already', async () => {
    const authority = await Authority.open(caOptions(temporaryFolder()));
    expect(await authority.addHosts(['api.openai.com'])).toEqual([]);
    expect(authority.describe()).toHaveLength(1);
  });

  it.each([
    '127.0.0.1',
    '[::1]',
    '2130706433',
    'com',
    'co.uk',
    'amazonaws.com',
    '*.example.com',
    'a b',
    '',
    'a_b.example.com',
  ])('adds no authority for %s', async (host) => {
    const authority = await Authority.open(caOptions(temporaryFolder()));
    await expect(authority.addHosts([host])).rejects.toMatchObject({ code: 'ca_unusable' });
  });

  it('sees on reload what another process added', async () => {
    const home = temporaryFolder();
    const [daemon, command] = [await Authority.open(caOptions(home)), await Authority.open(caOptions(home))];
    expect(daemon.reload()).toBe(false);
    await command.addHosts(['llm.corp.example']);
    expect(daemon.covers('llm.corp.example')).toBe(false);
    expect(daemon.reload()).toBe(true);
    expect(daemon.covers('llm.corp.example')).toBe(true);
  });

  it('loses no name when several add at once', async () => {
    const home = temporaryFolder();
    const open = await Promise.all([1, 2, 3].map(() => Authority.open(caOptions(home))));
    await Promise.all(open.map((authority, index) => authority.addHosts([`h${index}.example.com`])));
    const last = await Authority.open(caOptions(home));
    for (const index of [0, 1, 2]) expect(last.covers(`h${index}.example.com`)).toBe(true);
  });

  it('rotates into one new root over all names and keeps the old keys aside, private', async () => {
    const home = temporaryFolder();
    const clock = fixedClock();
    const authority = await Authority.open(caOptions(home, { clock }));
    await authority.addHosts(['llm.corp.example']);
    const old = authority.describe();
    const oldState = readFileSync(stateOf(home), 'utf8');
    await authority.rotate();
    const [fresh, ...rest] = authority.describe();
    expect(rest).toEqual([]);
    expect(old.map((info) => info.fingerprint)).not.toContain(fresh?.fingerprint);
    for (const info of old) expect(info.names.every((name) => authority.covers(name))).toBe(true);
    expect(readFileSync(authority.caFile, 'utf8')).toBe(fresh?.root_pem);
    expect(readFileSync(authority.bundleFile, 'utf8')).not.toContain(old[0]!.root_pem);
    const retired = readdirSync(join(home, 'keys')).filter((name) => name.startsWith('retired-'));
    expect(retired).toHaveLength(1);
    expect(readFileSync(join(home, 'keys', retired[0]!), 'utf8')).toBe(oldState);
    expect(mode(join(home, 'keys', retired[0]!))).toBe(0o600);
    clock.set(clock.wall() + 1);
    await authority.rotate();
    expect(authority.describe()).toHaveLength(1);
    expect(authority.covers('llm.corp.example')).toBe(true);
  });

  it('finishes a rotation that was cut before ca.pem was written', async () => {
    const home = temporaryFolder();
    const authority = await Authority.open(caOptions(home));
    const before = readFileSync(authority.caFile, 'utf8');
    await authority.rotate();
    writeFileSync(authority.caFile, before);
    const again = await Authority.open(caOptions(home));
    expect(readFileSync(again.caFile, 'utf8')).toBe(authority.describe()[0]?.root_pem);
  });

  it('warns from 60 days before the end', async () => {
    const clock = fixedClock();
    const authority = await Authority.open(caOptions(temporaryFolder(), { clock }));
    expect(authority.expiring()).toEqual([]);
    clock.set(Date.parse(authority.describe()[0]!.expires) - 59 * 86_400_000);
    expect(authority.expiring()).toHaveLength(1);
  });

  it('takes over the lock of a process that is dead, and one that is old', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'keys'), { mode: 0o700 });
    const lock = join(home, 'keys', 'lock');
    writeFileSync(lock, `4194305 ${hostname()}`);
    const authority = await Authority.open(caOptions(home));
    writeFileSync(lock, '1 another-container');
    utimesSync(lock, new Date(), new Date(Date.now() - 11_000));
    await authority.addHosts(['llm.corp.example']);
    expect(existsSync(lock)).toBe(false);
  });

  it('ends with one authority when 20 processes start at once on an empty home', async () => {
    const folder = temporaryFolder();
    const room = compileCa(join(folder, 'compiled'));
    const program = `
      import { Authority } from ${JSON.stringify(join(room, 'authority.js'))};
      const clock = { now: () => performance.now(), wall: () => Date.now() };
      process.stdout.write('up\\n');
      await new Promise((go) => process.stdin.once('data', go));
      const home = ${JSON.stringify(join(folder, 'home'))};
      const authority = await Authority.open({ keysDir: home + '/keys', certsDir: home + '/certs', clock, env: {} });
      process.stdout.write(authority.describe()[0].fingerprint);
      process.exit(0);
    `;
    const runs = Array.from({ length: 20 }, () => start(program));
    await Promise.all(runs.map((run) => run.up));
    let mostLoose = 0;
    const watch = setInterval(() => {
      const keys = join(folder, 'home', 'keys');
      if (!existsSync(keys)) return;
      for (const name of ['.', ...readdirSync(keys)]) {
        const stats = statSync(join(keys, name), { throwIfNoEntry: false });
        mostLoose = Math.max(mostLoose, (stats?.mode ?? 0) & 0o077);
      }
    }, 1);
    for (const run of runs) run.go();
    const outputs = await Promise.all(runs.map((run) => run.done));
    clearInterval(watch);
    expect(new Set(outputs).size, outputs.join('\n')).toBe(1);
    expect(outputs[0]).toMatch(/^up\n(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(mostLoose).toBe(0);
    expect(readdirSync(join(folder, 'home', 'keys'))).toEqual(['authorities.json']);
  });
});

function swapKeys(text: string): string {
  const state = JSON.parse(text) as { authorities: { issuing: { key: string }[] }[] };
  const [first, second] = state.authorities[0]!.issuing;
  first!.key = second!.key;
  return JSON.stringify(state);
}

interface Run {
  up: Promise<void>;
  go(): void;
  done: Promise<string>;
}

function start(program: string): Run {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const up = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
    child.once('close', () => resolve());
  });
  const done = new Promise<string>((resolve) => child.once('close', () => resolve(output)));
  return { up, go: () => void child.stdin.write('go\n'), done };
}
