/** The configuration of a home, for commands that do a daemon's work or read its files themselves. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Config, homeOf, loadConfig, type LoadedConfig } from '../config/load.ts';
import { OPTIONS, type Option, variableOf } from '../config/options.ts';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { type DaemonInfo, findDaemon, readLastStart, writeLastStart } from './daemon-files.ts';
import { openDatabase } from '../store/driver.ts';
import { requireSchema } from '../store/migrations.ts';
import { isAnswering } from './run-api.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where things are and how long they are kept. Given by flag or variable, they are in no file but that of the daemon. */
const LASTING = [
  'db',
  'log_dir',
  'certs_dir',
  'session_log.dir',
  'retention.bodies_max_age_days',
  'retention.bodies_max_total_bytes',
  'retention.records_max_age_days',
  'retention.records_max_total_bytes',
] as const;
const FILES: ReadonlySet<string> = new Set(['db', 'config']);

type LastStart = Partial<Record<(typeof LASTING)[number] | 'config', string | number>>;

/** For the commands that come when the daemon is gone: what it was told on its command line and by its environment. */
export function rememberStart(
  { config, file }: Pick<LoadedConfig, 'config' | 'file'>,
  flags: Readonly<Record<string, unknown>>,
  env: Env,
): void {
  const given: LastStart = {};
  for (const key of LASTING) {
    const value = settingOf(config, key);
    if (value !== null && (flags[key] !== undefined || isSet(env, key))) given[key] = value;
  }
  if (file !== null && (flags['config'] !== undefined || isSet(env, 'config'))) given.config = file;
  writeLastStart(config.home, given);
}

/**
 * As the daemon of this home uses it, or used it when it last ran; what this command's own environment says comes first.
 * @param home given by the user; null = that of the daemon that was started last, else the default
 */
export function configOf(home: string | null): Config {
  return loadedOf(home).config;
}

/** The same, with who said what. */
export function loadedOf(home: string | null): LoadedConfig {
  const { env } = process;
  const daemon = findDaemon(home, env, process.cwd());
  const folder = daemon?.home ?? homeOf(home, env, process.cwd());
  const told = Object.entries(readLastStart(folder)).filter(([key, value]) => isOfUse(key, value, env));
  const flags = { ...Object.fromEntries(told), ...placesOf(daemon), home: folder };
  return loadConfig({ flags, env, cwd: process.cwd() });
}

/** For readers. @throws AppError `store_unusable` where there is none, or one of an earlier version; `store_newer` */
export function databaseOf(home: string | null): string {
  const { db } = configOf(home);
  if (existsSync(db)) {
    const database = openDatabase(db, { readOnly: true });
    try {
      requireSchema(database);
    } finally {
      database.close();
    }
    return db;
  }
  throw noDatabase(db);
}

/** What a command says that needs one. */
export function noDatabase(db: string): AppError {
  try {
    accessSync(db, constants.R_OK);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      return new AppError('store_unusable', `the database cannot be read: ${messageOf(error)}; is it another user's?`);
  }
  const hint = '--home names another home (that of npm start is the clone)';
  return new AppError('store_unusable', `no daemon runs and there is no database ${db}; ${hint}`);
}

/**
 * For what only the daemon may do while there is one, such as changing the store; null = none runs.
 * Rejects with AppError `not_running` when one runs that does not answer.
 */
export async function answeringDaemon(home: string | null, timeoutMs: number): Promise<DaemonInfo | null> {
  const daemon = findDaemon(home, process.env, process.cwd());
  if (daemon === null || (await isAnswering(daemon, timeoutMs))) return daemon;
  throw new AppError(
    'not_running',
    `llm-proxy (pid ${daemon.pid}) does not answer at ${daemon.admin_url}; if that process is no llm-proxy, delete ${daemon.home}/run/daemon.json`,
  );
}

function placesOf(daemon: DaemonInfo | null): Record<string, string> {
  if (daemon === null) return {};
  const { db, log_dir: logs, ca_file: ca } = daemon;
  return {
    certs_dir: dirname(ca),
    ...(db === undefined ? {} : { db }),
    ...(logs === undefined ? {} : { log_dir: logs }),
  };
}

function isOfUse(key: string, value: unknown, env: Env): boolean {
  const isKnown = key === 'config' || LASTING.some((name) => name === key);
  if (!isKnown || isSet(env, key)) return false;
  // Moved since: the file of the configuration may know where to.
  return !FILES.has(key) || (typeof value === 'string' && existsSync(value));
}

function isSet(env: Env, key: string): boolean {
  const option = (OPTIONS as readonly Option[]).find((candidate) => candidate.key === key);
  return (env[option === undefined ? 'LLM_PROXY_CONFIG' : variableOf(option)] ?? '') !== '';
}

function settingOf(config: Config, key: (typeof LASTING)[number]): string | number | null {
  const [group = '', name] = key.split('.');
  const found: unknown = Reflect.get(config, group);
  const value: unknown = name === undefined ? found : Reflect.get(found as object, name);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}
