/** Every variable that makes a program use the proxy and trust its CA. Pure; the files behind it: client-files.ts. */

/** `ca-adds`: the client adds the file to its own roots. `ca-replaces`: the file is all it trusts, so it holds the public roots too. */
type VariableKind = 'proxy' | 'ca-adds' | 'ca-replaces' | 'runtime' | 'base-url';

export interface ClientVariable {
  name: string;
  value: string;
  kind: VariableKind;
  /** Which clients read it. */
  readers: string;
}

export interface ClientEnvInput {
  proxyUrl: string;
  /** Our roots alone. */
  caFile: string;
  /** Public roots and ours. */
  bundleFile: string;
  /** What the child would get without us. */
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** A file with everything that `existing` (file or folder) trusts, and our roots; null = nothing usable there. */
  merge(existing: string): string | null;
  /** Each null = leave that runtime as it is. */
  nodePreload: string | null;
  pythonFolder: string | null;
  wgetrc: string | null;
  javaTrustStore: { file: string; password: string } | null;
}

/** What must never go through a proxy: this machine, and the addresses where clouds hand out credentials. */
const DIRECT_HOSTS = [
  'localhost',
  '127.0.0.1',
  '::1',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'metadata.google.internal',
  '100.100.100.200',
] as const;

interface CaVariable {
  name: string;
  kind: 'ca-adds' | 'ca-replaces';
  readers: string;
}

const CA_VARIABLES: readonly CaVariable[] = [
  {
    name: 'NODE_EXTRA_CA_CERTS',
    kind: 'ca-adds',
    readers: 'Node, Bun, Deno 2.8+, Claude Code, Gemini CLI, Copilot CLI',
  },
  { name: 'DENO_CERT', kind: 'ca-adds', readers: 'Deno' },
  { name: 'CODEX_CA_CERTIFICATE', kind: 'ca-adds', readers: 'Codex CLI' },
  {
    name: 'SSL_CERT_FILE',
    kind: 'ca-replaces',
    readers: 'OpenSSL: Python ssl, httpx, aiohttp, Ruby; Go, Rust, .NET on Linux',
  },
  { name: 'REQUESTS_CA_BUNDLE', kind: 'ca-replaces', readers: 'Python requests' },
  { name: 'CURL_CA_BUNDLE', kind: 'ca-replaces', readers: 'curl, Python requests' },
  { name: 'AWS_CA_BUNDLE', kind: 'ca-replaces', readers: 'AWS CLI, boto3' },
  { name: 'PIP_CERT', kind: 'ca-replaces', readers: 'pip' },
  { name: 'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', kind: 'ca-replaces', readers: 'gRPC C core, @grpc/grpc-js' },
  { name: 'GIT_SSL_CAINFO', kind: 'ca-replaces', readers: 'git' },
  { name: 'HTTPLIB2_CA_CERTS', kind: 'ca-replaces', readers: 'Python httplib2' },
  { name: 'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE', kind: 'ca-replaces', readers: 'gcloud' },
  { name: 'NIX_SSL_CERT_FILE', kind: 'ca-replaces', readers: 'programs packaged by Nix' },
];

/** In the order in which `env` prints them. `input.env` must be free of what an earlier call set: see `withoutClientEnv`. */
export function clientVariables(input: ClientEnvInput): ClientVariable[] {
  return [
    ...proxyVariables(input),
    ...CA_VARIABLES.map((variable) => caVariable(variable, input)),
    ...runtimeVariables(input),
  ];
}

function proxyVariables({ proxyUrl, env, platform }: ClientEnvInput): ClientVariable[] {
  const noProxy = directHosts(env).join(',');
  const variables: ClientVariable[] = [
    { name: 'HTTPS_PROXY', value: proxyUrl, kind: 'proxy', readers: 'nearly all' },
    { name: 'HTTP_PROXY', value: proxyUrl, kind: 'proxy', readers: 'nearly all' },
    { name: 'NO_PROXY', value: noProxy, kind: 'proxy', readers: 'nearly all' },
  ];
  // Names have no case on Windows. Elsewhere both are needed: curl reads http_proxy in lower case only, Deno ignores
  // an upper-case entry in NO_PROXY, and where both exist most clients prefer the lower-case one.
  const lower =
    platform === 'win32' ? [] : variables.map((variable) => ({ ...variable, name: variable.name.toLowerCase() }));
  return [
    ...variables,
    ...lower,
    { name: 'NODE_USE_ENV_PROXY', value: '1', kind: 'proxy', readers: 'Node 22.21+, 24.5+' },
  ];
}

/** The user's exemptions first, ours after them, none twice. */
function directHosts(env: ClientEnvInput['env']): string[] {
  const own = [env['no_proxy'], env['NO_PROXY']].flatMap((list) => (list ?? '').split(/[,\s]+/));
  return [...new Set([...own.filter((entry) => entry !== ''), ...DIRECT_HOSTS])];
}

/** Hosts whose exemption is worth a word. */
const PROMINENT_HOSTS = ['api.anthropic.com', 'api.openai.com', 'generativelanguage.googleapis.com'] as const;

/** Entries of the user's NO_PROXY that hide calls of the great providers from the proxy. */
export function hidingExemptions(env: ClientEnvInput['env']): string[] {
  return directHosts(env).filter((entry) => {
    const name = entry
      .toLowerCase()
      .replace(/:\d+$/, '')
      .replace(/^\*?\./, '');
    return name === '*' || PROMINENT_HOSTS.some((host) => host === name || host.endsWith(`.${name}`));
  });
}

