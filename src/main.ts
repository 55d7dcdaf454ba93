/** Composition root of the net thread: the daemon. The only place that knows all three threads. */
import { MessageChannel } from 'node:worker_threads';
import type { AdminThreadData } from './admin/thread-messages.ts';
import { AdminThread } from './admin/thread.ts';
import { Authority } from './ca/authority.ts';
import { LeafCache } from './ca/leaf-cache.ts';
import type { Config } from './config/load.ts';
import { systemClock } from './core/clock.ts';
import { Counters } from './core/counters.ts';
import { DOCTOR_CONNECT_TO, DOCTOR_HOST } from './core/doctor-host.ts';
import { AppError, messageOf } from './core/errors.ts';
import { normaliseHost } from './core/hosts.ts';
import type { Logger, LogOptions } from './core/log.ts';
import type { NetControl } from './core/ports.ts';
import { SlabRecorder } from './handover/slab-recorder.ts';
import { isOwnEndpoint } from './net/addresses.ts';
import { parseConnectTo } from './net/connect-to.ts';
import { withoutDoctor } from './net/doctor.ts';
import { openFrontDoor } from './net/front-door.ts';
import { createIntercept } from './net/intercept.ts';
import { type Entrance, openEntrance } from './net/listeners.ts';
import { parseUpstreamProxy } from './net/upstream-proxy.ts';
import { upstreamContext } from './net/upstream-roots.ts';
import { Upstream } from './net/upstream.ts';
import { loadRegistry } from './providers/registry.ts';
import type { RecorderConfig } from './recorder/thread-messages.ts';
import { RecorderThread } from './recorder/thread.ts';

export interface DaemonInput {
  config: Config;
  version: string;
  /** Null = the admin port asks nobody for one. */
  adminToken: string | null;
  env: NodeJS.ProcessEnv;
  log: Logger;
  /** For the loggers of the other threads. */
  logOptions: LogOptions;
  /** Somebody asked for the end, over the admin API. */
  onStop: () => void;
}

export interface Daemon {
  proxyUrl: string;
  adminUrl: string;
  caFile: string;
  bundleFile: string;
  /** Live calls get 30 s to end, a second call ends them now; all that is known is written. */
  stop(): Promise<void>;
}

/** `ca add` and `ca rotate` are other processes: the daemon looks whether they wrote. */
const AUTHORITY_CHECK_MS = 2000;

/** Rejects with AppError: `config_invalid`, `port_in_use`, `ca_unusable`, `store_unusable`. */
export async function startDaemon(input: DaemonInput): Promise<Daemon> {
  const { log } = input;
  const authority = await openAuthority(input);
  const leaves = new LeafCache({ authority, clock: systemClock });
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const counters = new Counters();
    const rows = new SlabRecorder({ counters, log });
    const recorder = new RecorderThread({
      config: recorderConfig(input),
      net: rows,
      log,
      onReady: () => admin?.recorderStarted(),
    });
    let admin: AdminThread | null = null;
    await recorder.start();
    closers.push(() => recorder.stop());
    const entrance = await openNet(input, { counters, rows, leaves, admin: () => admin?.address ?? null });
    closers.push(() => entrance.stop());
    admin = new AdminThread({
      settings: adminSettings(input, authority.caFile),
      control: controlOf(entrance, input.onStop),
      connectRecorder: () => {
        const { port1, port2 } = new MessageChannel();
        recorder.serve(port1);
        return port2;
      },
      log,
    });
    await admin.start();
    const watch = setInterval(() => followAuthority(authority, log), AUTHORITY_CHECK_MS).unref();
    const { url } = admin;
    closers.splice(
      0,
      closers.length,
      () => entrance.stop(),
      () => recorder.stop(),
      () => admin?.stop() ?? Promise.resolve(),
    );
    return {
      proxyUrl: entrance.url,
      adminUrl: url,
      caFile: authority.caFile,
      bundleFile: authority.bundleFile,
      stop: async () => {
        clearInterval(watch);
        for (const close of closers) await close();
      },
    };
  } catch (error) {
    for (const close of closers.toReversed()) await close();
    throw error;
  }
}

