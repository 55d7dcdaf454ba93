import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import { userFolder } from '../core/user-folder.ts';
import { aliasedVariables, isAliasedVariable, meaninglessVariables } from './aliases.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { OPTIONS, type Option, variableOf } from './options.ts';
import { type Setting, settingOf } from './settings.ts';
import { BadValue, type LocalServer, parseValue, type Table, type Value } from './values.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** All options of a daemon, checked; paths absolute. */
export interface Config {
  home: string;
  host: string;
  port: number;
  admin_host: string;
  admin_port: number;
  log_dir: string;
  certs_dir: string;
  keys_dir: string;
  db: string;
  intercept: string[];
  tunnel: string[];
  upstream_ca: string[];
  upstream_proxy: string | null;
  connect_to: string[];
  openai_backend: string | null;
  anthropic_backend: string | null;
  backends: string[];
  bedrock_region: string | null;
  passthrough_url: string | null;
  mode: string | null;
  target_url: string | null;
  model: string | null;
  allow_anthropic_only: boolean;
  target: {
    auth: string | null;
    auth_header: string | null;
    format: 'same' | 'anthropic-messages' | 'openai-chat' | 'openai-responses';
    provider: string | null;
    max_concurrent: number;
    max_calls: number;
    timeout_secs: number;
    retries: number;
    fallback: string[];
    max_tokens: number | null;
    temperature: number | null;
    top_p: number | null;
  };
  models: Table[];
  rules: Table[];
  log_level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  logs: { bodies: 'full' | 'new' | 'none'; max_file_bytes: number; max_total_bytes: number; max_age_days: number };
  session_log: { enabled: boolean; dir: string | null };
  retention: {
    bodies_max_age_days: number;
    bodies_max_total_bytes: number;
    records_max_age_days: number;
    records_max_total_bytes: number;
  };
  admin: { auth: 'token' | 'none'; allowed_hosts: string[] };
  usage: { include_usage: string[]; estimate: boolean };
  context: { cut: string[] };
  capture: { bodies_of: string[] };
  store: { durability: 'default' | 'strict'; backups: number; bodies: 'full' | 'none' };
  prices: { overrides: string; table: string };
  otlp: {
    url: string | null;
    protocol: 'http/protobuf' | 'http/json' | 'grpc';
    headers: string[];
    bodies: boolean;
    service_name: string;
    gzip: boolean;
  };
  loki: {
    url: string | null;
    enabled: boolean;
    auth_token: string | null;
    headers: string[];
    environment: string;
    batch_size: number;
    use_gzip: boolean;
    bodies: boolean;
  };
  postgres: { url: string | null; schema: string; bodies: boolean };
  clickhouse: {
    url: string | null;
    user: string;
    password: string | null;
    database: string;
    table: string;
    bodies: boolean;
  };
  local: LocalServer[];
  provider: Table[];
}

export interface LoadedConfig {
  config: Config;
  /** The same for people, with who said what. */
  settings: Setting[];
  /** The file that was read; null = none. */
  file: string | null;
  /** Sentences for the log. */
  warnings: string[];
}

export interface LoadInput {
  /** By option key (`admin_port`) as given on the command line. `home` and `config` beside them. */
  flags: Readonly<Record<string, unknown>>;
  env: Env;
  cwd: string;
}

/** `--home`, `LLM_PROXY_HOME`, `~/.llm-proxy`. */
export function homeOf(flag: unknown, env: Env, cwd: string): string {
  const given = once('home', flag);
  if (given !== null) return resolve(cwd, given);
  const named = env['LLM_PROXY_HOME'];
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const folder = userFolder(env);
  if (folder !== null) return join(folder, '.llm-proxy');
  throw new AppError('config_invalid', 'this user has no home folder: say --home DIR, or set LLM_PROXY_HOME or HOME');
}

const NO_FILE: ConfigFile = { values: [], warnings: [], isOfGoProxy: false, isOfCcProxy: false };

/** Defaults < file < environment < flags. Throws AppError `config_invalid` that says what and where. */
export function loadConfig({ flags, env, cwd }: LoadInput): LoadedConfig {
  const home = homeOf(flags['home'], env, cwd);
  const path = findFile(flags['config'], env, home, cwd);
  const file: ConfigFile = path === null ? NO_FILE : readConfigFile(path);
  const values = new Map<string, Value>();
  for (const option of OPTIONS as readonly Option[]) {
    values.set(option.key, valueOf(option, { file, path, flags, env, home, cwd }));
  }
  const isForGoProxy = file.isOfGoProxy && !isGiven('session_log.enabled', flags, env, file);
  if (isForGoProxy) values.set('session_log.enabled', true);
  if (file.isOfCcProxy && values.get('mode') === null) values.set('mode', 'target');
  keepQuietOrSpeakAsBefore(values, file, (key) => isGiven(key, flags, env, file));
  const settings = (OPTIONS as readonly Option[]).map((option) => told(option, values, { flags, env, file }));
  const config = build(home, values);
  refuseContradictions(config);
  const notes = isForGoProxy ? [`${path}: ${OF_GO_PROXY}`] : [];
  return { config, settings, file: path, warnings: [...file.warnings, ...notes, ...unknownVariables(env)] };
}

/** What those programs mean by a file that says no more: nothing goes to Loki unasked, and collectors speak gRPC. */
function keepQuietOrSpeakAsBefore(
  values: Map<string, Value>,
  file: ConfigFile,
  isSaid: (key: string) => boolean,
): void {
  if (file.isOfGoProxy && !isSaid('loki.enabled')) values.set('loki.enabled', false);
  if (file.isOfCcProxy && !isSaid('otlp.protocol')) values.set('otlp.protocol', 'grpc');
}

