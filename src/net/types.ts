/** What the rooms of the net folder agree on. Types only. */
import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Counters } from '../core/counters.ts';
import type { Clock } from '../core/clock.ts';
import type { RecorderPort, Sequence } from '../core/recorder-port.ts';
import type { Logger } from '../core/log.ts';
import type { ClientHello } from '../wire/client-hello.ts';
import type { ContextHeaders } from './context-headers.ts';
import type { UnreadConnections } from './unread-connections.ts';
import type { Via } from './via.ts';

/** Where a connection is meant to go. Host normalised (lower case, no trailing dot, IDNA ASCII, no brackets). */
export interface Target {
  host: string;
  port: number;
}

/** Provider table as the net thread sees it. */
export interface HostDirectory {
  /** Provider of a host (matched by labels, never by substring), or null. */
  lookup(host: string, port: number): { provider: string; intercept: boolean } | null;
}

/** Leaf certificates of the local authority. Synchronous: a cold mint takes less than 3 ms. */
export interface LeafSource {
  /** False for names outside the constraints of every issuing CA, and for IP addresses. */
  covers(host: string): boolean;
  /** With SSL_OP_NO_RENEGOTIATION: a TLS 1.2 client could otherwise renegotiate without limit. */
  contextFor(host: string): SecureContext;
}

/** `outside` = not this machine's loopback addresses, whatever the name: what listens there is for programs on it. */
export type Reach = 'anywhere' | 'outside';

/** Opens upstream connections. Rejects with AppError (`upstream_*`, `address_refused`, `loop`). */
export interface UpstreamDialer {
  /** @param passed whom the client's call came through, as `Via` has it. */
  connect(target: Target, reach?: Reach, passed?: string): Promise<Socket>;
  /** Verified TLS; `alpn` as the client offered it, h2 taken out. */
  connectTls(target: Target, alpn: readonly string[] | null, reach?: Reach, passed?: string): Promise<TLSSocket>;
}

/** What each connection handler gets. */
export interface NetDeps {
  recorder: RecorderPort;
  connections: Sequence;
  exchanges: Sequence;
  counters: Counters;
  clock: Clock;
  log: Logger;
  upstream: UpstreamDialer;
  registry: ConnectionRegistry;
  /** What is cut out of requests; absent = what `CONTEXT_HEADERS` says. */
  context?: ContextHeaders;
  /** See `TapDeps.strict`. */
  strict?: boolean;
  /** Absent = calls that go in circles are not looked for. */
  via?: Via;
  /** Connections on which calls are not read; absent = no mode minds. */
  unread?: UnreadConnections;
}

/** All live sockets, so that stop can drain and then end them (http-mitm-proxy's close() does not). */
export interface ConnectionRegistry {
  /** @param isIdle says that no exchange is live on it: `stop` ends such a connection at once. */
  add(socket: Socket, isIdle?: () => boolean): void;
  readonly size: number;
}

/** What serves an intercepted connection: the relay, or the http-engine. */
export interface Session {
  /** No exchange is live on it. */
  readonly idle: boolean;
  /** TLS with the client is there. */
  start(): void;
  /** In place of `start`: the client never became ready. */
  abandon(): void;
}

/** Serves intercepted connections whose calls may be changed. */
export interface SteeredConnections {
  takes(client: ClientConnection): boolean;
  /** @param tls still in its handshake, or between two exchanges: `start` is called when it is ready. */
  open(client: ClientConnection, tls: TLSSocket): Session;
  /** A mode keeps its calls from their provider: none may pass unread. */
  guards(client: ClientConnection): boolean;
  /** Tells when `takes` and `guards` may answer otherwise than before. */
  onChange(listener: () => void): void;
}

/** What is known of a client connection when it is handed to intercept or tunnel. */
export interface ClientConnection {
  socket: Socket;
  target: Target;
  provider: string | null;
  runId: string | null;
  /** First bytes, parsed but still unread in the socket; null = not TLS. */
  hello: ClientHello | null;
  /** The client's name for itself in its CONNECT. */
  agent?: string | null;
  /** Whom its CONNECT came through. */
  passed?: string | undefined;
}