async function openAuthority({ config, env, log }: DaemonInput): Promise<Authority> {
  const authority = await Authority.open({
    keysDir: config.keys_dir,
    certsDir: config.certs_dir,
    clock: systemClock,
    env,
  });
  for (const { fingerprint, expires } of authority.expiring()) {
    log.warn({ fingerprint, expires, fix: 'llm-proxy ca rotate' }, 'a root certificate ends soon');
  }
  return authority;
}

function followAuthority(authority: Authority, log: Logger): void {
  try {
    authority.reload();
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'the CA on disk cannot be read; the one in memory goes on');
  }
}

interface NetParts {
  counters: Counters;
  rows: SlabRecorder;
  leaves: LeafCache;
  admin: () => { host: string; port: number } | null;
}

async function openNet(input: DaemonInput, { counters, rows, leaves, admin }: NetParts): Promise<Entrance> {
  const { config, log } = input;
  const ownPorts = new Set<number>();
  const upstream = createUpstream(input, counters, ownPorts, () => admin()?.port ?? null);
  const hosts = await loadRegistry({ localServers: config.local });
  return openEntrance({
    open: openFrontDoor,
    host: config.host,
    port: config.port,
    rules: {
      hosts,
      intercept: [...patterns('intercept', config.intercept), DOCTOR_HOST],
      tunnel: patterns('tunnel', config.tunnel),
      leaves,
    },
    net: {
      recorder: rows,
      connections: sequence(),
      exchanges: sequence(),
      counters,
      clock: systemClock,
      log,
      upstream,
    },
    intercept: (net) => withoutDoctor((recorder) => createIntercept({ ...net, recorder, leaves }), net.recorder),
    admin,
    ownPorts,
    flushRecorder: () => rows.flush(),
  });
}

function sequence(): { next(): number } {
  let last = 0;
  return { next: () => ++last };
}

function createUpstream(
  { config, env }: DaemonInput,
  counters: Counters,
  ownPorts: ReadonlySet<number>,
  adminPort: () => number | null,
): Upstream {
  // Read at once, so that a bad file is an error of the start, not of the first call.
  const context = upstreamContext(config.upstream_ca, env);
  return new Upstream({
    context: () => context,
    connectTo: [...config.connect_to, DOCTOR_CONNECT_TO].map(parseConnectTo),
    proxy: config.upstream_proxy === null ? null : parseUpstreamProxy(config.upstream_proxy),
    isOwnEndpoint: (address, port) => isOwnEndpoint(address, port, new Set([...ownPorts, adminPort() ?? 0])),
    counters,
  });
}

function patterns(option: string, hosts: readonly string[]): string[] {
  return hosts.map((host) => {
    const name = host.includes('*') ? host.toLowerCase() : normaliseHost(host);
    if (name === null) throw new AppError('config_invalid', `${option}: ${host} is not a host`);
    return name;
  });
}

function controlOf(entrance: Entrance, onStop: () => void): NetControl {
  return {
    openRun: (pid) => entrance.openRun(pid),
    closeRun: (runId) => entrance.closeRun(runId),
    status: () => entrance.status(),
    stop: onStop,
  };
}

function recorderConfig({ config, logOptions }: DaemonInput): RecorderConfig {
  const { logs } = config;
  return {
    databasePath: config.db,
    sinks: {
      console: { format: logOptions.pretty ? 'line' : 'json', colour: logOptions.pretty },
      logFiles: {
        folder: config.log_dir,
        bodies: logs.bodies,
        maxFileBytes: logs.max_file_bytes,
        maxTotalBytes: logs.max_total_bytes,
        maxDays: logs.max_age_days,
      },
      sqlite: { path: config.db },
    },
    localServers: config.local,
    log: logOptions,
  };
}

function adminSettings({ config, version, adminToken }: DaemonInput, caFile: string): Omit<AdminThreadData, 'net'> {
  return {
    host: config.admin_host,
    port: config.admin_port,
    token: adminToken,
    allowedHosts: config.admin.allowed_hosts,
    version,
    caFile,
    db: config.db,
  };
}
