import { headerValue, type HeaderPairs } from '../core/headers.ts';

/** Who a call belongs to, as far as the client says so itself. `null` = it does not. */
export interface Identity {
  session_id: string | null;
  parent_session_id: string | null;
  /** Task, else run, else session. */
  trace_id: string | null;
  span_id: string | null;
  parent_span_id: string | null;
  task_id: string | null;
  run_id: string | null;
  section: string | null;
  section_path: string | null;
  customer_id: string | null;
  tenant_id: string | null;
  agent: string | null;
  /** `product/version`, e.g. `claude-cli/2.1.3`. */
  client: string | null;
}

export interface IdentifyInput {
  requestHeaders: HeaderPairs;
  /** Decoded; `null` when unknown or binary. */
  requestBody: string | null;
  /** From the listener of `run`; it wins over what a header says. */
  runId: string | null;
}

/** Longest value that is kept of any of these; longer ones are not identifiers. */
const MAX_LENGTH = 255;
/** How far `metadata.user_id` is looked for from either end of the body. */
const BODY_WINDOW = 16 * 1024;
const SESSION_ID = /^[A-Za-z0-9_-]{1,255}$/;

/** Earlier names win. Ours and LLMObserve's first: a user set them for this purpose. */
const NAMES = {
  session: [
    'x-llm-proxy-session',
    'x-llm-proxy-session-id',
    'x-llmobserve-session-id',
    'x-claude-code-session-id',
    'session_id', // Codex
    'session-id',
    'conversation_id', // Codex before 0.60
    'conversation-id',
    'x-session-id',
  ],
  parentSession: ['x-llm-proxy-parent-session', 'x-llm-proxy-parent-session-id', 'x-claude-code-parent-session-id'],
  task: ['x-llm-proxy-task', 'x-llm-proxy-task-id', 'x-llmobserve-task-id', 'x-task-id'],
  trace: ['x-llm-proxy-trace', 'x-llm-proxy-trace-id', 'x-llmobserve-trace-id', 'x-trace-id'],
  span: ['x-llm-proxy-span', 'x-llm-proxy-span-id', 'x-llmobserve-span-id'],
  parentSpan: ['x-llm-proxy-parent-span', 'x-llm-proxy-parent-span-id', 'x-llmobserve-parent-span-id'],
  run: ['x-llm-proxy-run', 'x-llm-proxy-run-id', 'x-llmobserve-run-id'],
  section: ['x-llm-proxy-section', 'x-llmobserve-section'],
  sectionPath: ['x-llm-proxy-section-path', 'x-llmobserve-section-path'],
  customer: ['x-llm-proxy-customer', 'x-llm-proxy-customer-id', 'x-llmobserve-customer-id'],
  tenant: ['x-llm-proxy-tenant', 'x-llm-proxy-tenant-id', 'x-llmobserve-tenant-id'],
  agent: [
    'x-llm-proxy-agent',
    'x-llm-proxy-agent-name',
    'x-llmobserve-agent',
    'x-llmobserve-agent-name',
    'x-agent-name',
    'x-claude-code-agent-id', // only sub-agents of Claude Code send it
  ],
} as const satisfies Record<string, readonly string[]>;

type Key = keyof typeof NAMES;
const RANKS: ReadonlyMap<string, { key: Key; rank: number }> = new Map(
  (Object.keys(NAMES) as Key[]).flatMap((key) => NAMES[key].map((name, rank) => [name, { key, rank }] as const)),
);

export function identify(input: IdentifyInput): Identity {
  const named = contextOf(input.requestHeaders);
  const parent = parseTraceparent(headerValue(input.requestHeaders, 'traceparent'));
  const session = named.get('session') ?? sessionOfBody(input.requestBody);
  const orNull = (key: Key): string | null => named.get(key) ?? null;
  const run = input.runId ?? orNull('run');
  const task = orNull('task');
  const section = orNull('section');
  return {
    session_id: session,
    parent_session_id: orNull('parentSession'),
    trace_id: task ?? named.get('trace') ?? parent.traceId ?? run ?? session,
    span_id: orNull('span'),
    // The client's span is the parent of this call.
    parent_span_id: named.get('parentSpan') ?? parent.spanId,
    task_id: task,
    run_id: run,
    section,
    section_path: named.get('sectionPath') ?? section,
    customer_id: orNull('customer'),
    tenant_id: orNull('tenant'),
    agent: orNull('agent'),
    client: clientOf(input.requestHeaders),
  };
}

