/** Keys of the configuration files of cc-proxy, in Rust, and other names of ours: what they mean here. */
import { parseAuthority } from '../core/hosts.ts';

/** What one key says in our words; null = its value means nothing here. */
type Meaning = (raw: unknown) => Readonly<Record<string, unknown>> | null;

const as =
  (...keys: readonly string[]): Meaning =>
  (raw) =>
    Object.fromEntries(keys.map((key) => [key, raw]));

const ALIASES: Readonly<Record<string, Meaning>> = {
  'target.url': as('target_url'),
  claude_backend: as('anthropic_backend'),
  default_mode: as('mode'),
  'server.listen_address': listenAddress,
  'passthrough.url': as('anthropic_backend', 'passthrough_url'),
  'tracing.log_level': logLevel,
};

/** Of these the tables are read key by key, though none of their keys is an option of ours. */
export const ALIASED_TABLES: ReadonlySet<string> = new Set(['server', 'passthrough', 'tracing']);

/** Variables of cc-proxy: `CC_SERVER__LISTEN_ADDRESS`. */
const VARIABLES: ReadonlySet<string> = new Set([
  'default_mode',
  'server.listen_address',
  'target.timeout_secs',
  'target.max_concurrent',
  'target.max_tokens',
  'target.temperature',
  'target.top_p',
  'passthrough.url',
  'tracing.log_level',
]);

/** `undefined` = no alias, null = one whose value means nothing here. */
export function meaningOf(key: string, raw: unknown): Readonly<Record<string, unknown>> | null | undefined {
  return Object.hasOwn(ALIASES, key) ? ALIASES[key]?.(raw) : undefined;
}

/** By our keys, each with the variable that says it. */
export function aliasedVariables(
  env: Readonly<Record<string, string | undefined>>,
): Map<string, [name: string, value: unknown]> {
  const found = new Map<string, [string, unknown]>();
  for (const key of VARIABLES) {
    const name = `CC_${key.toUpperCase().replaceAll('.', '__')}`;
    const value = env[name];
    if (value === undefined || value === '') continue;
    for (const [own, raw] of Object.entries(meaningOf(key, value) ?? { [key]: value })) found.set(own, [name, raw]);
  }
  return found;
}

/** A file that only cc-proxy's users have: all its calls go to the target unless it says something else. */
export function isOfCcProxy(tree: Readonly<Record<string, unknown>>): boolean {
  const { server, passthrough } = tree;
  return 'default_mode' in tree || hasMember(server, 'listen_address') || hasMember(passthrough, 'url');
}

function hasMember(table: unknown, name: string): boolean {
  return typeof table === 'object' && table !== null && Object.hasOwn(table, name);
}

/** `0.0.0.0:3080`. */
function listenAddress(raw: unknown): Readonly<Record<string, unknown>> | null {
  const authority = typeof raw === 'string' ? parseAuthority(raw) : null;
  return authority === null ? null : { host: authority.host, port: authority.port };
}

/** A filter such as `cc_proxy=debug` has no counterpart. */
function logLevel(raw: unknown): Readonly<Record<string, unknown>> | null {
  return typeof raw === 'string' && /^(?:debug|info|warn|error)$/.test(raw) ? { log_level: raw } : null;
}
