import { TLSSocket, type SecureContext } from 'node:tls';
import { messageOf } from '../core/errors.ts';
import { handshakeCause, hintFor, type HandshakeCause } from './handshake-cause.ts';
import type { HandshakeTroubles } from './handshake-troubles.ts';
import { Relay } from './relay.ts';
import type { RelayTimes } from './slot.ts';
import type { UnreadConnections } from './unread-connections.ts';
import type { ClientConnection, LeafSource, NetDeps, Session, SteeredConnections } from './types.ts';

export interface InterceptDeps extends NetDeps {
  leaves: LeafSource;
  /** Takes connections in place of the relay; absent = none. */
  steered?: SteeredConnections;
  /** Told of each handshake with a client that fails. */
  troubles?: Pick<HandshakeTroubles, 'note'>;
  /** For tests. */
  times?: Partial<RelayTimes> & { handshakeMs?: number };
}

const HANDSHAKE_MS = 10_000;
const MAX_HINTED_HOSTS = 1000;

/**
 * Takes a connection whose hello was peeked (its bytes are still unread in the socket): TLS with the client, TLS with
 * the upstream, and a relay between the two, or the http-engine where calls may be changed.
 */
export function createIntercept(deps: InterceptDeps): (client: ClientConnection) => void {
  const hinted = new Set<string>();
  const told = new WeakSet<ClientConnection>();
  const relays = new Relays(deps);
  const failed = (client: ClientConnection, cause: HandshakeCause): void => {
    deps.counters.add('handshake_failures', `side="client",cause="${cause}"`);
    const { host } = client.target;
    // A client that leaves during the handshake is counted by how it left, and as one that never used us: told once.
    if (!told.has(client)) deps.troubles?.note({ host, agent: client.agent ?? null, cause, wall: deps.clock.wall() });
    told.add(client);
    if (hinted.has(host) || hinted.size >= MAX_HINTED_HOSTS) return;
    hinted.add(host);
    deps.log.warn({ host, cause, hint: hintFor(cause) }, 'TLS with a client failed');
  };
  return (client) => {
    const { socket } = client;
    // Gone while its hello was read: a TLSSocket made of it would never say anything.
    if (socket.destroyed || socket.readableEnded) {
      failed(client, 'closed');
      socket.destroy();
      return;
    }
    try {
      secure(client, deps.leaves.contextFor(client.target.host), deps, relays, (cause) => failed(client, cause));
    } catch (error) {
      deps.counters.add('internal_errors', 'part="leaf"');
      deps.log.error({ host: client.target.host, error: messageOf(error) }, 'no certificate could be made');
      socket.destroy();
    }
  };
}

function secure(
  client: ClientConnection,
  context: SecureContext,
  deps: InterceptDeps,
  relays: Relays,
  failed: (cause: HandshakeCause) => void,
): void {
  const raw = client.socket;
  const offer = offerOf(client);
  const tls = new TLSSocket(raw, { isServer: true, secureContext: context, ALPNProtocols: answerTo(offer) });
  const { steered } = deps;
  let session: Session;
  if (steered?.takes(client) === true) session = steered.open(client, tls);
  else session = relays.add(client, tls, relayFor(client, tls, deps, offer), (other) => (session = other));
  let settled = false;
  const giveUp = (cause: HandshakeCause): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    failed(cause);
    session.abandon();
    tls.destroy();
    raw.destroy();
  };
  const timer = setTimeout(() => giveUp('timeout'), deps.times?.handshakeMs ?? HANDSHAKE_MS);
  raw.on('error', (error) => giveUp(handshakeCause(error)));
  tls.on('error', (error) => giveUp(handshakeCause(error)));
  // Without a Server object, Node tells errors behind the handshake in this event alone, and goes on.
  tls.on('_tlsError', () => tls.destroy());
  // A client that refuses us inside its own program just ends: there is no error, and no close unless we close.
  tls.once('end', () => giveUp('closed'));
  tls.once('close', () => {
    if (settled && tls.bytesRead === 0) failed('closed-unused');
    giveUp('closed');
  });
  tls.once('secure', () => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    session.start();
  });
  deps.registry.add(raw, () => session.idle);
}

interface RelayedClient {
  client: ClientConnection;
  tls: TLSSocket;
  relay: Relay;
  /** Another one serves it now. */
  replace(session: Session): void;
}

/** Connections on the relay whose calls may one day be wanted elsewhere: a mode is switched while they are open. */
class Relays {
  readonly #steered: SteeredConnections | null;
  readonly #unread: UnreadConnections | null;
  readonly #live = new Set<RelayedClient>();

  constructor({
    steered = null,
    unread = null,
  }: {
    steered?: SteeredConnections | null;
    unread?: UnreadConnections | null;
  }) {
    this.#steered = steered;
    this.#unread = unread;
    steered?.onChange(() => this.#retire());
  }

  add(client: ClientConnection, tls: TLSSocket, relay: Relay, replace: (session: Session) => void): Relay {
    const entry = { client, tls, relay, replace };
    this.#live.add(entry);
    this.#unread?.add(client.socket, () => relay.opaque && this.#steered?.guards(client) === true);
    tls.once('close', () => this.#live.delete(entry));
    return relay;
  }

  /** Running exchanges end where they began; the next one is the engine's. */
  #retire(): void {
    const steered = this.#steered;
    for (const entry of this.#live) {
      const { client, tls, relay } = entry;
      if (steered?.takes(client) !== true) {
        relay.retire(null);
        continue;
      }
      relay.retire(() => {
        this.#live.delete(entry);
        const session = steered.open(client, tls);
        entry.replace(session);
        session.start();
      });
    }
  }
}

/** What the client would speak with the upstream, HTTP/2 left out; null = it did not say. */
function offerOf({ hello }: ClientConnection): readonly string[] | null {
  return hello?.alpn?.filter((protocol) => protocol !== 'h2') ?? null;
}

/** What we say we speak: with a client that offers something else alone, just that (or it would be refused). */
function answerTo(offer: readonly string[] | null): string[] {
  return offer === null || offer.includes('http/1.1') ? ['http/1.1'] : offer.slice(0, 1);
}

function relayFor(
  client: ClientConnection,
  tls: TLSSocket,
  deps: InterceptDeps,
  offer: readonly string[] | null,
): Relay {
  const { target, provider, runId, socket } = client;
  return new Relay({
    client: tls,
    raw: socket,
    info: {
      connection: deps.connections.next(),
      scheme: 'https',
      host: target.host,
      port: target.port,
      provider,
      runId,
      clientAddress: socket.remoteAddress ?? null,
    },
    deps,
    dial: () => deps.upstream.connectTls(target, offer, 'anywhere', client.passed),
    ...(deps.times === undefined ? {} : { times: deps.times }),
  });
}
