/**
 * Loaded into every Node program that `run` or `env` set up (NODE_OPTIONS=--require=…), in every thread of it.
 * Node 20 knows no proxy variable at all, and NODE_USE_ENV_PROXY (22.21, 24.5) reaches only fetch and the global agents;
 * SDKs with keep-alive agents of their own (agentkeepalive: openai 4, @anthropic-ai/sdk 0.x) would go past the proxy.
 * It must be harmless in every other program: it decides at the moment of connecting, by the same variables as any
 * client, leaves alone what the program chose for itself (a socket, a CA list, a proxy), and loads undici only when
 * the first fetch is made. A failure of its own must never end the program.
 */
import type { Agent, AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

type ConnectionOptions = AgentOptions & {
  host?: string;
  port?: number | string;
  path?: string | null;
  socketPath?: string;
  socket?: unknown;
};
type OnCreate = (error: Error | null, socket?: Duplex) => void;
type CreateConnection = (this: Agent, options: ConnectionOptions, oncreate?: OnCreate) => Duplex | undefined;
type Dispatcher = Record<PropertyKey, unknown>;

const INSTALLED = Symbol.for('llm-proxy.preload');
/** Where the fetch of Node 18–24 and undici ≤ 7 look for their dispatcher; Node 26 and undici 8 read the second. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');
const MAX_HEAD_BYTES = 64 * 1024;

function variable(name: string): string {
  return process.env[name.toLowerCase()] ?? process.env[name] ?? '';
}

/** The proxy for one https destination, or null when it must be reached directly. */
function proxyFor(host: string, port: number): URL | null {
  const proxy = variable('HTTPS_PROXY');
  if (proxy === '' || isExempt(host.toLowerCase(), port)) return null;
  try {
    const url = new URL(proxy);
    return url.protocol === 'http:' ? url : null;
  } catch {
    return null;
  }
}

function isExempt(host: string, port: number): boolean {
  for (const raw of variable('NO_PROXY').split(/[,\s]+/)) {
    if (raw === '') continue;
    if (raw === '*') return true;
    const withPort = /^([^:]+|\[.*\]):(\d+)$/.exec(raw);
    if (withPort !== null && Number(withPort[2]) !== port) continue;
    const name = (withPort?.[1] ?? raw)
      .toLowerCase()
      .replace(/^\*?\./, '')
      .replace(/^\[(.*)\]$/, '$1');
    if (host === name || host.endsWith(`.${name}`)) return true;
  }
  return false;
}

/** CONNECT on a new socket; bytes that come after the head stay in the socket. */
function openTunnel(proxy: URL, host: string, port: number, done: (error: Error | null, socket: Socket) => void): void {
  const net = require('node:net') as typeof import('node:net');
  const socket = net.connect({ host: proxy.hostname.replace(/^\[|\]$/g, ''), port: Number(proxy.port || 80) });
  let head = Buffer.alloc(0);
  const finish = (error: Error | null): void => {
    socket.off('data', onData).off('error', finish).off('end', onEnd);
    if (error !== null) socket.destroy();
    done(error, socket);
  };
  const onEnd = (): void => finish(new Error(`proxy ${proxy.host} closed before it answered CONNECT ${host}:${port}`));
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) {
      if (head.length > MAX_HEAD_BYTES) finish(new Error(`proxy ${proxy.host} sent no answer to CONNECT`));
      return;
    }
    const status = /^HTTP\/1\.[01] (\d{3}[^\r]*)/.exec(head.toString('latin1', 0, end))?.[1] ?? 'no HTTP';
    if (!status.startsWith('2'))
      return finish(new Error(`proxy ${proxy.host} refused CONNECT ${host}:${port}: ${status}`));
    socket.pause();
    finish(null);
    if (head.length > end + 4) socket.unshift(head.subarray(end + 4));
  };
  socket.on('data', onData).on('error', finish).on('end', onEnd);
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization(proxy)}\r\n`);
}

function authorization(proxy: URL): string {
  if (proxy.username === '') return '';
  const plain = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Proxy-Authorization: Basic ${Buffer.from(plain).toString('base64')}\r\n`;
}

/** A stream that can be handed out before its tunnel exists: agentkeepalive wants a socket at once, not a callback. */
function eventualTunnel(proxy: URL, host: string, port: number): Duplex {
  const { Duplex } = require('node:stream') as typeof import('node:stream');
  let socket: Socket | null = null;
  const waiting: (() => void)[] = [];
  const whenOpen = (task: () => void): void => void (socket === null ? waiting.push(task) : task());
  const stream = new Duplex({
    read: () => whenOpen(() => socket?.resume()),
    write: (chunk, encoding, callback) => whenOpen(() => socket?.write(chunk, encoding, callback)),
    final: (callback) => whenOpen(() => socket?.end(callback)),
    destroy: (error, callback) => {
      whenOpen(() => socket?.destroy());
      callback(error);
    },
  });
  openTunnel(proxy, host, port, (error, opened) => {
    if (error !== null) return void stream.destroy(error);
    socket = opened;
    opened.on('data', (chunk: Buffer) => void (stream.push(chunk) || opened.pause()));
    opened.on('end', () => stream.push(null));
    opened.on('error', (failure: Error) => stream.destroy(failure));
    opened.on('close', () => stream.destroy());
    for (const task of waiting.splice(0)) task();
  });
  return stream;
}

/** What the program settled for itself stays so. A CA list of its own means that it would not trust ours. */
function isOwnChoice(options: ConnectionOptions): boolean {
  const chosen = options.socket ?? options.socketPath ?? options.path ?? options.ca ?? options.pfx;
  return chosen !== undefined && chosen !== null;
}