function refuseContradictions({ admin, host, port, admin_host: adminHost, admin_port: adminPort }: Config): void {
  if (admin.auth === 'none' && !isLoopbackName(adminHost))
    throw new AppError('config_invalid', `admin.auth = "none" is for loopback only, and admin_host is ${adminHost}`);
  if (port !== 0 && port === adminPort && host === adminHost)
    throw new AppError('config_invalid', `port and admin_port are both ${port}`);
}

const OF_GO_PROXY =
  'this is a file of the Go llm-proxy, so session logs are written as that one did; session_log.enabled says otherwise';

function isGiven(key: string, flags: LoadInput['flags'], env: Env, file: ConfigFile): boolean {
  const option = (OPTIONS as readonly Option[]).find((candidate) => candidate.key === key);
  const variable = option === undefined ? undefined : env[variableOf(option)];
  return flags[key] !== undefined || (variable ?? '') !== '' || file.values.some((value) => value.option === option);
}

/** By the order of `valueOf`. */
function told(
  option: Option,
  values: ReadonlyMap<string, Value>,
  { flags, env, file }: Pick<LoadInput, 'flags' | 'env'> & { file: ConfigFile },
): Setting {
  const value = values.get(option.key) ?? null;
  if (flags[option.key] !== undefined) return settingOf(option, value, 'flag', `--${option.flag ?? option.key}`);
  const variable = variableOf(option);
  if ((env[variable] ?? '') !== '') return settingOf(option, value, 'environment', variable);
  const [alias] = aliasedVariables(env).get(option.key) ?? [];
  if (alias !== undefined) return settingOf(option, value, 'environment', alias);
  const found = file.values.find((entry) => entry.option === option);
  return settingOf(option, value, found === undefined ? 'default' : 'file', found?.where ?? null);
}

interface Sources extends LoadInput {
  file: ConfigFile;
  path: string | null;
  home: string;
}

function valueOf(option: Option, { file, path, flags, env, home, cwd }: Sources): Value {
  const flag = flags[option.key];
  if (flag !== undefined) return checked(option, flag, cwd, `--${option.flag ?? option.key}`);
  const variable = env[variableOf(option)];
  if (variable !== undefined && variable !== '') return checked(option, variable, cwd, variableOf(option));
  const [other, value] = aliasedVariables(env).get(option.key) ?? [];
  if (other !== undefined) return checked(option, value, cwd, other);
  const found = file.values.find((value) => value.option === option);
  if (found !== undefined && !isLeftOut(option, found.raw))
    return checked(option, found.raw, resolve(path ?? home, '..'), `${found.where}: ${option.key}`);
  return parseValue(option, option.default, home);
}

/** As the sample file, and the files of other programs, write what is not set. */
function isLeftOut(option: Option, raw: unknown): boolean {
  return raw === '' && option.default === null;
}

function checked(option: Option, raw: unknown, folder: string, where: string): Value {
  try {
    return parseValue(option, raw, folder);
  } catch (error) {
    if (error instanceof BadValue) throw new AppError('config_invalid', `${where} must be ${error.message}`);
    throw error;
  }
}

/** Of two, neither is better. */
function once(name: string, flag: unknown): string | null {
  if (Array.isArray(flag)) throw new AppError('config_invalid', `--${name} is given twice`);
  return typeof flag === 'string' && flag !== '' ? flag : null;
}

/** Never the current folder by itself: a cloned repository must not steer the daemon. */
function findFile(flag: unknown, env: Env, home: string, cwd: string): string | null {
  const named = once('config', flag) ?? env['LLM_PROXY_CONFIG'] ?? env['CC_PROXY_CONFIG'];
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const { XDG_CONFIG_HOME: given = '' } = env;
  const folder = userFolder(env);
  const configHome = isAbsolute(given) ? given : folder === null ? null : join(folder, '.config');
  const places = [
    join(home, 'llm-proxy.toml'),
    ...(configHome === null ? [] : [join(configHome, 'llm-proxy', 'config.toml')]),
  ];
  return places.find((path) => existsSync(path)) ?? null;
}

function build(home: string, values: ReadonlyMap<string, Value>): Config {
  const tree: Record<string, unknown> = { home };
  for (const [key, value] of values) {
    const [group, name] = key.split('.');
    if (name === undefined) tree[key] = value;
    else tree[group ?? ''] = { ...(tree[group ?? ''] as object | undefined), [name]: value };
  }
  return tree as unknown as Config;
}

const OTHER_VARIABLES = new Set([
  'LLM_PROXY_HOME',
  'LLM_PROXY_CONFIG',
  'LLM_PROXY_CASSETTES',
  'LLM_PROXY_UID',
  'LLM_PROXY_GID',
]);

function unknownVariables(env: Env): string[] {
  const known = new Set((OPTIONS as readonly Option[]).map(variableOf));
  const unknown = Object.keys(env)
    .filter(
      (name) =>
        name.startsWith('LLM_PROXY_') &&
        !known.has(name) &&
        !isAliasedVariable(name) &&
        !OTHER_VARIABLES.has(name) &&
        !name.startsWith('LLM_PROXY_TEST_'),
    )
    .map((name) => `the variable ${name} means nothing to this version and has no effect`);
  const empty = meaninglessVariables(env).map((name) => `the value of ${name} means nothing here and has no effect`);
  return [...unknown, ...empty];
}

export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
