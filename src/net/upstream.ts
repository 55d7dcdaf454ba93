import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { AppError, codeOf } from '../core/errors.ts';
import type { Counters } from '../core/counters.ts';
import { checkAddress, isLoopback, isMetadataName } from './addresses.ts';
import { redirect, type ConnectTo } from './connect-to.ts';
import { dial, type DialOptions } from './dial.ts';
import { isAbove } from './flush.ts';
import { createResolver } from './resolve.ts';
import { handshakeError, timeoutError } from './upstream-errors.ts';
import { openTunnel, type UpstreamProxy } from './upstream-proxy.ts';
import type { Reach, Target, UpstreamDialer } from './types.ts';
import type { Via } from './via.ts';

const MAX_SESSIONS = 500;
/** A resumed session skips the certificate: it must not outlive a revocation or an expiry by much. */
const SESSION_TTL_MS = 60 * 60_000;

export interface UpstreamOptions {
  /** Called once, when the first TLS connection is made; see `upstreamContext`. */
  context(): SecureContext;
  connectTo: readonly ConnectTo[];
  proxy: UpstreamProxy | null;
  /** True for our own listeners: dialling them would be a loop. */
  isOwnEndpoint(address: string, port: number): boolean;
  counters: Counters;
  /** What upstream proxies are told; absent = nothing. */
  via?: Via;
  resolve?: (host: string) => Promise<readonly string[]>;
  dialTimeoutMs?: number;
  handshakeTimeoutMs?: number;
  staggerMs?: number;
}

/** Opens upstream connections; TLS is always verified, there is no switch. */
export class Upstream implements UpstreamDialer {
  readonly #options: UpstreamOptions;
  readonly #dial: DialOptions;
  readonly #dialOutside: DialOptions;
  readonly #handshakeTimeoutMs: number;
  readonly #sessions = new LRUCache<string, Buffer>({ max: MAX_SESSIONS, ttl: SESSION_TTL_MS });
  #context: SecureContext | null = null;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? 10_000;
    this.#dial = {
      resolve: options.resolve ?? createResolver(),
      check: (address, port) => this.#check(address, port),
      timeoutMs: options.dialTimeoutMs ?? 10_000,
      staggerMs: options.staggerMs ?? 250,
    };
    this.#dialOutside = { ...this.#dial, check: (address, port) => this.#checkOutside(address, port) };
  }

  /** Builds the TLS context now rather than during the first call. */
  warm(): void {
    this.#context ??= this.#options.context();
  }

  async connect(target: Target, reach: Reach = 'anywhere', passed?: string): Promise<Socket> {
    return this.#counted(this.#open(target, reach, passed));
  }

  async connectTls(
    target: Target,
    alpn: readonly string[] | null,
    reach: Reach = 'anywhere',
    passed?: string,
  ): Promise<TLSSocket> {
    return this.#counted(this.#open(target, reach, passed).then((socket) => this.#secure(socket, target, alpn)));
  }

  async #counted<T>(opening: Promise<T>): Promise<T> {
    try {
      const opened = await opening;
      this.#options.counters.add('upstream_connects', 'result="ok"');
      return opened;
    } catch (error) {
      const code = codeOf(error) ?? 'unknown';
      this.#options.counters.add('upstream_connects', `result="${code}"`);
      if (code === 'upstream_certificate' || code === 'upstream_tls')
        this.#options.counters.add('handshake_failures', `side="upstream",cause="${code}"`);
      throw error;
    }
  }

  async #open(target: Target, reach: Reach, passed: string | undefined): Promise<Socket> {
    if (isMetadataName(target.host)) {
      throw new AppError('address_refused', `${target.host} is a cloud metadata service: not through this proxy`);
    }
    const { connectTo, proxy } = this.#options;
    const there = redirect(target, connectTo);
    // Where the user says that it lies, it may be reached.
    const isOutside = reach === 'outside' && there === target;
    if (proxy === null || isLocal(there.host)) return dial(there, isOutside ? this.#dialOutside : this.#dial);
    if (isIP(there.host) !== 0) this.#check(there.host, there.port);
    return this.#throughProxy(proxy, there, passed);
  }

  async #throughProxy(proxy: UpstreamProxy, target: Target, passed: string | undefined): Promise<Socket> {
    let socket: Socket | null = null;
    try {
      socket = await dial(proxy, this.#dial);
      await openTunnel(socket, proxy, target, this.#dial.timeoutMs, this.#options.via?.with(passed));
      return socket;
    } catch (error) {
      socket?.destroy();
      if (error instanceof AppError && error.code === 'loop') throw error;
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof AppError && error.code === 'upstream_proxy') throw error;
      throw new AppError('upstream_proxy', `the upstream proxy cannot be used: ${why}`, { cause: error });
    }
  }

  #checkOutside(address: string, port: number): void {
    this.#check(address, port);
    if (!isLoopback(address)) return;
    const message = `${address} is the proxy's own machine: only programs on it, and servers that are named in its configuration, are reached there`;
    throw new AppError('address_refused', message);
  }

  #check(address: string, port: number): void {
    if (this.#options.isOwnEndpoint(address, port)) {
      throw new AppError('loop', `${address}:${port} is this proxy itself`);
    }
    const reason = checkAddress(address);
    if (reason !== null) throw new AppError('address_refused', `${address} is refused: ${reason}`);
  }

  #secure(socket: Socket, target: Target, alpn: readonly string[] | null): Promise<TLSSocket> {
    this.warm();
    const key = `${target.host}:${target.port}`;
    const session = this.#sessions.get(key);
    const tls = connectTls({
      socket,
      // Said, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment of the daemon would say otherwise.
      rejectUnauthorized: true,
      ...(isIP(target.host) === 0 ? { servername: target.host } : { host: target.host }),
      ...(this.#context === null ? {} : { secureContext: this.#context }),
      ...(alpn === null || alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(session === undefined ? {} : { session }),
    });
    isAbove(tls, socket);
    // TLS 1.3 sends tickets after the handshake, often with the first answer.
    tls.on('session', (ticket) => {
      if (tls.authorized) this.#sessions.set(key, ticket);
    });
    return this.#handshake(tls, target).catch((error: unknown) => {
      this.#sessions.delete(key);
      tls.destroy();
      throw error;
    });
  }

  #handshake(tls: TLSSocket, target: Target): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        // Typed as Error, but Node sets the verify code, a string.
        const verdict = tls.authorizationError as unknown;
        reject(handshakeError(target, error, typeof verdict === 'string' ? verdict : codeOf(verdict)));
      };
      const closed = (): void => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
      const timer = setTimeout(
        () => fail(timeoutError(target, 'the TLS handshake with', this.#handshakeTimeoutMs)),
        this.#handshakeTimeoutMs,
      );
      tls.once('close', closed).once('end', closed);
      // Stays for good: an error between here and the first listener of the relay must not be unheard.
      tls.on('error', fail);
      tls.once('secureConnect', () => {
        clearTimeout(timer);
        tls.off('close', closed).off('end', closed);
        resolve(tls);
      });
    });
  }
}

/** A company's proxy cannot reach this machine's own services. */
function isLocal(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isLoopback(host);
}
