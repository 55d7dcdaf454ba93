/** Sends a stored call again, through the daemon's own proxy port, so that it is metered and recorded as any other. */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError, messageOf } from '../core/errors.ts';
import { isMasked } from '../core/secret-patterns.ts';
import type { StoredExchange } from '../core/transfer.ts';

export interface ReplayAsk {
  exchange: StoredExchange;
  /** In place of the stored one. */
  body: string | null;
  /** The caller's own, credentials among them; they are kept nowhere. */
  headers: Readonly<Record<string, string>>;
}

export interface ReplayPlan {
  /** Or a path, of a base URL of the proxy itself. */
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array | null;
}

/** What we and the connection see to; context of the first call that is not that of the second. */
const LEFT_OUT =
  /^(?:host|connection|keep-alive|content-length|content-encoding|transfer-encoding|accept-encoding|expect|te|trailer|upgrade|proxy-.*|x-stainless-retry-count|traceparent|x-llm-proxy-.*|x-llmobserve-.*)$/i;
const NAME = /^[\w!#$%&'*+.^`|~-]{1,100}$/;
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]{0,16384}$/;

/** Which call a new one repeats: its section says so. */
export function sectionOf(id: string): string {
  return `replay of ${id}`;
}

/** Throws AppError `config_invalid` where it cannot be sent again. */
export function replayPlan({ exchange, body: given, headers }: ReplayAsk): ReplayPlan {
  const { record, request } = exchange;
  if (request === null) throw invalid('the request is not stored: there is nothing to send again');
  if (record.transport === 'websocket') throw invalid('a WebSocket cannot be sent again');
  const kept = request.headers.filter(([name, value]) => !LEFT_OUT.test(name) && !isMasked(value));
  const sent = new Map<string, string>();
  for (const [name, value] of kept) sent.set(...sendable(name, joined(name, sent.get(name.toLowerCase()), value)));
  for (const [name, value] of Object.entries(headers)) sent.set(...sendable(name, value));
  sent.set('x-llm-proxy-section', sectionOf(record.id));
  const scheme = record.transport === 'http' ? 'http' : 'https';
  const path = withoutMasked(record.path);
  return {
    // What we signed came to our own port, and is signed there again.
    url: record.transport === 'bedrock' ? path : `${scheme}://${record.host}${path}`,
    method: record.method,
    headers: Object.fromEntries(sent),
    body: given === null ? storedBody(request) : Buffer.from(given),
  };
}

/** Of a header that came in several lines, such as `anthropic-beta`, all count. */
function joined(name: string, before: string | undefined, value: string): string {
  if (before === undefined) return value;
  return `${before}${name.toLowerCase() === 'cookie' ? ';' : ','} ${value}`;
}

function sendable(name: string, value: string): [string, string] {
  if (!NAME.test(name) || !VALUE.test(value)) throw invalid(`the header ${name.slice(0, 100)} cannot be sent`);
  if (LEFT_OUT.test(name)) throw invalid(`the header ${name} cannot be set`);
  return [name.toLowerCase(), value];
}

function storedBody({ body, truncated, masked }: NonNullable<StoredExchange['request']>): Uint8Array {
  if (body === null) throw invalid('the body is not stored: send one in "body"');
  if (truncated) throw invalid('the stored body is not whole: send one in "body"');
  if (masked) throw invalid('secrets in the stored body are masked: send one in "body"');
  return body;
}

/** `?key=AIza...wxyz` is no key. */
function withoutMasked(path: string): string {
  const [place = '', ...query] = path.split('?');
  const kept = query
    .join('?')
    .split('&')
    .filter((pair) => pair !== '' && !isMasked(pair.slice(pair.indexOf('=') + 1)));
  return kept.length === 0 ? place : `${place}?${kept.join('&')}`;
}

export interface Replayed {
  status: number;
  /** Resolves when the answer has come to its end, however that was. Nothing of it is kept here. */
  ended: Promise<void>;
}

const PATIENCE_MS = 300_000;

/** @param proxyUrl a listener of the daemon. @param caFile what its certificates are signed by. Rejects with AppError. */
export async function send(plan: ReplayPlan, proxyUrl: string, caFile: string): Promise<Replayed> {
  // Half a megabyte that most daemons never need.
  const { Agent, ProxyAgent, request } = await import('undici');
  const patience = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS };
  const isOurs = plan.url.startsWith('/');
  const agent = isOurs
    ? new Agent(patience)
    : new ProxyAgent({
        uri: proxyUrl,
        proxyTunnel: plan.url.startsWith('https:'),
        requestTls: { ca: await readFile(caFile, 'utf8') },
        ...patience,
      });
  try {
    const { statusCode, body } = await request(isOurs ? new URL(plan.url, proxyUrl) : plan.url, {
      method: plan.method as 'POST',
      headers: plan.headers,
      body: plan.body,
      dispatcher: agent,
    });
    return { status: statusCode, ended: drained(body).finally(() => void agent.destroy()) };
  } catch (error) {
    await agent.destroy();
    throw new AppError('upstream_refused', `the call could not be sent: ${messageOf(error)}`, { cause: error });
  }
}

function drained(body: Readable): Promise<void> {
  return new Promise((resolve) => {
    body.on('error', () => resolve());
    body.on('close', () => resolve());
    body.resume();
  });
}

function invalid(message: string): AppError {
  return new AppError('config_invalid', message);
}
