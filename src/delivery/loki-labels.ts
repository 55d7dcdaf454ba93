/**
 * Labels of streams: the set of the Go llm-proxy. Each set of values is a stream of its own, which Loki pays for: only what
 * has few values is one. Ids and numbers are in the lines.
 */
import type { CallRecord } from '../core/capture.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import { hostedToolsOf, toolsOf } from '../interchange/conversation/tools.ts';
import { isObject, objectAt } from '../providers/families/json.ts';

/** Empty values are left out. */
export type Labels = Readonly<Record<string, string>>;
export type LabelValues = Readonly<Record<string, string | boolean | null>>;

/** Who sends. */
export interface LokiPlace {
  /** `user@host`. */
  readonly machine: string;
  readonly environment: string;
}

/** Loki takes 2,048 bytes; nothing that has few values is longer than this. Characters. */
const MAX_VALUE = 128;

export function labelsOf(values: LabelValues): Labels {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== '') labels[name] = String(value).slice(0, MAX_VALUE);
  return labels;
}

/** What all entries of a call have. */
export function callLabels(record: CallRecord, { machine, environment }: LokiPlace): LabelValues {
  return {
    app: 'llm-proxy',
    provider: record.provider,
    environment,
    machine,
    model: modelOf(record),
    transport: isBedrock(record) ? 'bedrock' : 'direct',
    leg: record.leg === 'shadow' ? 'shadow' : null,
  };
}

export function isBedrock({ provider, transport }: CallRecord): boolean {
  return provider === 'bedrock' || transport === 'bedrock';
}

/** What clients make up is answered by an error of theirs: such a name is in the line alone. */
function modelOf({ status, request_model: asked, response_model: answered }: CallRecord): string | null {
  const isSeen = status !== null && (status < 400 || status === 429 || status >= 500);
  return isSeen ? (asked ?? answered) : null;
}

/** `2xx`, `4xx` ... */
export function statusBucket(status: number | null): string | null {
  return status === null ? null : `${Math.floor(status / 100)}xx`;
}

/** Models name tools that are none: what is no name of a tool is no label. */
export function toolLabel(name: string | null): string {
  return name !== null && /^[\w.:/-]{1,128}$/.test(name) ? name : 'unknown';
}

/** A word of the provider: `end_turn`, `MAX_TOKENS`. */
export function wordLabel(text: string | null): string | null {
  return text !== null && /^\w[\w. -]{0,63}$/.test(text) ? text : null;
}

const RATE_LIMIT_STATUS = 'anthropic-ratelimit-unified-status';

export function rateLimitStatus(headers: HeaderPairs): string | null {
  return wordLabel(headerValue(headers, RATE_LIMIT_STATUS)?.toLowerCase() ?? null);
}

const MARKS = ['"tools"', '"functions"'];

/** Whether a request offers tools, in any dialect. `null` = it speaks of them, and is no JSON. */
export function hasTools(body: Uint8Array): boolean | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // Requests are megabytes, and most without tools do not speak of them.
  if (!MARKS.some((mark) => bytes.includes(mark))) return false;
  try {
    const request: unknown = JSON.parse(bytes.toString('utf8'));
    if (!isObject(request)) return null;
    // Code Assist and DashScope put them one level deeper.
    return [request, ...DEEPER.map((name) => objectAt(request, name))].some(
      (holder) => holder !== null && (toolsOf(holder).length > 0 || hostedToolsOf(holder).length > 0),
    );
  } catch {
    return null;
  }
}

const DEEPER = ['request', 'input', 'parameters'];
