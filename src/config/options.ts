/** Every option of `start`: one row gives the flag, the key of the file, the variable, the default and the help. */
import { DELIVERY_OPTIONS } from './delivery-options.ts';
import { GATEWAY_OPTIONS } from './gateway-options.ts';

export type OptionKind =
  | 'text'
  | 'path'
  | 'port'
  | 'texts'
  | 'paths'
  | 'bytes'
  | 'number'
  | 'decimal'
  | 'boolean'
  | 'choice'
  | 'local-servers'
  | 'tables';

export interface Option {
  /** Dotted key in `llm-proxy.toml`; the variable is `LLM_PROXY_` + upper case, `.` as `__`. */
  readonly key: string;
  readonly kind: OptionKind;
  /** As it would stand in the file; `null` = none. */
  readonly default: string | number | boolean | readonly string[] | null;
  readonly choices?: readonly string[];
  /** Given on the command line as `--name`; absent = file and environment only. */
  readonly flag?: string;
  /** Another name of the flag. */
  readonly alias?: string;
  /** Placeholder in the help. */
  readonly value: string;
  readonly help: string;
  /** Nobody is shown its value. */
  readonly secret?: true;
}

export const OPTIONS = [
  {
    key: 'host',
    flag: 'host',
    kind: 'text',
    value: 'ADDRESS',
    default: '127.0.0.1',
    help: 'Address of the proxy port. Beyond loopback, clients of private ranges only are served',
  },
  { key: 'port', flag: 'port', kind: 'port', value: 'N', default: 8080, help: 'Proxy port; 0 = any free one' },
  {
    key: 'admin_host',
    flag: 'admin-host',
    kind: 'text',
    value: 'ADDRESS',
    default: '127.0.0.1',
    help: 'Address of the admin port (health, metrics, API)',
  },
  {
    key: 'admin_port',
    flag: 'admin-port',
    kind: 'port',
    value: 'N',
    default: 8081,
    help: 'Admin port; 0 = any free one',
  },
  {
    key: 'log_dir',
    flag: 'log-dir',
    kind: 'path',
    value: 'DIR',
    default: 'logs',
    help: 'Where the log files go',
  },
  {
    key: 'certs_dir',
    flag: 'certs-dir',
    kind: 'path',
    value: 'DIR',
    default: 'certs',
    help: 'Public half of the CA: ca.pem, bundle.pem',
  },
  { key: 'keys_dir', kind: 'path', value: 'DIR', default: 'keys', help: 'Private half of the CA, mode 0700' },
  { key: 'db', flag: 'db', kind: 'path', value: 'FILE', default: 'data/llm-proxy.db', help: 'The SQLite database' },
  {
    key: 'intercept',
    flag: 'intercept',
    kind: 'texts',
    value: 'HOST...',
    default: [],
    help: 'Hosts to decrypt beside the providers; each with all below it',
  },
  {
    key: 'tunnel',
    flag: 'tunnel',
    kind: 'texts',
    value: 'HOST...',
    default: [],
    help: 'Hosts never to decrypt; stronger than --intercept',
  },
  {
    key: 'upstream_ca',
    flag: 'upstream-ca',
    kind: 'paths',
    value: 'FILE',
    default: [],
    help: 'More roots to trust upstream, PEM',
  },
  {
    key: 'upstream_proxy',
    flag: 'upstream-proxy',
    kind: 'text',
    value: 'URL',
    default: null,
    help: 'Reach upstreams through this HTTP proxy',
  },
  {
    key: 'connect_to',
    flag: 'connect-to',
    kind: 'texts',
    value: 'HOST:PORT:ADDR:PORT...',
    default: [],
    help: "Dial ADDR:PORT for HOST:PORT, as curl's option",
  },
  {
    key: 'openai_backend',
    flag: 'openai-backend',
    kind: 'text',
    value: 'URL',
    default: null,
    help: 'Where calls to the base URLs of OpenAI go instead, e.g. http://127.0.0.1:11434/v1',
  },
  {
    key: 'anthropic_backend',
    flag: 'anthropic-backend',
    alias: 'claude-backend',
    kind: 'text',
    value: 'URL',
    default: null,
    help: 'The same for Anthropic (also --claude-backend)',
  },
  {
    key: 'backends',
    flag: 'backend',
    kind: 'texts',
    value: 'PROVIDER=URL...',
    default: [],
    help: 'The same for any provider',
  },
  {
    key: 'bedrock_region',
    flag: 'bedrock-region',
    kind: 'text',
    value: 'REGION',
    default: null,
    help: 'Sign calls to /model/... for Amazon Bedrock there, with the AWS credentials of the daemon (also BEDROCK_REGION)',
  },
  {
    key: 'passthrough_url',
    flag: 'passthrough-url',
    kind: 'text',
    value: 'URL',
    default: null,
    help: 'Where requests to paths go that are no base URL of a provider',
  },
  ...GATEWAY_OPTIONS,
  {
    key: 'log_level',
    flag: 'log-level',
    kind: 'choice',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    value: 'LEVEL',
    default: 'info',
    help: "Of the daemon's own messages",
  },
  {
    key: 'logs.bodies',
    kind: 'choice',
    choices: ['full', 'new', 'none'],
    value: 'WHAT',
    default: 'full',
    help: 'Bodies in log files: all, only what is new in a conversation, none',
  },
  {
    key: 'logs.max_file_bytes',
    kind: 'bytes',
    value: 'BYTES',
    default: '64MiB',
    help: 'A log file is closed at this size (and at midnight)',
  },
  {
    key: 'logs.max_total_bytes',
    kind: 'bytes',
    value: 'BYTES',
    default: '1GiB',
    help: 'Oldest log files are deleted above this; 0 = never',
  },
  {
    key: 'logs.max_age_days',
    kind: 'number',
    value: 'DAYS',
    default: 30,
    help: 'Older log files are deleted; 0 = never',
  },
  {
    key: 'session_log.enabled',
    kind: 'boolean',
    value: 'true|false',
    default: false,
    help: 'Each conversation as a file of JSON lines: session-log.md. On when the file is one of the Go llm-proxy',
  },
  {
    key: 'session_log.dir',
    kind: 'path',
    value: 'DIR',
    default: null,
    help: 'Where they go, as HOST/YYYY-MM-DD/SESSION.jsonl; without it `sessions` in `log_dir`. Sizes and ages: `logs`',
  },
  {
    key: 'retention.bodies_max_age_days',
    kind: 'number',
    value: 'DAYS',
    default: 90,
    help: 'Older bodies are deleted from the database; 0 = never',
  },
  {
    key: 'retention.bodies_max_total_bytes',
    kind: 'bytes',
    value: 'BYTES',
    default: '2GiB',
    help: 'Oldest bodies are deleted while bodies take more; 0 = never',
  },
  {
    key: 'retention.records_max_age_days',
    kind: 'number',
    value: 'DAYS',
    default: 0,
    help: 'Older records of calls are deleted, their bodies with them (totals stay); 0 = never',
  },
  {
    key: 'retention.records_max_total_bytes',
    kind: 'bytes',
    value: 'BYTES',
    default: '4GiB',
    help: 'Oldest records are deleted, their bodies with them, while the database holds more; 0 = never',
  },
  {
    key: 'admin.auth',
    kind: 'choice',
    choices: ['token', 'none'],
    value: 'HOW',
    default: 'token',
    help: 'Who may read content: holders of run/admin-token, or everybody (loopback only)',
  },
  {
    key: 'admin.allowed_hosts',
    kind: 'texts',
    value: 'HOST...',
    default: [],
    help: 'More names by which the admin port may be called (Host header), and whose web pages may call base URLs',
  },
  {
    key: 'usage.include_usage',
    flag: 'include-usage',
    kind: 'texts',
    value: 'PROVIDER...',
    default: [],
    help: 'Providers whose streams are asked for their usage when the client does not ask; the answer is taken out again',
  },
  {
    key: 'usage.estimate',
    kind: 'boolean',
    value: 'true|false',
    default: true,
    help: 'Count the tokens of answers whose provider states none; shown apart from what providers state',
  },
  {
    key: 'context.cut',
    kind: 'texts',
    value: 'HEADER...',
    default: [],
    help: 'Headers that are read here and not sent to providers, beside X-LLM-Proxy-* and X-LLMObserve-*: clients.md',
  },
  {
    key: 'capture.bodies_of',
    kind: 'texts',
    value: 'PROVIDER...',
    default: [],
    help: 'Payments, messaging, search and vector databases (by id) whose bodies are kept; without it their usage alone is',
  },
  {
    key: 'store.bodies',
    kind: 'choice',
    choices: ['full', 'none'],
    value: 'WHAT',
    default: 'full',
    help: 'none: what calls sent and got is not stored; their counts are. Of the log files: logs.bodies',
  },
  {
    key: 'store.durability',
    kind: 'choice',
    choices: ['default', 'strict'],
    value: 'MODE',
    default: 'default',
    help: 'strict: an answer ends for its client when its call is on record, so that a kill loses none: durability.md',
  },
  {
    key: 'store.backups',
    kind: 'number',
    value: 'COUNT',
    default: 2,
    help: 'Copies of the database in <data>/backups, made before a new version changes it; 0 = none',
  },
  {
    key: 'prices.overrides',
    kind: 'path',
    value: 'FILE',
    default: 'prices.json',
    help: 'Prices of your own: prices.md; `llm-proxy prices override` writes it',
  },
  {
    key: 'prices.table',
    kind: 'path',
    value: 'FILE',
    default: 'data/genai-prices.json',
    help: 'Where `llm-proxy prices update` keeps a newer price table',
  },
  ...DELIVERY_OPTIONS,
  {
    key: 'local',
    kind: 'local-servers',
    value: '[[local]]',
    default: [],
    help: 'Model servers of your own: provider (ollama, lmstudio, vllm, llamacpp), host, port',
  },
  {
    key: 'provider',
    kind: 'tables',
    value: '[[provider]]',
    default: [],
    help: 'Providers of your own, in the file only: adding-a-provider.md',
  },
] as const satisfies readonly Option[];

/** Capabilities of later versions, and keys of the configuration files of the programs that this one replaces. */
export const NOT_YET: ReadonlySet<string> = new Set([
  'budgets',
  'sessions',
  'sinks',
  'webhook',
  'prometheus',
  'providers',
  'estimate',
  'redact',
  'dashboard',
  'mcp',
  'explore_port',
  'environment',
]);

export function variableOf(option: Option): string {
  return `LLM_PROXY_${option.key.toUpperCase().replaceAll('.', '__')}`;
}
