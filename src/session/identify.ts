import type { CallContext } from '../core/call-context.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import { clientOf } from './clients.ts';

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
const USER_ID = /"metadata"\s{0,8}:\s{0,8}\{[^{}]{0,1024}?"user_id"\s{0,8}:\s{0,8}"((?:[^"\\]|\\.){1,1024})"/g;
const SESSION_ID = /^[A-Za-z0-9_-]{1,255}$/;

/** Lower case; earlier names win. Ours and LLMObserve's first: a user set them for this purpose. docs/clients.md has them all. */
const NAMES = {
  session: [
    'x-llm-proxy-session',
    'x-llm-proxy-session-id',
    'x-llmobserve-session-id',
    'x-claude-code-session-id',
    'thread-id', // Codex: a sub-agent has a thread of its own within the session
    'thread_id',
    'session_id', // Codex
    'session-id',
    'conversation_id', // Codex before 0.60
    'conversation-id',
    'x-opencode-session',
    'x-client-session-id', // Copilot CLI
    'helicone-session-id',
    'x-litellm-session-id',
    'x-session-id',
  ],
  parentSession: [
    'x-llm-proxy-parent-session',
    'x-llm-proxy-parent-session-id',
    'x-claude-code-parent-session-id',
    'x-codex-parent-thread-id',
  ],
  task: ['x-llm-proxy-task', 'x-llm-proxy-task-id', 'x-llmobserve-task-id', 'x-task-id'],
  trace: [
    'x-llm-proxy-trace',
    'x-llm-proxy-trace-id',
    'x-llmobserve-trace-id',
    'x-trace-id',
    'x-portkey-trace-id',
    'x-litellm-trace-id',
  ],
  span: ['x-llm-proxy-span', 'x-llm-proxy-span-id', 'x-llmobserve-span-id'],
  parentSpan: ['x-llm-proxy-parent-span', 'x-llm-proxy-parent-span-id', 'x-llmobserve-parent-span-id'],
  run: ['x-llm-proxy-run', 'x-llm-proxy-run-id', 'x-llmobserve-run-id'],
  section: ['x-llm-proxy-section', 'x-llmobserve-section'],
  sectionPath: ['x-llm-proxy-section-path', 'x-llmobserve-section-path', 'helicone-session-path'],
  customer: [
    'x-llm-proxy-customer',
    'x-llm-proxy-customer-id',
    'x-llmobserve-customer-id',
    'x-customer-id',
    'helicone-user-id',
  ],
  tenant: ['x-llm-proxy-tenant', 'x-llm-proxy-tenant-id', 'x-llmobserve-tenant-id'],
  agent: [
    'x-llm-proxy-agent',
    'x-llm-proxy-agent-name',
    'x-llmobserve-agent',
    'x-llmobserve-agent-name',
    'x-agent-name',
    'x-claude-code-agent-id', // only sub-agents of Claude Code send it
    'x-openai-subagent', // Codex: `review`, `compact`, `collab_spawn`
  ],
} as const satisfies Record<string, readonly string[]>;

/** Members of W3C `baggage`, lower case; earlier keys win. A header of its own wins over them all. */
const BAGGAGE_KEYS = {
  session: ['session.id', 'gen_ai.conversation.id', 'langfuse.session.id', 'langfuse_session_id', 'session'],
  task: ['task.id', 'task'],
  run: ['run.id', 'run'],
  section: ['section'],
  customer: ['customer.id', 'customer', 'user.id', 'enduser.id', 'langfuse.user.id', 'langfuse_user_id'],
  tenant: ['tenant.id', 'tenant'],
  agent: ['gen_ai.agent.name', 'agent.name', 'agent'],
} as const satisfies Partial<Record<keyof typeof NAMES, readonly string[]>>;
/** Members of the JSON in Codex's `x-codex-turn-metadata`: it says there what its other headers say, and more. */
const CODEX_KEYS = {
  session: ['thread_id', 'session_id'],
  parentSession: ['parent_thread_id'],
  agent: ['subagent_kind'],
} as const satisfies Partial<Record<keyof typeof NAMES, readonly string[]>>;
/** Longest header that is read member by member: what W3C asks of who passes baggage on. */
const MAX_MEMBERS_LENGTH = 8192;

