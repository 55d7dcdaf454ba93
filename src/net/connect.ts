/** CONNECT: from the request line to the hand-over to intercept or tunnel. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { formatAuthority, isIpAddress, parseAuthority } from '../core/hosts.ts';
import type { ClientHello } from '../wire/client-hello.ts';
import { peekFirstBytes } from './peek.ts';
import { decideConnect, type FirstBytes, type PolicyRules, reachOf, type Verdict } from './policy.ts';
import { endAndDrain } from './flush.ts';
import { refusalBytes, refusalFor, refuseSocket } from './refusal.ts';
import { tunnel } from './tunnel.ts';
import { ROUND } from './via.ts';
import type { ClientConnection, NetDeps, Target } from './types.ts';

export interface ConnectDeps {
  net: NetDeps;
  rules: PolicyRules;
  /** Takes the connection over, TLS and all. */
  intercept(client: ClientConnection): void;
  /** Id of the `run` whose listener the client came in through. */
  runIdOf(socket: Socket): string | null;
  /** Hosts that somebody was told about already. */
  hinted: OnceSet;
  timeouts: ConnectTimeouts;
  /** Whom this CONNECT came through. */
  passed?: string | undefined;
}

export interface ConnectTimeouts {
  /** For a provider's client to begin its hello, and to end it. */
  helloMs: number;
  /** For the client of an IP address, which may well wait for the server to speak first. */
  briefMs: number;
}

export const DEFAULT_CONNECT_TIMEOUTS: ConnectTimeouts = { helloMs: 10_000, briefMs: 300 };

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
const LINGER_MS = 2_000;
/** Fatal alert `unrecognized_name`: what a TLS client shows as its reason. */
const ALERT_UNRECOGNIZED_NAME = Buffer.from([0x15, 3, 3, 0, 2, 2, 112]);

export async function handleConnect(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  deps: ConnectDeps,
): Promise<void> {
  // Resets show as `close` to whoever holds the socket; an unheard `error` would end the process.
  socket.on('error', () => {});
  if (head.length > 0) socket.unshift(head);
  try {
    const target = parseAuthority(request.url ?? '');
    if (target === null) {
      count(deps, 'refuse', 'authority_malformed');
      const message = 'CONNECT needs host:port, e.g. "CONNECT api.example.com:443"';
      refuseSocket(socket, { status: 400, type: 'authority_malformed', message });
      return;
    }
    const { via: passed, 'user-agent': agent = null } = request.headers;
    if (deps.net.via?.isRound(passed) === true) {
      count(deps, 'refuse', 'loop');
      refuseSocket(socket, ROUND);
      return;
    }
    const intercept = (client: ClientConnection): void => deps.intercept({ ...client, agent, passed });
    await openTunnel(socket, target, { ...deps, passed, intercept });
  } catch (error) {
    deps.net.counters.add('internal_errors', 'part="connect"');
    deps.net.log.error({ err: error }, 'a CONNECT failed inside the proxy');
    socket.destroy();
  }
}

async function openTunnel(socket: Socket, target: Target, deps: ConnectDeps): Promise<void> {
  const verdict = decideConnect(target, 'unread', deps.rules);
  if (verdict.action === 'refuse') {
    count(deps, 'refuse', verdict.code);
    refuseSocket(socket, { status: verdict.status, type: verdict.code, message: verdict.message });
    return;
  }
  // An address may be that of a host whose calls are kept from it: nothing is dialled before its name is known.
  const isNamed = !isIpAddress(target.host) || deps.rules.guard?.isOn() === true;
  if (verdict.action === 'peek' && isNamed) {
    socket.write(ESTABLISHED);
    await afterHello(socket, target, null, deps);
    return;
  }
  // Dialled before the 200, so that the client of a blind tunnel hears in the answer to its CONNECT what is wrong.
  const upstream = await dial(socket, target, deps);
  if (upstream === null) return;
  socket.write(ESTABLISHED);
  if (verdict.action === 'tunnel') startTunnel(socket, upstream, target, verdict.reason, deps);
  else await afterHello(socket, target, upstream, deps);
}

