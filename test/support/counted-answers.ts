/** An upstream whose answers name the call that they are for, and the client that checks that it got the whole of its own. */
import type { TLSSocket } from 'node:tls';
import { httpRequest } from './tunnel-client.ts';

export const HOST = 'api.anthropic.com';
/** What each answer says of its input. */
export const INPUT_TOKENS = 17;
const EVENT_MS = 20;
const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** What one client knows of its call. Times: `performance.now()`. */
export interface CalledFor {
  /** Of the response. */
  id: string;
  /** First bytes of the answer. */
  heardAt: number | null;
  /** The answer was whole, so long after what came before its end. */
  wholeAt: number | null;
  endTook: number;
  /** The longest wait for bytes, the first ones included; milliseconds. */
  longestWait: number;
}

/** @param id of its response */
export function newCall(id: string): CalledFor {
  return { id, heardAt: null, wholeAt: null, endTook: 0, longestWait: 0 };
}

/** @param events of a stream; null = one document. */
export function callOnce(socket: TLSSocket, call: CalledFor, events: number | null, session: string): Promise<void> {
  const body = JSON.stringify({
    model: 'claude-sonnet-4-5',
    max_tokens: 100,
    stream: events !== null,
    metadata: { user_id: `${call.id} ${events ?? 0}` },
    messages: [{ role: 'user', content: `Tell me about ${call.id}, in some words. `.repeat(20) }],
  });
  const headers = {
    'content-type': 'application/json',
    'x-api-key': 'sk-ant-api03-kill-rig-0000000000000000000000',
    'x-session-id': session,
  };
  socket.write(httpRequest('POST', '/v1/messages', HOST, headers, body));
  return new Promise((resolve, reject) => {
    let text = '';
    const gone = (): void => reject(new Error('gone'));
    const sentAt = performance.now();
    let before = Infinity;
    const hear = (bytes: Buffer): void => {
      const now = performance.now();
      call.heardAt ??= now;
      call.longestWait = Math.max(call.longestWait, now - (before === Infinity ? sentAt : before));
      call.endTook = Math.max(0, now - before);
      before = now;
      text += bytes.toString('latin1');
      if (!isWhole(text)) return;
      call.wholeAt = now;
      socket.off('data', hear).off('close', gone);
      resolve();
    };
    socket.on('data', hear).once('close', gone);
    if (socket.destroyed) gone();
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : end >= 0 && text.length === end + 4 + Number(length);
}

export function serve(socket: TLSSocket): void {
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    const [, id, events] = /"user_id":"(\w+) (\d+)"/.exec(text) ?? [];
    if (id === undefined || !text.endsWith('}')) return;
    const streams = text.includes('"stream":true');
    text = '';
    if (streams) void stream(socket, id, Number(events));
    else answer(socket, id);
  });
}

function answer(socket: TLSSocket, id: string): void {
  const body = JSON.stringify({ ...message(id), usage: { input_tokens: INPUT_TOKENS, output_tokens: 5 } });
  socket.write(`${head('application/json')}Content-Length: ${body.length}\r\n\r\n${body}`);
}

function head(type: string): string {
  return `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${type}\r\n`;
}

async function stream(socket: TLSSocket, id: string, events: number): Promise<void> {
  const usage = { input_tokens: INPUT_TOKENS, output_tokens: 1 };
  socket.write(`${head('text/event-stream')}Transfer-Encoding: chunked\r\n\r\n`);
  socket.write(chunk(event('message_start', { message: { ...message(id), content: [], usage } })));
  for (let index = 0; index < events && !socket.destroyed; index += 1) {
    socket.write(chunk(event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'word ' } })));
    await new Promise((resolve) => setTimeout(resolve, EVENT_MS));
  }
  const delta = { stop_reason: 'end_turn', stop_sequence: null };
  socket.write(chunk(event('message_delta', { delta, usage: { output_tokens: events + 5 } })));
  socket.write(`${chunk(event('message_stop', {}))}0\r\n\r\n`);
}

function message(id: string): object {
  const content = [{ type: 'text', text: `About ${id}: `.repeat(10) }];
  return { id, type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content, stop_reason: 'end_turn' };
}
