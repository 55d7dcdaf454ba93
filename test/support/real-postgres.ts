/** A PostgreSQL server of our own, where its programs are installed: in a temporary folder, on a Unix socket, without a port. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';
const SUPERUSER = 'tester';

export interface RealPostgres {
  /** `postgresql://tester@…/postgres`, or another user and database. */
  url(user?: string, database?: string): string;
  close(): Promise<void>;
}

/** The folder of initdb and postgres; null = not installed. */
export function postgresPrograms(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  const folders = [...versions, ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** It refuses to be run by root: then `nobody` runs it. */
const NOBODY = 65_534;

export async function startPostgres(programs: string): Promise<RealPostgres> {
  const home = mkdtempSync(join(tmpdir(), 'llm-proxy-pg-'));
  const data = join(home, 'data');
  mkdirSync(data, { mode: 0o700 });
  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if ('uid' in asNobody) for (const folder of [home, data]) chownSync(folder, NOBODY, NOBODY);
  const options = { ...asNobody, cwd: home, env: { LC_ALL: 'C' } };
  const flags = [
    '-D',
    data,
    '-U',
    SUPERUSER,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-locale',
    '--no-sync',
    '--no-instructions',
  ];
  const made = spawnSync(join(programs, 'initdb'), flags, { ...options, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${home}`,
    'fsync=off',
    'shared_buffers=1MB',
    'max_connections=20',
  ];
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((one) => ['-c', one])], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await isReady(server);
  return {
    url: (user = SUPERUSER, database = 'postgres') => `postgresql://${user}@${encodeURIComponent(home)}/${database}`,
    async close() {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function isReady(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes('ready to accept connections')) resolve();
    });
    server.on('exit', () => reject(new Error(`postgres: ${said}`)));
  });
}
