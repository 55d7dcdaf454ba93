import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as tcpConnect, type Socket } from 'node:net';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import type { Daemon } from './daemon.ts';

/** CONNECT through the daemon, nothing more. `headers` go with the CONNECT. */
export async function openTunnel(daemon: Daemon, host: string, headers = ''): Promise<Socket> {
  const socket = tcpConnect(daemon.proxyPort, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n${headers}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(answer.toString('latin1'));
  return socket;
}

/** TLS through the daemon, trusting nothing but its CA. */
export async function openTls(daemon: Daemon, host: string, headers = ''): Promise<TLSSocket> {
  const socket = tlsConnect({
    socket: await openTunnel(daemon, host, headers),
    servername: host,
    ca: readFileSync(daemon.caFile),
  });
  await once(socket, 'secureConnect');
  return socket;
}

/** Reads until `length` bytes are there. */
export async function readBytes(socket: Socket, length: number): Promise<Buffer> {
  let seen = Buffer.alloc(0);
  while (seen.length < length) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    seen = Buffer.concat([seen, chunk]);
  }
  return seen;
}

/** An HTTP/1.1 request with a content-length body. */
export function httpRequest(
  method: string,
  path: string,
  host: string,
  headers: Record<string, string>,
  body = '',
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** A 200 with a content-length body. */
export function httpResponse(body: string, headers: Record<string, string> = {}, status = '200 OK'): Buffer {
  const lines = [
    `HTTP/1.1 ${status}`,
    ...Object.entries({ 'content-type': 'application/json', ...headers }).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