/** @param dialled the connection to an IP address, made already. */
async function afterHello(socket: Socket, target: Target, dialled: Socket | null, deps: ConnectDeps): Promise<void> {
  const { helloMs, briefMs } = deps.timeouts;
  // A stop does not wait for a client that has not begun; whoever takes over says when it is idle.
  deps.net.registry.add(socket, () => true);
  const first = await peekFirstBytes(socket, isIpAddress(target.host) ? briefMs : helloMs, helloMs);
  if (first === 'gone' || first === 'stalled') {
    if (first === 'stalled') count(deps, 'refuse', 'hello_timeout');
    dialled?.destroy();
    socket.destroy();
    return;
  }
  const verdict = decideConnect(target, first, deps.rules);
  if (verdict.action === 'tunnel') {
    const upstream = dialled ?? (await dialQuietly(socket, target, deps));
    if (upstream !== null) startTunnel(socket, upstream, target, verdict.reason, deps);
    return;
  }
  dialled?.destroy();
  if (verdict.action === 'intercept') startIntercept(socket, verdict, first, deps);
  else if (verdict.action === 'refuse') refuseInsideTunnel(socket, target, verdict, first, deps);
}

function startIntercept(
  socket: Socket,
  verdict: Verdict & { action: 'intercept' },
  first: FirstBytes,
  deps: ConnectDeps,
): void {
  // A TLSSocket around a socket that is gone emits nothing, ever.
  if (socket.destroyed || socket.readableEnded) {
    socket.destroy();
    return;
  }
  count(deps, 'intercept', 'connect');
  const hello: ClientHello | null = typeof first === 'string' ? null : first;
  deps.intercept({ socket, target: verdict.target, provider: verdict.provider, runId: deps.runIdOf(socket), hello });
}

function startTunnel(socket: Socket, upstream: Socket, target: Target, reason: string, deps: ConnectDeps): void {
  count(deps, 'tunnel', reason);
  if (reason === 'not_covered' && deps.hinted.add(target.host)) {
    const hint = `llm-proxy ca add ${target.host}`;
    deps.net.log.warn({ host: target.host, hint }, 'not intercepted: the local authority does not cover this host');
  }
  if (socket.destroyed) {
    upstream.destroy();
    return;
  }
  tunnel(socket, upstream, deps.net);
  const { guard } = deps.rules;
  if (guard !== undefined) deps.net.unread?.add(socket, () => guard.isOn() && guard.guards(target));
}

/** The client has its 200: one that speaks TLS is told in the words of TLS, which has few. */
function refuseInsideTunnel(
  socket: Socket,
  target: Target,
  verdict: Verdict & { action: 'refuse' },
  first: FirstBytes,
  deps: ConnectDeps,
): void {
  count(deps, 'refuse', verdict.code);
  if (deps.hinted.add(`${verdict.code} ${target.host}`))
    deps.net.log.warn({ host: target.host, reason: verdict.message }, 'refused a connection');
  const { status, code: type, message } = verdict;
  const isTls = typeof first !== 'string';
  endAndDrain(socket, isTls ? ALERT_UNRECOGNIZED_NAME : refusalBytes({ status, type, message }), LINGER_MS);
}

/** Null = it failed and the client has been told, or the client left meanwhile. */
function dial(socket: Socket, target: Target, deps: ConnectDeps): Promise<Socket | null> {
  return dialOr(socket, target, deps, (error) => {
    const refusal = refusalFor(error);
    if (refusal.status !== 502) count(deps, 'refuse', refusal.type);
    refuseSocket(socket, refusal);
  });
}

/** As `dial`, for a client that has its 200 already: a reset says what a refused connection says. */
function dialQuietly(socket: Socket, target: Target, deps: ConnectDeps): Promise<Socket | null> {
  return dialOr(socket, target, deps, () => {
    if (!socket.destroyed) socket.resetAndDestroy();
  });
}

async function dialOr(
  socket: Socket,
  target: Target,
  deps: ConnectDeps,
  failed: (error: unknown) => void,
): Promise<Socket | null> {
  try {
    const reach = reachOf(socket.remoteAddress ?? '', target, deps.rules);
    const upstream = await deps.net.upstream.connect(target, reach, deps.passed);
    // It may break before the tunnel listens to it.
    upstream.on('error', () => {});
    if (!socket.destroyed) return upstream;
    upstream.destroy();
  } catch (error) {
    deps.net.log.debug({ target: formatAuthority(target), err: error }, 'dial failed');
    failed(error);
  }
  return null;
}

/** @param reason one of a fixed set of literals. */
function count(deps: ConnectDeps, verdict: 'intercept' | 'tunnel' | 'refuse', reason: string): void {
  deps.net.counters.add('connections', `verdict="${verdict}",reason="${reason}"`);
}

/** Says whether it hears something for the first time; bounded, since names come from clients. */
export class OnceSet {
  readonly #seen = new Set<string>();
  readonly #limit: number;

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  add(value: string): boolean {
    if (this.#seen.has(value) || this.#seen.size >= this.#limit) return false;
    this.#seen.add(value);
    return true;
  }
}
