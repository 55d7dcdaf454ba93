import { createServer, isIP, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { systemClock } from '../../src/core/clock.ts';
import { Counters } from '../../src/core/counters.ts';
import { matchesHost } from '../../src/core/hosts.ts';
import type { Logger } from '../../src/core/log.ts';
import type { RecorderPort } from '../../src/core/recorder-port.ts';
import { isOwnEndpoint } from '../../src/net/addresses.ts';
import { DEFAULT_LIMITS, type OpenFrontDoor } from '../../src/net/http-server.ts';
import { type Entrance, type EntranceOptions, openEntrance } from '../../src/net/listeners.ts';
import type { PolicyRules } from '../../src/net/policy.ts';
import type { ClientConnection } from '../../src/net/types.ts';
import { Upstream } from '../../src/net/upstream.ts';
import { RecordingPort, sequence } from './recording-port.ts';

export interface TestEntrance {
  entrance: Entrance;
  port: number;
  recorder: RecordingPort;
  counters: Counters;
  /** What was handed over to be intercepted, in order. */
  intercepted: ClientConnection[];
  logged: { level: string; message: string; fields: object }[];
  ownPorts: Set<number>;
  stop(): Promise<void>;
}

export interface TestEntranceOptions extends Partial<Omit<EntranceOptions, 'rules'>> {
  rules?: Partial<PolicyRules>;
  context?: SecureContext;
}

/**
 * The real entrance and the real dialler. All names resolve to 127.0.0.1 but `nowhere.example`; `*.provider.example` and
 * port-bound `local.example` are providers, `*.known.example` is known but not intercepted, `uncovered.*` has no leaf.
 */
export async function startEntrance(open: OpenFrontDoor, options: TestEntranceOptions = {}): Promise<TestEntrance> {
  const recorder = new RecordingPort();
  const counters = new Counters();
  const intercepted: ClientConnection[] = [];
  const logged: TestEntrance['logged'] = [];
  const ownPorts = new Set<number>();
  const upstream = upstreamOf(counters, ownPorts, options.context);
  const { rules, context: _, ...rest } = options;
  const entrance = await openEntrance({
    open,
    host: '127.0.0.1',
    port: 0,
    rules: {
      hosts: { lookup: lookupForTests },
      intercept: [],
      tunnel: [],
      leaves: { covers: (host) => !host.startsWith('uncovered') },
      ...rules,
    },
    net: {
      recorder,
      connections: sequence(),
      exchanges: sequence(),
      counters,
      clock: systemClock,
      log: keepingLogger(logged),
      upstream,
    },
    intercept: () => (client) => void intercepted.push(client),
    admin: () => null,
    ownPorts,
    limits: { ...DEFAULT_LIMITS, checkEveryMs: 50 },
    connectTimeouts: { helloMs: 900_000, briefMs: 100 },
    stopGraceMs: 0,
    ...rest,
  });
  const stop = async (): Promise<void> => entrance.stop();
  return { entrance, port: entrance.port, recorder, counters, intercepted, logged, ownPorts, stop };
}

function upstreamOf(counters: Counters, ownPorts: ReadonlySet<number>, context = createSecureContext()): Upstream {
  return new Upstream({
    context: () => context,
    connectTo: [],
    proxy: null,
    isOwnEndpoint: (address, port) => isOwnEndpoint(address, port, ownPorts),
    counters,
    resolve: resolveForTests,
    dialTimeoutMs: 60_000,
  });
}

/** For `options.net`: who waits for a record waits for `recorder`. */
export function strictNet(recorder: RecorderPort, counters: Counters): EntranceOptions['net'] {
  return {
    recorder,
    connections: sequence(),
    exchanges: sequence(),
    counters,
    clock: systemClock,
    log: keepingLogger([]),
    upstream: upstreamOf(counters, new Set()),
    strict: true,
  };
}

function lookupForTests(host: string): { provider: string; intercept: boolean } | null {
  if (matchesHost(host, 'provider.example')) return { provider: 'test', intercept: true };
  if (matchesHost(host, 'known.example')) return { provider: 'known', intercept: false };
  return null;
}

function resolveForTests(host: string): Promise<readonly string[]> {
  const names: Record<string, string> = { 'rebind.example': '169.254.169.254', 'six.example': '::ffff:a9fe:a9fe' };
  if (host === 'nowhere.example') return Promise.reject(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));
  return Promise.resolve([names[host] ?? (isIP(host) === 0 ? '127.0.0.1' : host)]);
}

function keepingLogger(logged: TestEntrance['logged']): Logger {
  const at = (level: string) => (fields: object, message: string) => void logged.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A free port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await closeServer(server, []);
  return port;
}

export async function closeServer(server: Server, sockets: Iterable<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