/** Node 22.21 and 24.5 give the option to agents: their global ones under NODE_USE_ENV_PROXY, others by the program. */
function hasProxyOfItsOwn(agent: Agent): boolean {
  return 'proxyEnv' in agent.options && agent.options.proxyEnv !== undefined;
}

function patchHttpsAgent(): void {
  const { Agent } = require('node:https') as typeof import('node:https');
  const prototype = Agent.prototype as unknown as { createConnection: CreateConnection };
  const original = prototype.createConnection;
  // Under NODE_USE_ENV_PROXY Node's global agent sends to the proxy even what brings its own CA list or socket: there
  // such a request would meet a certificate of ours that it cannot trust. An agent without `proxyEnv` goes directly.
  const { globalAgent } = require('node:https') as typeof import('node:https');
  const direct = new Agent();
  const createConnection: CreateConnection = function createConnection(options, oncreate) {
    const host = options?.host;
    const port = Number.parseInt(String(options?.port ?? 443), 10);
    if (typeof host !== 'string') return Reflect.apply(original, this, arguments) as Duplex | undefined;
    const isOwn = isOwnChoice(options);
    const proxy = isOwn || hasProxyOfItsOwn(this) ? null : proxyFor(host, port);
    if (proxy === null)
      return Reflect.apply(original, isOwn && this === globalAgent ? direct : this, arguments) as Duplex | undefined;
    const overTunnel = (socket: Duplex): Duplex | undefined => original.call(this, { ...options, socket });
    const isBare = (this as unknown as { createConnection: unknown }).createConnection === createConnection;
    if (!isBare || oncreate === undefined) return overTunnel(eventualTunnel(proxy, host, port));
    openTunnel(proxy, host, port, (error, socket) => {
      if (error !== null) return oncreate(error);
      try {
        oncreate(null, overTunnel(socket));
      } catch (failure) {
        socket.destroy();
        oncreate(failure as Error);
      }
    });
    return undefined;
  };
  prototype.createConnection = createConnection;
}

/** Stands where fetch looks for its dispatcher and becomes undici's EnvHttpProxyAgent at the first use. */
function installDispatcher(): void {
  const slots = globalThis as unknown as Record<symbol, unknown>;
  if (slots[GLOBAL_DISPATCHER] !== undefined) return;
  // Deep on purpose: the whole of undici takes 130 ms to load, its proxy agent 20 (exact version in package.json).
  const files = ['dispatcher/dispatcher', 'api/index', 'dispatcher/env-http-proxy-agent'];
  const [base = '', api = '', proxyAgent = ''] = files.map((file) => require.resolve(`undici/lib/${file}.js`));
  let loaded: Dispatcher | null = null;
  const agent = (): Dispatcher => {
    if (loaded !== null) return loaded;
    // As undici's own index does: `request`, `connect` and the like are methods of every dispatcher.
    Object.assign((require(base) as { prototype: object }).prototype, require(api));
    loaded = new (require(proxyAgent) as new () => Dispatcher)();
    return loaded;
  };
  const standIn = new Proxy(Object.create(null) as Dispatcher, {
    get(_, key) {
      const value = Reflect.get(agent(), key);
      return typeof value === 'function' ? (value.bind(agent()) as unknown) : value;
    },
    has: (_, key) => Reflect.has(agent(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(agent()),
  });
  // Writable and not configurable, as undici itself defines it: setGlobalDispatcher() of a program goes on working.
  Object.defineProperty(globalThis, GLOBAL_DISPATCHER, {
    value: standIn,
    writable: true,
    enumerable: false,
    configurable: false,
  });
}

/** Node 22 says on stderr that its own reading of the proxy variables is experimental; the user did not ask for it. */
function silenceExperimentalWarning(): void {
  const emit = Reflect.get(process, 'emit') as (this: NodeJS.Process, name: string, ...rest: unknown[]) => boolean;
  const restore = (): void => {
    if (Reflect.get(process, 'emit') === quiet) Reflect.set(process, 'emit', emit);
  };
  const quiet = function (this: NodeJS.Process, name: string, ...rest: unknown[]): boolean {
    const [warning] = rest as { code?: string }[];
    if (name !== 'warning' || warning?.code !== 'UNDICI-EHPA') return Reflect.apply(emit, this, [name, ...rest]);
    restore();
    return false;
  };
  Reflect.set(process, 'emit', quiet);
  // With an ES module as the program the warning comes some turns of the loop later.
  setTimeout(restore, 1000).unref();
}

/** 20.18.1 -> 20_018_001 */
function version(text: string): number {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return (major * 1000 + minor) * 1000 + patch;
}

function isIn(value: number, from: number, to: number): boolean {
  return value >= from && value < to;
}

function main(): void {
  const slots = globalThis as unknown as Record<symbol, unknown>;
  // Bun and Deno read the variables themselves.
  if (slots[INSTALLED] === true || process.versions['bun'] !== undefined || 'Deno' in globalThis) return;
  slots[INSTALLED] = true;
  patchHttpsAgent();
  const node = version(process.versions.node);
  const variablesAreOn =
    process.env['NODE_USE_ENV_PROXY'] === '1' && (node >= 24_000_000 || isIn(node, 22_021_000, 23_000_000));
  // In a worker thread the warning comes before any preload: there it stays.
  if (variablesAreOn && node < 23_000_000) silenceExperimentalWarning();
  // undici 7 needs 20.18.1; fetch of an older Node goes directly.
  if (!variablesAreOn && node >= 20_018_001) installDispatcher();
}

try {
  main();
} catch {
  // Without it the program's calls go past the proxy: better than a program that does not start.
}
