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
  'tracing.otlp_endpoint': as('otlp.url'),
  'tracing.protocol': (raw) => ({ 'otlp.protocol': raw === 'http' ? 'http/protobuf' : raw }),
  'tracing.service_name': as('otlp.service_name'),
  // A batch goes at once when the one before it has arrived, and none is ever given up.
  'loki.batch_wait': () => null,
  'loki.retry_max': () => null,
};

/** Of these the tables are read key by key, though none of their keys is an option of ours. */
export const ALIASED_TABLES: ReadonlySet<string> = new Set(['server', 'passthrough', 'tracing']);

/** Other names of ours, as variables: `LLM_PROXY_CLAUDE_BACKEND`. */
const OWN_VARIABLES: readonly string[] = ['claude_backend', 'target.url'];
/** Variables of the llm-proxy in Go, which has one underscore where ours have two: `LLM_PROXY_LOKI_URL`. */
const LOKI_KEYS = ['enabled', 'url', 'auth_token', 'batch_size', 'batch_wait', 'retry_max', 'use_gzip', 'environment'];
/** Variables of cc-proxy: `CC_SERVER__LISTEN_ADDRESS`. */
const VARIABLES: readonly string[] = [
  'default_mode',
  'server.listen_address',
  'target.timeout_secs',
  'target.max_concurrent',
  'target.max_tokens',
  'target.temperature',
  'target.top_p',
  'passthrough.url',
  'tracing.log_level',
  'tracing.otlp_endpoint',
  'tracing.protocol',
  'tracing.service_name',
];
const NAMES: readonly (readonly [key: string, variable: string])[] = [
  ...LOKI_KEYS.map((key) => [`loki.${key}`, `LLM_PROXY_LOKI_${variablePart(key)}`] as const),
  ...OWN_VARIABLES.map((key) => [key, `LLM_PROXY_${variablePart(key)}`] as const),
  ...VARIABLES.map((key) => [key, `CC_${variablePart(key)}`] as const),
];

function variablePart(key: string): string {
  return key.toUpperCase().replaceAll('.', '__');
}

export function isAliasedVariable(name: string): boolean {
  return NAMES.some(([, variable]) => variable === name);
}

/** `undefined` = no alias, null = one whose value means nothing here. */
export function meaningOf(key: string, raw: unknown): Readonly<Record<string, unknown>> | null | undefined {
  return Object.hasOwn(ALIASES, key) ? ALIASES[key]?.(raw) : undefined;
}

/** By our keys, each with the variable that says it; ours before those of cc-proxy. */
export function aliasedVariables(
  env: Readonly<Record<string, string | undefined>>,
): Map<string, [name: string, value: unknown]> {
  const found = new Map<string, [string, unknown]>();
  for (const [key, name] of NAMES) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    for (const [own, raw] of Object.entries(meaningOf(key, value) ?? { [key]: value }))
      if (!found.has(own)) found.set(own, [name, raw]);
  }
  return found;
}

/** Of those that are set: names whose value says nothing here. */
export function meaninglessVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return NAMES.filter(([key, name]) => (env[name] ?? '') !== '' && meaningOf(key, env[name]) === null).map(
    ([, name]) => name,
  );
}

/** A file that only cc-proxy's users have: all its calls go to the target unless it says something else. */
export function isOfCcProxy(tree: Readonly<Record<string, unknown>>): boolean {
  const { server, passthrough } = tree;
  return 'default_mode' in tree || hasMember(server, 'listen_address') || hasMember(passthrough, 'url');
}

function hasMember(table: unknown, name: string): boolean {
  return typeof table === 'object' && table !== null && Object.hasOwn(table, name);
}

/** `0.0.0.0:3080`; port 0 = any free one. */
function listenAddress(raw: unknown): Readonly<Record<string, unknown>> | null {
  const text = typeof raw === 'string' ? raw : '';
  const isAnyPort = /:0+$/.test(text);
  const authority = parseAuthority(isAnyPort ? text.replace(/:0+$/, ':1') : text);
  return authority === null ? null : { host: authority.host, port: isAnyPort ? 0 : authority.port };
}

/** A filter such as `cc_proxy=debug` has no counterpart. */
function logLevel(raw: unknown): Readonly<Record<string, unknown>> | null {
  return typeof raw === 'string' && /^(?:debug|info|warn|error)$/.test(raw) ? { log_level: raw } : null;
}
