import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import type { TestLeaf } from './certificates.ts';

export interface Upstream<S extends Socket = Socket> {
  port: number;
  /** Every connection so far, in order of arrival. */
  sockets: S[];
  /** All bytes that connection `index` has sent so far. */
  received(index: number): Buffer;
  close(): Promise<void>;
}

/** A raw TLS server: `script` gets each connection and says byte for byte what happens. Half-open, as real load balancers are. */
export async function startTlsUpstream(
  leaf: TestLeaf,
  script: (socket: TLSSocket, index: number) => void,
  options: TlsOptions = {},
): Promise<Upstream<TLSSocket>> {
  const received: Buffer[][] = [];
  const sockets: TLSSocket[] = [];
  const server = createTlsServer({ cert: leaf.cert, key: leaf.key, allowHalfOpen: true, ...options }, (socket) => {
    const index = sockets.push(socket) - 1;
    track(socket, received, index);
    script(socket, index);
  });
  server.on('tlsClientError', () => {});
  return listening(server, sockets, received);
}

/** The same over plain TCP. */
export async function startTcpUpstream(script: (socket: Socket, index: number) => void): Promise<Upstream> {
  const received: Buffer[][] = [];
  const sockets: Socket[] = [];
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    const index = sockets.push(socket) - 1;
    track(socket, received, index);
    script(socket, index);
  });
  return listening(server, sockets, received);
}

function track(socket: Socket, received: Buffer[][], index: number): void {
  const chunks: Buffer[] = [];
  received[index] = chunks;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
}

async function listening<S extends Socket>(server: Server, sockets: S[], received: Buffer[][]): Promise<Upstream<S>> {
  const raw = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    received: (index) => Buffer.concat(received[index] ?? []),
    close: async () => {
      for (const socket of raw) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
