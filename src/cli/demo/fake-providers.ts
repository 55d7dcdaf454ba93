/** Local stand-ins for three providers: one TLS server that answers by the Host header and keeps what it really "used". */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { answerAnthropic, anthropicRateLimit } from './fake-anthropic.ts';
import { answerGoogle } from './fake-google.ts';
import { answerOpenai } from './fake-openai.ts';
import type { FakeReply, FakeRequest, TrueUsage } from './fake-reply.ts';

export const FAKE_HOSTS = ['api.anthropic.com', 'api.openai.com', 'generativelanguage.googleapis.com'] as const;
export type FakeHost = (typeof FAKE_HOSTS)[number];

/** `rate_limit` = a 429, `cut` = the connection breaks in the middle of the answer. */
export type Mishap = 'rate_limit' | 'cut';

/** One answered request, in the order in which the answers began. */
export interface Served {
  host: string;
  path: string;
  status: number;
  id: string | null;
  usage: TrueUsage | null;
  wasCut: boolean;
  /** Body as sent, before any content coding. */
  body: string;
}

export interface FakeProviders {
  port: number;
  served: readonly Served[];
  /** The next answer of this host goes wrong. */
  next(host: FakeHost, mishap: Mishap): void;
  close(): Promise<void>;
}

const ANSWERS: Record<FakeHost, (request: FakeRequest) => FakeReply> = {
  'api.anthropic.com': answerAnthropic,
  'api.openai.com': answerOpenai,
  'generativelanguage.googleapis.com': answerGoogle,
};

/** @param pauseMs between the writes of a stream; 0 = at once. */
export async function startFakeProviders(identity: { key: string; cert: string }, pauseMs = 0): Promise<FakeProviders> {
  const served: Served[] = [];
  const mishaps = new Map<string, Mishap[]>();
  const server = createServer(identity, (incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const host = (incoming.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const request = await read(incoming);
    const mishap = mishaps.get(host)?.shift() ?? null;
    const reply = replyTo(host, request, mishap);
    const { status, id, usage, chunks } = reply;
    const wasCut = mishap === 'cut';
    served.push({ host, path: request.path, status, id, usage, wasCut, body: chunks.join('') });
    await send(outgoing, reply, { wasCut, pauseMs, gzip: acceptsGzip(incoming) && chunks.length === 1 && !wasCut });
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    served,
    next: (host, mishap) => void mishaps.set(host, [...(mishaps.get(host) ?? []), mishap]),
    close: () => close(server),
  };
}

function replyTo(host: string, request: FakeRequest, mishap: Mishap | null): FakeReply {
  if (mishap === 'rate_limit') return anthropicRateLimit();
  const known = FAKE_HOSTS.find((name) => name === host);
  if (known !== undefined) return ANSWERS[known](request);
  return {
    status: 421,
    headers: { 'content-type': 'text/plain' },
    chunks: ['no such host here'],
    usage: null,
    id: null,
  };
}

async function read(incoming: IncomingMessage): Promise<FakeRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body: parseObject(Buffer.concat(parts).toString('utf8')),
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

async function send(
  outgoing: ServerResponse,
  reply: FakeReply,
  how: { wasCut: boolean; pauseMs: number; gzip: boolean },
): Promise<void> {
  const [only = ''] = reply.chunks;
  if (how.gzip) {
    const body = gzipSync(only);
    outgoing.writeHead(reply.status, { ...reply.headers, 'content-encoding': 'gzip', 'content-length': body.length });
    outgoing.end(body);
    return;
  }
  const length: Record<string, number> = reply.chunks.length === 1 ? { 'content-length': Buffer.byteLength(only) } : {};
  outgoing.writeHead(reply.status, { ...reply.headers, ...length });
  const chunks = how.wasCut ? reply.chunks.slice(0, Math.ceil(reply.chunks.length / 2)) : reply.chunks;
  for (const chunk of chunks) {
    await new Promise<void>((resolve) => outgoing.write(chunk, () => resolve()));
    if (how.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, how.pauseMs));
  }
  if (how.wasCut) outgoing.destroy();
  else outgoing.end();
}

function acceptsGzip(incoming: IncomingMessage): boolean {
  return /\bgzip\b/.test(incoming.headers['accept-encoding'] ?? '');
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
