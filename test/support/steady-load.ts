/** A daemon under streams and short answers that go on while its disk or its clock fails, and the books of its clients. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as tlsConnect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { type CalledFor, callOnce, HOST, newCall, serve } from './counted-answers.ts';
import { makeCa, makeLeaf } from './certificates.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { startTlsUpstream, type Upstream } from './tls-upstream.ts';
import { openTunnel } from './tunnel-client.ts';

const CALL_MS = 20_000;
/** Calls on one connection: new ones are opened all the time, so that certificates and sockets are asked for as well. */
const CALLS_PER_CONNECTION = 5;
const EVENTS = 40;

export interface SteadyLoadOptions {
  /** Files of the upstream: not on the disk that fails. */
  folder: string;
  /** Of the daemon. */
  home: string;
  clients: number;
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Runs before the daemon, in the shell that becomes it. */
  shell?: string;
  /** What the clock that daemon and clients share says, or has said a moment ago: Unix ms. Absent = that of this process. */
  walls?: () => readonly number[];
}

export class SteadyLoad {
  /** What went wrong for a client. */
  readonly failures: string[] = [];
  /** Calls that were whole, in the order in which they ended. */
  readonly calls: (CalledFor & { session: string })[] = [];
  readonly #options: SteadyLoadOptions;
  readonly #upstream: Upstream<TLSSocket>;
  readonly #args: readonly string[];
  #daemon: Daemon | null = null;
  #ca = '';
  #running: Promise<unknown> | null = null;
  #isOn = false;
  #made = 0;

  static async open(options: SteadyLoadOptions): Promise<SteadyLoad> {
    const ca = makeCa('upstream');
    const caFile = join(options.folder, 'upstream.pem');
    writeFileSync(caFile, ca.pem);
    const upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => serve(socket));
    const target = `${HOST}:443:127.0.0.1:${upstream.port}`;
    return new SteadyLoad(options, upstream, ['--upstream-ca', caFile, '--connect-to', target]);
  }

  constructor(options: SteadyLoadOptions, upstream: Upstream<TLSSocket>, args: readonly string[]) {
    this.#options = options;
    this.#upstream = upstream;
    this.#args = [...args, ...(options.args ?? [])];
  }

  /** Calls that were begun. */
  get made(): number {
    return this.#made;
  }

  get daemon(): Daemon {
    if (this.#daemon === null) throw new Error('no daemon runs');
    return this.#daemon;
  }

  async start(): Promise<Daemon> {
    const { home, env = {}, shell } = this.#options;
    const before = shell === undefined ? {} : { shell };
    this.#daemon = await startDaemon({ home, args: this.#args, env, ...before });
    this.#ca = readFileSync(this.#daemon.caFile, 'utf8');
    return this.#daemon;
  }

  /** Calls, one after the other, of each client, until `pause`. */
  go(): void {
    this.#isOn = true;
    this.#running = Promise.all(Array.from({ length: this.#options.clients }, (_, index) => this.#client(index)));
  }

  /** Resolves when what was under way has ended. */
  async pause(): Promise<void> {
    this.#isOn = false;
    await this.#running;
  }

  /** So long under load. @returns the longest wait of a client for bytes, ms */
  async during(ms: number): Promise<number> {
    const before = this.calls.length;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return Math.max(0, ...this.calls.slice(before).map(({ longestWait }) => longestWait));
  }

  async close(): Promise<void> {
    this.#isOn = false;
    await this.#daemon?.kill();
    await this.#running;
    await this.#upstream.close();
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return (await (await this.daemon.get(path)).json()) as Record<string, unknown>;
  }

  /** Sums of counters by `reason` and `sink`, of those that are not 0. */
  async dropped(): Promise<Record<string, number>> {
    const text = await (await this.daemon.get('/metrics')).text();
    const sums: Record<string, number> = {};
    for (const line of text.split('\n')) {
      const [, labels, count] = /^llm_proxy_dropped_total\{(.*)\} (\d+)/.exec(line) ?? [];
      if (labels === undefined || count === '0') continue;
      const label = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '-';
      sums[`${label('sink')} ${label('reason')}`] = Number(count);
    }
    return sums;
  }

  /** Streams, or answers in one piece. */
  async #client(index: number): Promise<void> {
    while (this.#isOn) {
      let socket: TLSSocket | null = null;
      try {
        socket = await this.#connect();
        for (let count = 0; count === 0 || (count < CALLS_PER_CONNECTION && this.#isOn); count += 1)
          await this.#call(socket, index);
      } catch (error) {
        this.failures.push(`client ${index}: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      } finally {
        socket?.destroy();
      }
    }
  }

  async #call(socket: TLSSocket, index: number): Promise<void> {
    const call = newCall(`msg_${(this.#made += 1)}`);
    const events = index % 2 === 0 ? Math.floor(Math.random() * EVENTS) : null;
    const session = `session-${index}`;
    await within(CALL_MS, `call ${call.id}`, callOnce(socket, call, events, session));
    this.calls.push({ ...call, session });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async #connect(): Promise<TLSSocket> {
    const { walls } = this.#options;
    const before = walls?.() ?? [];
    const socket = tlsConnect({
      socket: await within(CALL_MS, 'CONNECT', openTunnel(this.daemon, HOST)),
      servername: HOST,
      ca: this.#ca,
      // OpenSSL knows no other clock than that of the machine: the times are looked at below.
      rejectUnauthorized: walls === undefined,
    });
    await within(CALL_MS, 'handshake', once(socket, 'secureConnect'));
    socket.on('error', () => {});
    const certificate = socket.getPeerCertificate();
    const times = [...before, ...(walls?.() ?? [])];
    if (times.length > 0 && !times.some((wall) => isValidAt(certificate, wall)))
      throw new Error(
        `at ${new Date(times[0] ?? 0).toISOString()}: ${certificate.valid_from} - ${certificate.valid_to}`,
      );
    return socket;
  }
}

function isValidAt(certificate: PeerCertificate, wall: number): boolean {
  return Date.parse(certificate.valid_from) <= wall && wall <= Date.parse(certificate.valid_to);
}

function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took more than ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
