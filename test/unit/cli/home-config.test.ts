import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DaemonInfo, writeDaemonFiles } from '../../../src/cli/daemon-files.ts';
import { configOf, databaseOf, rememberStart, answeringDaemon } from '../../../src/cli/home-config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { runInProcess } from '../../support/run-in-process.ts';

let folder: string;
let home: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-home-'));
  home = join(folder, 'home');
  env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** As `start` does it. */
function start(flags: Record<string, unknown>, variables: Record<string, string> = {}): void {
  const given = { home, ...flags };
  rememberStart(loadConfig({ flags: given, env: { ...env, ...variables }, cwd: folder }), given, variables);
}

function elsewhere(name: string): string {
  const path = join(folder, name);
  const database = openDatabase(path);
  migrate(database);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  return path;
}

const aDaemon = (over: Partial<DaemonInfo> = {}): DaemonInfo => ({
  pid: process.pid,
  proxy_url: 'http://127.0.0.1:1',
  admin_url: 'http://127.0.0.1:1',
  ca_file: join(folder, 'ca', 'ca.pem'),
  bundle_file: join(folder, 'ca', 'bundle.pem'),
  home,
  version: '1.0.0',
  ...over,
});

describe('cli/home-config', () => {
  it('finds what was given on the command line or in the environment of a daemon that is gone', () => {
    const db = elsewhere('team.db');
    start(
      { db, log_dir: join(folder, 'l') },
      { LLM_PROXY_RETENTION__BODIES_MAX_AGE_DAYS: '0', LLM_PROXY_SESSION_LOG__DIR: '/s' },
    );
    const config = configOf(home);
    expect([config.db, config.log_dir, config.session_log.dir]).toEqual([db, join(folder, 'l'), '/s']);
    expect(config.retention).toMatchObject({ bodies_max_age_days: 0, records_max_total_bytes: 4 * 1024 ** 3 });
    expect(databaseOf(home)).toBe(db);
  });

  it('lets the read commands find a database elsewhere', async () => {
    start({ db: elsewhere('team.db') });
    expect(await runInProcess(['calls', '--home', home], env)).toMatchObject({ code: 0, stdout: 'No calls.\n' });
    expect(await runInProcess(['export', '--home', home], env)).toMatchObject({ code: 0, stdout: '' });
    expect(await runInProcess(['pin', '--home', home], env)).toMatchObject({ code: 0 });
  });

  it('reads the configuration file that was named at the start', () => {
    const file = join(folder, 'mine.toml');
    writeFileSync(file, '[retention]\nbodies_max_age_days = 7\n');
    start({ config: file });
    expect(configOf(home).retention.bodies_max_age_days).toBe(7);
    rmSync(file);
    expect(configOf(home).retention.bodies_max_age_days).toBe(90);
  });

  it('keeps nothing that a file or a default says: these may change, and homes are moved and copied', () => {
    mkdirSync(home);
    writeFileSync(join(home, 'llm-proxy.toml'), 'db = "other.db"\n');
    start({});
    expect(JSON.parse(readFileSync(join(home, 'run', 'last-start.json'), 'utf8'))).toEqual({});
    expect(configOf(home).db).toBe(join(home, 'other.db'));
  });

  it('forgets it at the next start, and where the database has gone', () => {
    const db = elsewhere('team.db');
    start({ db });
    rmSync(db);
    expect(configOf(home).db).toBe(join(home, 'data', 'llm-proxy.db'));
    start({ db: elsewhere('team.db') });
    start({});
    expect(configOf(home).db).toBe(join(home, 'data', 'llm-proxy.db'));
  });

  it('lets the environment of the command itself come first', () => {
    start({ db: elsewhere('team.db') });
    vi.stubEnv('LLM_PROXY_DB', join(folder, 'mine.db'));
    expect(configOf(home).db).toBe(join(folder, 'mine.db'));
  });

  it('uses the places of the daemon that runs, whatever is said elsewhere', () => {
    start({ db: elsewhere('team.db') });
    vi.stubEnv('LLM_PROXY_DB', join(folder, 'mine.db'));
    writeDaemonFiles(aDaemon({ db: '/running.db', log_dir: '/logs' }), env);
    const { db, log_dir: logs, certs_dir: certs } = configOf(null);
    expect([db, logs, certs]).toEqual(['/running.db', '/logs', join(folder, 'ca')]);
  });

  it.each(['[1]', '{', 'null', '{"db": 7, "certs_dir": "/c", "port": 9, "retention.bodies_max_age_days": 3}'])(
    'takes of %s what it can use',
    (text) => {
      mkdirSync(join(home, 'run'), { recursive: true });
      writeFileSync(join(home, 'run', 'last-start.json'), text);
      expect(configOf(home)).toMatchObject({ db: join(home, 'data', 'llm-proxy.db'), port: 8080 });
    },
  );

  it('does not say of a daemon that hangs that none runs', async () => {
    writeDaemonFiles(aDaemon(), env);
    for (const command of ['status', 'stop'])
      expect(await runInProcess([command, '--home', home], env)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('does not answer') as string,
      });
  });

  it('does not write beside a daemon that runs and does not answer', async () => {
    expect(await answeringDaemon(home, 500)).toBeNull();
    writeDaemonFiles(aDaemon(), env);
    await expect(answeringDaemon(home, 500)).rejects.toThrow(`pid ${process.pid}) does not answer`);
    // A copy: nobody had it open, so that a -wal file beside it is of one of the commands.
    mkdirSync(join(home, 'data'), { recursive: true });
    copyFileSync(elsewhere('team.db'), join(home, 'data', 'llm-proxy.db'));
    for (const command of ['prune', 'purge --run r --yes', 'unpin x', 'import x.jsonl', 'prices reprice --since 1d']) {
      writeFileSync(join(folder, 'x.jsonl'), '{}');
      const args = command.split(' ').map((word) => (word === 'x.jsonl' ? join(folder, word) : word));
      const { code, stderr } = await runInProcess([...args, '--home', home], env);
      expect([code, stderr], command).toEqual([1, expect.stringContaining('does not answer')]);
    }
    expect(existsSync(join(home, 'data', 'llm-proxy.db-wal'))).toBe(false);
  });
});
