// Raw HTTP/1.1 clients over TLS, through a proxy (CONNECT) or direct: no client library's cost in the figures.
import { connect as tcp } from 'node:net';
import { connect as tls } from 'node:tls';

/** @returns a TLS socket to `route.host`; `route.proxy` = port of an HTTP proxy, else straight to `route.port`. */
export async function open(route) {
  const raw = tcp({ host: '127.0.0.1', port: route.proxy ?? route.port, noDelay: true });
  await once(raw, 'connect');
  if (route.proxy !== undefined) {
    raw.write(
      `CONNECT ${route.host}:${route.connectPort} HTTP/1.1\r\nHost: ${route.host}:${route.connectPort}\r\n\r\n`,
    );
    let answer = '';
    while (!answer.includes('\r\n\r\n')) answer += (await once(raw, 'data')).toString('latin1');
    if (!answer.startsWith('HTTP/1.1 200')) throw new Error(`CONNECT: ${answer.split('\r\n')[0]}`);
  }
  const socket = tls({ socket: raw, servername: route.host, ca: route.ca, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  return socket;
}

function once(emitter, event) {
  return new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    emitter.once('error', reject);
    emitter.once('end', () => reject(new Error(`ended before ${event}`)));
  });
}

const chat = Buffer.from(
  JSON.stringify({
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'You are terse. '.repeat(30) },
      { role: 'user', content: 'Say something. '.repeat(50) },
    ],
  }),
);

/** Host header: with the port unless it is the default one. */
function authority(route) {
  const port = route.connectPort ?? route.port;
  return port === 443 ? route.host : `${route.host}:${port}`;
}

export function head(route, method, path, length) {
  return `${method} ${path} HTTP/1.1\r\nHost: ${authority(route)}\r\nAccept: application/json\r\nContent-Type: application/json\r\nUser-Agent: OpenAI/JS 6.49.0\r\nAuthorization: Bearer sk-proj-bench000000000000000000000000\r\nContent-Length: ${length}\r\n\r\n`;
}

/** One keep-alive connection: `call()` posts a chat request and resolves when the answer is whole. */
export async function chatConnection(route) {
  const socket = await open(route);
  const request = Buffer.concat([Buffer.from(head(route, 'POST', '/v1/chat/completions', chat.length)), chat]);
  let waiting = null;
  let left = -1;
  let pending = Buffer.alloc(0);
  const fail = (error) => waiting?.reject(error ?? new Error('closed'));
  socket.on('data', (chunk) => {
    if (left < 0) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const match = /\r\ncontent-length: *(\d+)/i.exec(pending.latin1Slice(0, end));
      if (match === null) return fail(new Error(pending.latin1Slice(0, end)));
      left = Number(match[1]) - (pending.length - end - 4);
      pending = Buffer.alloc(0);
    } else left -= chunk.length;
    if (left > 0) return;
    left = -1;
    const done = waiting;
    waiting = null;
    done.resolve();
  });
  socket.on('error', fail);
  socket.on('close', () => fail());
  return {
    call: () =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

const STAMP = Buffer.from('"t":"');
const DONE = Buffer.from('[DONE]');
const LF = 0x0a;
const ZERO = 0x30;

/** Microseconds of CLOCK_MONOTONIC, which all processes share. */
function now() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/**
 * One SSE stream. Reports the delay of each event (ms) and resolves with the time from the request to the first event.
 * Reads whole lines and of them only the time stamp: at 10,000 events a second the reader must not be what is measured.
 */
/** @param kept an open connection to use and to leave open. */
export async function stream(route, chunks, gap, onDelay, kept) {
  const socket = kept ?? (await open(route));
  const started = now();
  let first = null;
  let seen = 0;
  let rest = null;
  socket.write(head(route, 'POST', `/sse?chunks=${chunks}&gap=${gap}`, 0));
  await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('stream closed early')));
    socket.on('data', (chunk) => {
      const at = now();
      const bytes = rest === null ? chunk : Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(LF) + 1;
      rest = end === bytes.length ? null : bytes.subarray(end);
      for (let from = bytes.indexOf(STAMP); from >= 0 && from < end; from = bytes.indexOf(STAMP, from)) {
        from += STAMP.length;
        let sent = 0;
        for (let digit = bytes[from] - ZERO; digit >= 0 && digit <= 9; digit = bytes[++from] - ZERO)
          sent = sent * 10 + digit;
        first ??= (at - started) / 1e3;
        seen += 1;
        onDelay((at - sent) / 1e3);
      }
      if (seen >= chunks && bytes.includes(DONE)) resolve();
    });
  });
  for (const event of ['error', 'close', 'data']) socket.removeAllListeners(event);
  if (kept === undefined) socket.destroy();
  // What ends the chunked body may come a moment later.
  else socket.resume();
  return first;
}

/** A download of `mb` MiB; resolves with MiB/s. */
export async function download(route, mb) {
  const socket = await open(route);
  const started = process.hrtime.bigint();
  let seen = 0;
  socket.write(head(route, 'GET', `/big?mb=${mb}`, 0));
  await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      seen += chunk.length;
      if (seen >= mb * (1 << 20)) resolve();
    });
  });
  socket.destroy();
  return mb / (Number(process.hrtime.bigint() - started) / 1e9);
}

/** An upload of `mb` MiB; resolves with MiB/s. */
export async function upload(route, mb) {
  const socket = await open(route);
  const piece = Buffer.alloc(1 << 20, 'y');
  const started = process.hrtime.bigint();
  socket.write(head(route, 'POST', '/v1/files', mb * piece.length));
  const answered = new Promise((resolve, reject) => {
    socket.once('data', resolve);
    socket.on('error', reject);
  });
  for (let sent = 0; sent < mb; sent += 1)
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
  await answered;
  socket.destroy();
  return mb / (Number(process.hrtime.bigint() - started) / 1e9);
}
