import { constants } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import { createIntercept } from '../../src/net/intercept.ts';
import { openBareFrontDoor } from './bare-front-door.ts';
import { makeCa, makeLeaf, type TestCa } from './certificates.ts';
import { startEntrance, type TestEntrance, type TestEntranceOptions } from './entrance.ts';
import { RawClient } from './raw-client.ts';
import { startTlsUpstream, type Upstream } from './tls-upstream.ts';

const HOST = 'api.provider.example';

/** The entrance with its intercept, where the provider of every `*.provider.example` is opted in, before a scripted TLS upstream. */
export class SteeredBench {
  proxy!: TestEntrance;
  upstream!: Upstream<TLSSocket>;
  #proxyCa!: TestCa;
  readonly #clients: RawClient[] = [];
  readonly #below = new WeakMap<RawClient, Socket>();

  async start(script: (socket: TLSSocket, index: number) => void, options: TestEntranceOptions = {}): Promise<void> {
    this.#proxyCa = makeCa('proxy');
    const upstreamCa = makeCa('upstream');
    const leaf = makeLeaf(this.#proxyCa, { dns: [HOST] });
    const context = createSecureContext({
      key: leaf.key,
      cert: leaf.cert,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
    const leaves = { covers: () => true, contextFor: () => context };
    this.upstream = await startTlsUpstream(makeLeaf(upstreamCa, { dns: [HOST] }), script);
    this.proxy = await startEntrance(openBareFrontDoor, {
      context: createSecureContext({ ca: upstreamCa.pem }),
      intercept: (net, steered) => createIntercept({ ...net, leaves, steered }),
      includeUsage: new Set(['test']),
      ...options,
    });
  }

  get authority(): string {
    return `${HOST}:${this.upstream.port}`;
  }

  /** A client inside its TLS, inside its CONNECT. @param port of the upstream. */
  async client(port = this.upstream.port): Promise<RawClient> {
    const tcp = connectTcp({ port: this.proxy.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    tcp.on('error', () => {});
    tcp.write(`CONNECT ${HOST}:${port} HTTP/1.1\r\nHost: ${HOST}:${port}\r\n\r\n`);
    const [answer] = (await once(tcp, 'data')) as [Buffer];
    if (!answer.includes(' 200 ')) throw new Error(answer.toString('latin1'));
    const tls = connectTls({
      socket: tcp,
      servername: HOST,
      ca: this.#proxyCa.pem,
      ALPNProtocols: ['http/1.1'],
    });
    await once(tls, 'secureConnect');
    const made = new RawClient(tls);
    this.#clients.push(made);
    this.#below.set(made, tcp);
    return made;
  }

  /** RST from the client. */
  reset(client: RawClient): void {
    this.#below.get(client)?.resetAndDestroy();
  }

  /** A client of the proxy port itself. */
  plainClient(): RawClient {
    const made = new RawClient(this.proxy.port);
    this.#clients.push(made);
    return made;
  }

  /** What the upstream has heard on its connection `index`. */
  sent(index = 0): string {
    return this.upstream.received(index).toString('latin1');
  }

  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    await this.proxy.stop();
    await this.upstream.close();
  }
}

export interface HeardRequest {
  /** Lines of the head, joined by CRLF, without the empty one. */
  head: string;
  body: string;
  /** Counted over all connections. */
  number: number;
}

/** An upstream that hears whole requests (framed by content-length) and answers each with what it is told. */
export function answeringRequests(
  answer: (request: HeardRequest, socket: Socket) => string | Buffer | null,
): (socket: Socket) => void {
  let number = 0;
  return (socket) => {
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      for (;;) {
        const end = heard.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = heard.slice(0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (heard.length < end + 4 + length) return;
        const body = heard.slice(end + 4, end + 4 + length);
        heard = heard.slice(end + 4 + length);
        const said = answer({ head, body, number: number++ }, socket);
        if (said !== null && !socket.destroyed) socket.write(said);
      }
    });
  };
}

export function chunked(...pieces: readonly (string | Buffer)[]): string {
  return pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece.toString()}\r\n`).join('');
}