type Key = keyof typeof NAMES;
type Ranks = ReadonlyMap<string, { key: Key; rank: number }>;
const HEADER_RANKS = ranksOf(NAMES, 0);
/** Headers with members of their own: how they are read, and what their members mean. Below all other headers. */
const MEMBERS: ReadonlyMap<string, { read(text: string): [key: string, value: string][]; ranks: Ranks }> = new Map([
  ['x-codex-turn-metadata', { read: textsOfJson, ranks: ranksOf(CODEX_KEYS, 1000) }],
  ['baggage', { read: membersOfBaggage, ranks: ranksOf(BAGGAGE_KEYS, 2000) }],
]);

function ranksOf(names: Partial<Record<Key, readonly string[]>>, base: number): Ranks {
  const entries = Object.entries(names) as [Key, readonly string[]][];
  return new Map(entries.flatMap(([key, list]) => list.map((name, rank) => [name, { key, rank: base + rank }])));
}

/** Who a call belongs to, as far as the client says so itself. */
export function identify(input: IdentifyInput): CallContext {
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
  const take = (known: { key: Key; rank: number } | undefined, text: string): void => {
    if (known === undefined || known.rank >= (ranks.get(known.key) ?? Infinity)) return;
    const value = usable(text);
    if (value === null) return;
    values.set(known.key, value);
    ranks.set(known.key, known.rank);
  };
  for (const [name, raw] of headers) {
    const key = name.toLowerCase();
    const known = HEADER_RANKS.get(key);
    if (known !== undefined) take(known, decoded(raw));
    const members = MEMBERS.get(key);
    if (members === undefined || raw.length > MAX_MEMBERS_LENGTH) continue;
    for (const [member, text] of members.read(decoded(raw))) take(members.ranks.get(member), text);
  }
  return values;
}

/** Header values are bytes; people write names of customers in UTF-8. */
function decoded(raw: string): string {
  return /[\u0080-\u00ff]/.test(raw) ? Buffer.from(raw, 'latin1').toString('utf8') : raw;
}

/** Empty, endless or unprintable values say nothing. */
function usable(text: string): string | null {
  const value = text.trim();
  if (value === '' || value.length > MAX_LENGTH || /[\u0000-\u001f\u007f-\u009f\ufffd]/.test(value)) return null;
  return value;
}

/** W3C baggage: `key=value;property, key2=value2`; values are percent-encoded UTF-8. */
function membersOfBaggage(text: string): [key: string, value: string][] {
  return text.split(',').flatMap((member): [string, string][] => {
    const [pair = ''] = member.split(';', 1);
    const at = pair.indexOf('=');
    try {
      return at < 1 ? [] : [[pair.slice(0, at).trim().toLowerCase(), decodeURIComponent(pair.slice(at + 1).trim())]];
    } catch {
      return []; // a `%` that encodes nothing
    }
  });
}

function textsOfJson(text: string): [key: string, value: string][] {
  try {
    const object: unknown = JSON.parse(text);
    if (typeof object !== 'object' || object === null) return [];
    return Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  } catch {
    return [];
  }
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
    // Tools have members of that name, too, and so has what is given to them: none of these hides the session.
    const ids = Array.from(window.matchAll(USER_ID), ([, userId = '']) => sessionOfUserId(userId));
    const session = ids.findLast((id) => id !== null);
    if (session !== undefined) return session;
  }
  return null;
}

function sessionOfUserId(userId: string): string | null {
  const json = /\\"session_id\\"\s{0,8}:\s{0,8}\\"([^"\\]{1,255})\\"/.exec(userId);
  const at = userId.lastIndexOf('_session_');
  const session = json?.[1] ?? (at < 0 ? '' : userId.slice(at + '_session_'.length));
  return SESSION_ID.test(session) ? session : null;
}
