import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  adminToken,
  daemonFile,
  type DaemonInfo,
  findDaemon,
  findOtherDaemon,
  removeDaemonFiles,
  writeDaemonFiles,
} from '../../../src/cli/daemon-files.ts';

let folder: string;
let env: Record<string, string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-files-'));
  env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const anInfo = (over: Partial<DaemonInfo> = {}): DaemonInfo => ({
  pid: process.pid,
  proxy_url: 'http://127.0.0.1:7000',
  admin_url: 'http://127.0.0.1:7001',
  ca_file: '/h/certs/ca.pem',
  bundle_file: '/h/certs/bundle.pem',
  home: join(folder, 'home'),
  version: '1.0.0',
  ...over,
});
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const state = (name: string): string => join(folder, 'state', 'llm-proxy', name);
/** Of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('cli/daemon-files', () => {
  it('leaves private files by which the daemon is found, by home and from anywhere', () => {
    const info = anInfo();
    writeDaemonFiles(info, env);
    expect(JSON.parse(readFileSync(daemonFile(info.home), 'utf8'))).toEqual(info);
    expect(mode(daemonFile(info.home))).toBe('600');
    expect(mode(join(info.home, 'run'))).toBe('700');
    expect(readFileSync(state('port'), 'utf8')).toBe('7000');
    expect(findDaemon('home', env, folder)).toEqual(info);
    expect(findDaemon(null, env, '/')).toEqual(info);
    expect(readdirSync(join(info.home, 'run'))).toEqual(['daemon.json']);
  });

  it('puts the pointer below ~/.local/state where nothing else is said', () => {
    writeDaemonFiles(anInfo(), { HOME: folder });
    expect(existsSync(join(folder, '.local', 'state', 'llm-proxy', 'port'))).toBe(true);
  });

  it('finds no daemon in files that are absent, broken, or left by a process that is gone', () => {
    expect(findDaemon(null, env, folder)).toBeNull();
    expect(findDaemon('home', env, folder)).toBeNull();
    writeDaemonFiles(anInfo({ pid: deadPid() }), env);
    expect(findDaemon(null, env, folder)).toBeNull();
    for (const text of ['', '{', 'null', '{"pid":1}']) {
      writeFileSync(daemonFile(anInfo().home), text);
      expect(findDaemon('home', env, folder), text).toBeNull();
    }
  });

  it('is found by its home where the pointer cannot be written, and says why it cannot', () => {
    writeFileSync(join(folder, 'state'), 'in the way');
    const info = anInfo();
    const said: unknown[] = [];
    writeDaemonFiles(info, env, (error) => said.push(error));
    expect(said).toEqual([expect.objectContaining({ code: expect.stringMatching(/ENOTDIR|EEXIST/) })]);
    expect(findDaemon('home', env, folder)).toEqual(info);
    expect(() => writeDaemonFiles(info, env)).toThrow();
    removeDaemonFiles(info, env);
    expect(existsSync(daemonFile(info.home))).toBe(false);
  });

  it('takes what an earlier process with our number left for no other daemon', () => {
    writeDaemonFiles(anInfo(), env);
    expect(findOtherDaemon('home', env, folder)).toBeNull();
    const other = anInfo({ pid: process.ppid });
    writeDaemonFiles(other, env);
    expect(findOtherDaemon('home', env, folder)).toEqual(other);
  });

  it('removes what it wrote', () => {
    const info = anInfo();
    writeDaemonFiles(info, env);
    removeDaemonFiles(info, env);
    expect([daemonFile(info.home), state('daemon'), state('port')].filter((file) => existsSync(file))).toEqual([]);
  });

  it('leaves the files of a daemon that came later', () => {
    const later = anInfo({ pid: process.ppid });
    writeDaemonFiles(later, env);
    removeDaemonFiles(anInfo(), env);
    expect(findDaemon('home', env, folder)).toEqual(later);
    expect(findDaemon(null, env, folder)).toEqual(later);
  });

  it('leaves the pointer to a later daemon of another home', () => {
    const mine = anInfo();
    const other = anInfo({ home: join(folder, 'other'), proxy_url: 'http://127.0.0.1:9' });
    writeDaemonFiles(mine, env);
    writeDaemonFiles(other, env);
    removeDaemonFiles(mine, env);
    expect(findDaemon('home', env, folder)).toBeNull();
    expect(findDaemon(null, env, folder)).toEqual(other);
    // Nobody runs in the home that the variable names.
    expect(findDaemon(null, { ...env, LLM_PROXY_HOME: 'home' }, folder)).toEqual(other);
    expect(readFileSync(state('port'), 'utf8')).toBe('9');
  });

  it('finds the daemon that was there before when the later one has ended', () => {
    const mine = anInfo();
    const elsewhere = anInfo({ home: join(folder, 'other'), pid: process.ppid, proxy_url: 'http://127.0.0.1:9' });
    writeDaemonFiles(elsewhere, env);
    writeDaemonFiles(mine, env);
    expect(findDaemon(null, env, folder)).toEqual(mine);
    removeDaemonFiles(mine, env);
    expect(findDaemon(null, env, folder)).toEqual(elsewhere);
    expect(readFileSync(state('port'), 'utf8')).toBe('9');
    expect(readFileSync(state('daemon'), 'utf8')).toBe(`${daemonFile(elsewhere.home)}\n`);
  });

  it('finds the earlier of two daemons of one home when the later one has ended, killed or not', () => {
    const earlier = anInfo({ pid: process.ppid, proxy_url: 'http://127.0.0.1:9' });
    const later = anInfo();
    writeDaemonFiles(earlier, env);
    writeDaemonFiles(later, env);
    expect(findDaemon('home', env, folder)).toEqual(later);
    const file = daemonFile(later.home);
    const written = readFileSync(file, 'utf8');
    writeFileSync(file, written.replace(`"pid": ${later.pid}`, `"pid": ${deadPid()}`));
    expect(findDaemon('home', env, folder)).toEqual(earlier);
    writeFileSync(file, written);
    removeDaemonFiles(later, env);
    expect(findDaemon('home', env, folder)).toEqual(earlier);
    expect(findDaemon(null, env, folder)).toEqual(earlier);
  });

  it('is not named any more by a later daemon of its home once it has ended', () => {
    const later = anInfo({ pid: process.ppid });
    writeDaemonFiles(anInfo(), env);
    writeDaemonFiles(later, env);
    removeDaemonFiles(anInfo(), env);
    expect(JSON.parse(readFileSync(daemonFile(later.home), 'utf8'))).toEqual(later);
  });

  it('asks the daemon of the home that the variable names before the one that came last', () => {
    const mine = anInfo();
    writeDaemonFiles(mine, env);
    writeDaemonFiles(anInfo({ home: join(folder, 'other') }), env);
    expect(findDaemon(null, { ...env, LLM_PROXY_HOME: 'home' }, folder)).toEqual(mine);
  });

  it('keeps one token from start to start, in a file that is private again if it was opened', () => {
    const token = adminToken(folder);
    const file = join(folder, 'run', 'admin-token');
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(mode(file)).toBe('600');
    chmodSync(file, 0o644);
    expect(adminToken(folder)).toBe(token);
    expect(mode(file)).toBe('600');
    expect(readdirSync(join(folder, 'run'))).toEqual(['admin-token']);
  });

  it.each(['', '\n', 'short\n'])(
    'replaces a token of which a full disk left %j, or everybody would hold it',
    (text) => {
      mkdirSync(join(folder, 'run'));
      writeFileSync(join(folder, 'run', 'admin-token'), text);
      const token = adminToken(folder);
      expect(token).toMatch(/^[\w-]{32}$/);
      expect(adminToken(folder)).toBe(token);
    },
  );
});