/** One pass over the headers: most requests have none of these. */
function contextOf(headers: HeaderPairs): ReadonlyMap<Key, string> {
  const values = new Map<Key, string>();
  const ranks = new Map<Key, number>();
  for (const [name, raw] of headers) {
    const known = RANKS.get(name.toLowerCase());
    if (known === undefined || known.rank >= (ranks.get(known.key) ?? Infinity)) continue;
    const value = cleaned(raw);
    if (value === null) continue;
    values.set(known.key, value);
    ranks.set(known.key, known.rank);
  }
  return values;
}

/** Header values are bytes; people write names of customers in UTF-8. Empty, endless or unprintable ones say nothing. */
function cleaned(raw: string): string | null {
  const text = /[\u0080-\u00ff]/.test(raw) ? Buffer.from(raw, 'latin1').toString('utf8') : raw;
  const value = text.trim();
  if (value === '' || value.length > MAX_LENGTH || /[\u0000-\u001f\u007f-\u009f\ufffd]/.test(value)) return null;
  return value;
}

/** W3C trace context: `00-<32 hex>-<16 hex>-<2 hex>`; all zeroes is invalid. */
function parseTraceparent(value: string | null): { traceId: string | null; spanId: string | null } {
  const match =
    value === null ? null : /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/.exec(value.trim());
  const [, traceId = '', spanId = ''] = match ?? [];
  const valid = !/^0*$/.test(traceId) && !/^0*$/.test(spanId);
  return valid ? { traceId, spanId } : { traceId: null, spanId: null };
}

/**
 * Anthropic's `metadata.user_id`: `user_<hash>_account_<id>_session_<id>` (Claude Code up to 2.0), or a JSON text with
 * `session_id` (later). Only the ends of the body are looked at: SDKs write `metadata` before or after the messages,
 * and a search through 300 kB of history for every call is not worth a guess.
 */
function sessionOfBody(body: string | null): string | null {
  if (body === null) return null;
  const windows = body.length <= 2 * BODY_WINDOW ? [body] : [body.slice(-BODY_WINDOW), body.slice(0, BODY_WINDOW)];
  for (const window of windows) {
    const at = window.lastIndexOf('"user_id"');
    const match =
      at < 0 ? null : /^"user_id"\s{0,8}:\s{0,8}"((?:[^"\\]|\\.){1,1024})"/.exec(window.slice(at, at + 2048));
    const session = match?.[1] === undefined ? null : sessionOfUserId(match[1]);
    if (session !== null) return session;
  }
  return null;
}

function sessionOfUserId(userId: string): string | null {
  const json = /\\"session_id\\"\s{0,8}:\s{0,8}\\"([^"\\]{1,255})\\"/.exec(userId);
  const at = userId.lastIndexOf('_session_');
  const session = json?.[1] ?? (at < 0 ? '' : userId.slice(at + '_session_'.length));
  return SESSION_ID.test(session) ? session : null;
}

/** `OpenAI/Python 2.1.0`, `AsyncAnthropic/Python 0.68.0`, `OpenAI/JS 6.49.0`: the SDKs made by Stainless. */
const STAINLESS_AGENT = /^(?:Async)?([A-Za-z]{2,30})\/([A-Za-z]{1,20}) v?(\d[\w.+-]{0,30})/;
const PRODUCT_AGENT = /^([A-Za-z][\w.@/-]{0,60})\/v?(\d[\w.+-]{0,30})/;

function clientOf(headers: HeaderPairs): string | null {
  const agent = headerValue(headers, 'user-agent') ?? '';
  const [, vendor, language, sdkVersion] = STAINLESS_AGENT.exec(agent) ?? [];
  if (vendor !== undefined && language !== undefined && sdkVersion !== undefined)
    return `${vendor.toLowerCase()}-${language.toLowerCase()}/${sdkVersion}`;
  const [, product, version] = PRODUCT_AGENT.exec(agent) ?? [];
  if (product !== undefined && version !== undefined) return `${product}/${version}`;
  return stainlessOf(headers) ?? cleaned(agent.slice(0, 80).split(' ', 1)[0] ?? '');
}

/** Programs that set a user agent of their own (or none) on top of such an SDK. */
function stainlessOf(headers: HeaderPairs): string | null {
  const language = headerValue(headers, 'x-stainless-lang');
  const version = headerValue(headers, 'x-stainless-package-version');
  return language === null || version === null ? null : cleaned(`stainless-${language}/${version}`);
}