function caVariable(variable: CaVariable, input: ClientEnvInput): ClientVariable {
  const existing = input.env[variable.name];
  const merged = existing === undefined || existing === '' ? null : input.merge(existing);
  return { ...variable, value: merged ?? (variable.kind === 'ca-adds' ? input.caFile : input.bundleFile) };
}

function runtimeVariables(input: ClientEnvInput): ClientVariable[] {
  const { env, platform, nodePreload, pythonFolder, wgetrc, javaTrustStore } = input;
  const variables: ClientVariable[] = [];
  const add = (name: string, value: string, readers: string): void => {
    variables.push({ name, value, kind: 'runtime', readers });
  };
  if (nodePreload !== null) {
    add(
      'NODE_OPTIONS',
      joined(env['NODE_OPTIONS'], `--require=${nodeQuoted(nodePreload)}`, ' '),
      'Node 20 – 22.20, SDKs with own agents',
    );
  }
  if (pythonFolder !== null) {
    add('PYTHONPATH', joined(pythonFolder, env['PYTHONPATH'], platform === 'win32' ? ';' : ':'), 'Python aiohttp');
  }
  if (wgetrc !== null) add('WGETRC', wgetrc, 'wget');
  const java = javaOptions(input, javaTrustStore);
  if (java !== null) add('JAVA_TOOL_OPTIONS', joined(env['JAVA_TOOL_OPTIONS'], java, ' '), 'Java');
  return variables;
}

function joined(first: string | undefined, second: string | undefined, separator: string): string {
  return [first, second].filter((part) => part !== undefined && part !== '').join(separator);
}

/** NODE_OPTIONS is split at spaces outside double quotes; a backslash escapes inside them. */
function nodeQuoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replace(/[\\"]/g, '\\$&')}"` : path;
}

/** Java reads no variable for the proxy, and a trust store given to it replaces its own. */
function javaOptions(input: ClientEnvInput, store: ClientEnvInput['javaTrustStore']): string | null {
  const existing = input.env['JAVA_TOOL_OPTIONS'] ?? '';
  if (store === null || existing.includes('-Djavax.net.ssl.trustStore=')) return null;
  const { hostname, port } = new URL(input.proxyUrl);
  const options = ['http', 'https'].flatMap((scheme) => [
    `-D${scheme}.proxyHost=${hostname}`,
    `-D${scheme}.proxyPort=${port}`,
  ]);
  options.push(`-Dhttp.nonProxyHosts=${javaDirectHosts(directHosts(input.env)).join('|')}`);
  options.push(`-Djavax.net.ssl.trustStore=${store.file}`, `-Djavax.net.ssl.trustStorePassword=${store.password}`);
  options.push('-Djavax.net.ssl.trustStoreType=PKCS12');
  return options.map(javaQuoted).join(' ');
}

/** `corp.com` and `.corp.com` mean the name and all below it; Java knows only `*` at either end. */
function javaDirectHosts(entries: readonly string[]): string[] {
  const patterns = entries.flatMap((entry) => {
    const name = entry.replace(/^\*?\./, '');
    if (entry === '*') return ['*'];
    if (/^[\d.]+$/.test(entry) || entry.includes(':') || !entry.includes('.')) return [entry];
    return [name, `*.${name}`];
  });
  return [...new Set([...patterns, '127.*'])];
}

/** The JVM splits at white space outside quotes and knows no escape inside them. */
function javaQuoted(option: string): string {
  if (!/[\s"']/.test(option)) return option;
  return option.includes('"') ? `'${option}'` : `"${option}"`;
}

/** Remembers in the environment itself what was there before, so that anybody can undo it. Not a configuration key. */
export const BACKUP_VARIABLE = '_LLM_PROXY_ENV';

interface Backup {
  /** Name -> value before us; null = was not set. */
  before: Record<string, string | null>;
  /** Name -> value that we set. */
  set: Record<string, string>;
}

export function backupValue(variables: readonly ClientVariable[], env: ClientEnvInput['env']): string {
  const backup: Backup = { before: {}, set: {} };
  for (const { name, value } of variables) {
    backup.before[name] = env[name] ?? null;
    backup.set[name] = value;
  }
  return Buffer.from(JSON.stringify(backup)).toString('base64');
}

/** What undoes an earlier `env`: name -> value to restore, null = unset. What was changed since is left as it is. */
export function restoreOf(env: ClientEnvInput['env']): Record<string, string | null> {
  const packed = env[BACKUP_VARIABLE];
  if (packed === undefined || packed === '') return {};
  const backup = parseBackup(packed);
  const restore: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(backup?.before ?? {})) {
    if (env[name] === backup?.set[name]) restore[name] = value;
  }
  restore[BACKUP_VARIABLE] = null;
  return restore;
}

function parseBackup(packed: string): Backup | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(packed, 'base64').toString('utf8'));
    if (typeof value !== 'object' || value === null || !('before' in value) || !('set' in value)) return null;
    const { before, set } = value;
    return isStringMap(before) && isStringMap(set) ? (value as Backup) : null;
  } catch {
    return null;
  }
}

function isStringMap(map: unknown): boolean {
  if (typeof map !== 'object' || map === null) return false;
  return Object.values(map).every((item) => item === null || typeof item === 'string');
}

/** The environment as it was before `run` or `env` touched it. */
export function withoutClientEnv(env: ClientEnvInput['env']): Record<string, string | undefined> {
  const clean: Record<string, string | undefined> = { ...env };
  for (const [name, value] of Object.entries(restoreOf(env))) {
    if (value === null) delete clean[name];
    else clean[name] = value;
  }
  return clean;
}
