import { loadRegistry } from '../../src/providers/registry.ts';
import type { Outcome } from '../../src/core/capture.ts';
import type { Metered } from '../../src/usage/metered.ts';
import { cut, play } from '../providers/replay.ts';

const directory = await loadRegistry();

export interface Exchange {
  host: string;
  method?: string;
  target: string;
  request?: unknown;
  requestHeaders?: Record<string, string>;
  status?: number;
  headers?: Record<string, string>;
  /** A text or bytes as they are, or a JSON value. */
  body?: unknown;
  /** Server-sent events: data as text or JSON value, or `[event, data]`. */
  events?: readonly unknown[];
  pieces?: Buffer[];
  outcome?: Outcome;
  contentEncoding?: string;
}

/** Meters one exchange that is written out in a test, as the daemon would at that host. */
export async function meter(exchange: Exchange): Promise<Metered> {
  const body = bytesOf(exchange);
  const { host, method = 'POST', target, status = 200 } = exchange;
  return play(
    {
      id: 'trap',
      provider: '',
      operation: '',
      streaming: false,
      request: {
        method,
        url: target,
        headers: { 'content-type': 'application/json', ...exchange.requestHeaders },
        body: exchange.request === undefined ? '' : asText(exchange.request),
      },
      response: {
        status,
        headers: {
          'content-type': exchange.events === undefined ? 'application/json' : 'text/event-stream',
          ...exchange.headers,
        },
        body: null,
      },
      truth: null,
    },
    {
      directory,
      provider: directory.lookup(host, 443)?.provider ?? null,
      host,
      pieces: exchange.pieces ?? cut(body, { seed: body.length + 1 }),
      ...(exchange.outcome === undefined ? {} : { outcome: exchange.outcome }),
      ...(exchange.contentEncoding === undefined ? {} : { contentEncoding: exchange.contentEncoding }),
    },
  );
}

/** The bytes of the answer. */
export function bytesOf({ body, events }: Pick<Exchange, 'body' | 'events'>): Buffer {
  if (events === undefined) return Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : asText(body));
  return Buffer.from(events.map(eventText).join(''));
}

function eventText(event: unknown): string {
  if (Array.isArray(event)) return `event: ${String(event[0])}\ndata: ${asText(event[1])}\n\n`;
  return `data: ${asText(event)}\n\n`;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
