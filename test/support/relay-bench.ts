import { constants } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { systemClock } from '../../src/core/clock.ts';
import { Counters } from '../../src/core/counters.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { RecorderPort } from '../../src/core/recorder-port.ts';
import { contextHeaders } from '../../src/net/context-headers.ts';
import { createIntercept, type InterceptDeps } from '../../src/net/intercept.ts';
import { peekFirstBytes } from '../../src/net/peek.ts';
import { Upstream, type UpstreamOptions } from '../../src/net/upstream.ts';
import { makeCa, makeLeaf, type TestCa, type TestLeaf } from './certificates.ts';
import { RecordingPort, sequence } from './recording-port.ts';

export const HOST = 'api.test';
/** Longer than a test may take: nothing comes to its end by waiting unless a test says so. */
const PATIENT = { headMs: 900_000, stalledWriteMs: 900_000, lingerMs: 900_000, flushMs: 900_000, handshakeMs: 900_000 };

export interface RelayBench {
  port: number;
  /** The authority that clients of the proxy trust. */
  proxyCa: TestCa;
  /** The authority of the upstreams, and a leaf of theirs for `HOST`. */
  upstreamCa: TestCa;
  upstreamLeaf: TestLeaf;
  recorder: RecordingPort;
  counters: Counters;
  /** Where `HOST` is. */
  upstreamPort: number;
  /** A client's TLS connection through the relay, secured. */
  client(): Promise<TLSSocket>;
  /** The TCP sockets on the proxy's side of its clients. */
  accepted: Socket[];
  close(): Promise<void>;
}

export interface BenchOptions {
  recorder?: RecorderPort;
  times?: InterceptDeps['times'];
  upstream?: Partial<UpstreamOptions>;
  /** See `TapDeps.strict`. */
  strict?: boolean;
  /** More headers to cut out of requests. */
  cut?: readonly string[];
}

/** The relay behind a listener that peeks the hello, as the front door does, with authorities made for the test. */
export async function startRelayBench(options: BenchOptions = {}): Promise<RelayBench> {
  const proxyCa = makeCa('proxy');
  const upstreamCa = makeCa('upstream');
  const leaf = makeLeaf(proxyCa, { dns: [HOST] });
  const context = createSecureContext({
    key: leaf.key,
    cert: leaf.cert,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
  const recorder = new RecordingPort();
  const counters = new Counters();
  const accepted: Socket[] = [];
  const bench = { upstreamPort: 0 };
  const intercept = createIntercept({
    recorder: options.recorder ?? recorder,
    connections: sequence(),
    exchanges: sequence(),
    counters,
    clock: systemClock,
    log: silentLogger,
    upstream: new Upstream({
      context: (): SecureContext => createSecureContext({ ca: upstreamCa.pem }),
      connectTo: [],
      proxy: null,
      isOwnEndpoint: () => false,
      counters,
      resolve: () => Promise.resolve(['127.0.0.1']),
      ...options.upstream,
    }),
    registry: { add: () => {}, size: 0 },
    leaves: { covers: () => true, contextFor: () => context },
    ...(options.cut === undefined ? {} : { context: contextHeaders(options.cut) }),
    ...(options.strict === undefined ? {} : { strict: options.strict }),
    times: { ...PATIENT, ...options.times },
  });
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    void peekFirstBytes(socket, 900_000, 900_000).then((hello) => {
      if (typeof hello === 'string') socket.destroy();
      else intercept({ socket, target: { host: HOST, port: bench.upstreamPort }, provider: null, runId: null, hello });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(bench, {
    port,
    proxyCa,
    upstreamCa,
    upstreamLeaf: makeLeaf(upstreamCa, { dns: [HOST] }),
    recorder,
    counters,
    accepted,
    client: () => connectClient(port, proxyCa),
    close: async () => {
      for (const socket of accepted) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** A TLS client that allows half-open and never throws for a reset. */
export async function connectClient(port: number, ca: TestCa, alpn: string[] = ['http/1.1']): Promise<TLSSocket> {
  const tcp = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  tcp.on('error', () => {});
  const client = connectTls({ socket: tcp, servername: HOST, ca: ca.pem, ALPNProtocols: alpn });
  client.on('error', () => {});
  await once(client, 'secureConnect');
  return client;
}
