/** The address of a PostgreSQL database, `postgresql://user:password@host:5432/database?sslmode=verify-full`, as libpq reads it. */
import { AppError } from '../core/errors.ts';

const TLS_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

export interface PostgresAddress {
  /** A name, an IP address, or the folder of a Unix socket (with `/` first). */
  host: string;
  port: number;
  user: string;
  /** Empty = none. */
  password: string;
  database: string;
  tls: TlsMode;
  /** Files of PEM, or `system` for the first; null = not named. */
  rootCert: string | null;
  cert: string | null;
  key: string | null;
  /** TLS from the first byte on, as PostgreSQL 17 offers it. */
  directTls: boolean;
  /** SCRAM is tied to the certificate where the server offers it. */
  channelBinding: boolean;
  applicationName: string;
}

/** Without effect here, but part of addresses that providers hand out. */
const PASSED_OVER = new Set(['connect_timeout', 'gssencmode', 'pgbouncer', 'target_session_attrs', 'uselibpqcompat']);
const READ = [
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslnegotiation',
  'channel_binding',
  'application_name',
] as const;
type Parameter = (typeof READ)[number];

/** @throws AppError `config_invalid`, without a word of the address but names of parameters */
export function readPostgresAddress(text: string): PostgresAddress {
  const url = parsed(text);
  const given = parametersOf(url);
  const user = given.user ?? decoded(url.username);
  if (user === '') throw invalid('it names no user: postgresql://USER:PASSWORD@HOST/DATABASE');
  const database = given.dbname ?? decoded(url.pathname.slice(1));
  return {
    ...placeOf(url, given),
    user,
    password: given.password ?? decoded(url.password),
    database: database === '' ? user : database,
    tls: tlsModeOf(given),
    rootCert: given.sslrootcert ?? null,
    cert: given.sslcert ?? null,
    key: given.sslkey ?? null,
    directTls: given.sslnegotiation === 'direct',
    channelBinding: (given.channel_binding ?? 'disable') !== 'disable',
    applicationName: given.application_name ?? 'llm-proxy',
  };
}

type Given = Partial<Record<Parameter, string>>;

function placeOf(url: URL, given: Given): Pick<PostgresAddress, 'host' | 'port'> {
  const host = (given.host ?? decoded(url.hostname)).replace(/^\[(.*)\]$/, '$1');
  const port = Number(given.port ?? (url.port === '' ? 5432 : url.port));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid('its port is none');
  return { host: host === '' ? 'localhost' : host, port };
}

/** For people: no user, no password. */
export function shownAddress({ host, port, database }: PostgresAddress): string {
  const place = host.includes(':') ? `[${host}]` : host;
  return `postgresql://${place}:${port}/${database}`;
}

function parsed(text: string): URL {
  if (!/^postgres(?:ql)?:\/\//.test(text)) throw invalid('it does not begin with postgresql://');
  if (!URL.canParse(text))
    throw invalid('it cannot be read: write @ : / ? # and % in a password as %40 %3A %2F %3F %23 %25');
  return new URL(text);
}

/** An option that is not understood is not passed over: it may be one that should have made the connection safe. */
function parametersOf(url: URL): Given {
  const given: Given = {};
  for (const [name, value] of url.searchParams) {
    const known = READ.find((one) => one === name);
    if (known !== undefined) given[known] = value;
    else if (!PASSED_OVER.has(name)) throw invalid(`"${name}" in it is not known; known are ${READ.join(', ')}`);
  }
  return given;
}

function tlsModeOf({ sslmode, sslrootcert }: Given): TlsMode {
  // As libpq: the roots of the system make sense with a name to check alone.
  if (sslmode === undefined) return sslrootcert === 'system' ? 'verify-full' : 'prefer';
  const mode = TLS_MODES.find((one) => one === sslmode);
  if (mode === undefined) throw invalid(`its sslmode is none of ${TLS_MODES.join(', ')}`);
  if (sslrootcert === 'system' && mode !== 'verify-full') throw invalid('sslrootcert=system needs sslmode=verify-full');
  return mode;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a % in it is not followed by two hex digits: write %25');
  }
}

function invalid(why: string): AppError {
  return new AppError('config_invalid', `not the address of a PostgreSQL database: ${why}`);
}
