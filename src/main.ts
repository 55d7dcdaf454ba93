/** Composition root of the net thread: the daemon. The only place that knows all threads. */
import { randomBytes } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import type { AdminThreadData } from './admin/thread-messages.ts';
import { AdminThread } from './admin/thread.ts';
import { Authority } from './ca/authority.ts';
import { LeafCache } from './ca/leaf-cache.ts';
import { lifeOf } from './config/life.ts';
import type { Config } from './config/load.ts';
import type { Setting } from './config/settings.ts';
import { systemClock } from './core/clock.ts';
import { Counters } from './core/counters.ts';
import { DOCTOR_HOST } from './core/doctor-host.ts';
import { AppError, messageOf } from './core/errors.ts';
import type { Logger, LogOptions } from './core/log.ts';
import type { ClientSetup, NetControl } from './core/ports.ts';
import type { ModeSwitch } from './gateway/mode-switch.ts';
import { type DeliveryConfig } from './delivery/thread-messages.ts';
import { DeliveryThread } from './delivery/thread.ts';
import { deliveryConfig, destinationNames } from './delivery-config.ts';
import { SlabRecorder } from './handover/slab-recorder.ts';
import { isOwnEndpoint } from './net/addresses.ts';
import { AwsCredentialSource } from './net/aws-credentials.ts';
import { BedrockSigner } from './net/bedrock-signing.ts';
import { withoutDoctor } from './net/doctor.ts';
import { openFrontDoor } from './net/front-door.ts';
import { HandshakeTroubles } from './net/handshake-troubles.ts';
import { createIntercept } from './net/intercept.ts';
import { type Entrance, openEntrance } from './net/listeners.ts';
import { Upstream } from './net/upstream.ts';
import { Via } from './net/via.ts';
import { type NetOptions, readNetOptions } from './net-options.ts';
import { recorderConfig } from './recorder-config.ts';
import { RecorderThread } from './recorder/thread.ts';

export interface DaemonInput {
  config: Config;
  /** The same for people, with who said what. */
  settings: readonly Setting[];
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

/** Rejects with AppError: `config_invalid`, `port_in_use`, `ca_unusable`, `store_unusable`; then nothing runs any more. */
export async function startDaemon(input: DaemonInput): Promise<Daemon> {
  // Nothing runs, and no file is there, before all of the configuration is known to be right.
  const options = await readNetOptions({ ...input, via: new Via(randomBytes(4).toString('hex')) });
  const parts = new Parts(input, options, deliveryConfig(input));
  try {
    // The recorder's thread loads on another core meanwhile.
    const [authority] = await inOrder(
      openAuthority(input).then((opened) => parts.open(opened)),
      parts.startRecorder(),
    );
    const watch = setInterval(followerOf(authority, input.log), AUTHORITY_CHECK_MS).unref();
    return {
      proxyUrl: parts.entrance?.url ?? '',
      adminUrl: parts.admin?.url ?? '',
      caFile: authority.caFile,
      bundleFile: authority.bundleFile,
      stop: () => {
        clearInterval(watch);
        return parts.stop();
      },
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** What runs so far. */
class Parts {
  readonly #input: DaemonInput;
  readonly #options: NetOptions;
  readonly #counters = new Counters();
  readonly #rows: SlabRecorder;
  readonly #recorder: RecorderThread;
  #recorderRuns = false;
  readonly #delivery: DeliveryThread | null;
  entrance: Entrance | null = null;
  admin: AdminThread | null = null;

  constructor(input: DaemonInput, options: NetOptions, delivery: DeliveryConfig | null) {
    const { log } = input;
    this.#input = input;
    this.#options = options;
    this.#delivery = delivery === null ? null : new DeliveryThread({ config: delivery, log });
    this.#rows = new SlabRecorder({ counters: this.#counters, log });
    this.#recorder = new RecorderThread({
      config: recorderConfig(input),
      net: this.#rows,
      log,
      // Only when it was started again: at the start the reader thread asks for its line itself.
      onReady: () => (this.#recorderRuns ? this.admin?.recorderStarted() : undefined),
    });
  }

  async startRecorder(): Promise<void> {
    await this.#recorder.start();
    this.#recorderRuns = true;
    // It reads what the recorder writes.
    this.#delivery?.start();
  }

  /** The entrance and the reader thread. */
  async open(authority: Authority): Promise<Authority> {
    const leaves = new LeafCache({ authority, clock: systemClock });
    const troubles = new HandshakeTroubles();
    const admin = new AdminThread({
      settings: adminSettings(this.#input, authority.caFile, this.#options.bedrockRegion),
      control: controlOf(
        () => this.entrance,
        this.#options.modes.switch,
        this.#input,
        () => ({
          ca_file: authority.caFile,
          bundle_file: authority.bundleFile,
          tls_troubles: troubles.list(),
        }),
      ),
      connectRecorder: () => {
        const { port1, port2 } = new MessageChannel();
        this.#recorder.serve(port1);
        return port2;
      },
      log: this.#input.log,
    });
    this.admin = admin;
    const reading = admin.start();
    const net = { counters: this.#counters, rows: this.#rows, leaves, troubles, admin: () => admin.address };
    await inOrder(this.#openEntrance(net), reading);
    return authority;
  }

  async #openEntrance(net: NetParts): Promise<void> {
    this.entrance = await openNet(this.#input, this.#options, net);
  }

  async stop(): Promise<void> {
    await this.entrance?.stop();
    // One that failed to start has ended itself.
    if (this.#recorderRuns) await this.#recorder.stop();
    await this.#delivery?.stop();
    await this.admin?.stop();
  }
}

/** Like `Promise.all`, but waits for all of them, and of several failures tells always the same one: the first. */
async function inOrder<T extends readonly Promise<unknown>[]>(
  ...all: T
): Promise<{ -readonly [Key in keyof T]: Awaited<T[Key]> }> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

async function openAuthority({ config, env, log }: DaemonInput): Promise<Authority> {
  const authority = await Authority.open({
    keysDir: config.keys_dir,
    certsDir: config.certs_dir,
    clock: systemClock,
    env,
  });
  if (authority.unwritten !== null)
    log.warn(
      { error: authority.unwritten },
      'the bundle of public roots could not be brought up to date; the older one serves',
    );
  for (const { fingerprint, expires } of authority.expiring()) {
    log.warn({ fingerprint, expires, fix: 'llm-proxy ca rotate' }, 'a root certificate ends soon');
  }
  return authority;
}

/** Says each fault once, not every two seconds. */
function followerOf(authority: Authority, log: Logger): () => void {
  let told: string | null = null;
  return () => {
    try {
      authority.reload();
      told = null;
    } catch (error) {
      const fault = messageOf(error);
      if (fault !== told) log.warn({ error: fault }, 'the CA on disk cannot be read; the one in memory goes on');
      told = fault;
    }
  };
}

interface NetParts {
  counters: Counters;
  rows: SlabRecorder;
  leaves: LeafCache;
  troubles: HandshakeTroubles;
  admin: () => { host: string; port: number } | null;
}

function openNet(
  { config, env, log }: DaemonInput,
  options: NetOptions,
  { counters, rows, leaves, troubles, admin }: NetParts,
): Promise<Entrance> {
  const { hosts, modes, via, context, includeUsage, baseUrls, intercept, tunnel } = options;
  const ownPorts = new Set<number>();
  const upstream = createUpstream(options, { counters, ownPorts, adminPort: () => admin()?.port ?? null });
  return openEntrance({
    open: openFrontDoor,
    host: config.host,
    port: config.port,
    rules: {
      hosts,
      intercept: [...intercept, DOCTOR_HOST],
      tunnel,
      leaves,
      guard: modes.guard,
    },
    steer: modes.steer,
    net: {
      recorder: rows,
      connections: sequence(),
      exchanges: sequence(),
      counters,
      clock: systemClock,
      log,
      upstream,
      context,
      strict: config.store.durability === 'strict',
      via,
    },
    intercept: (net, steered) =>
      withoutDoctor((recorder) => createIntercept({ ...net, recorder, leaves, steered, troubles }), net.recorder),
    includeUsage,
    baseUrls,
    bedrock: new BedrockSigner({
      credentials: new AwsCredentialSource({ env, wall: () => systemClock.wall() }),
      clock: systemClock,
      apiKey: env['AWS_BEARER_TOKEN_BEDROCK']?.trim() || null,
    }),
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
  { upstream: { context, connectTo, proxy }, via }: NetOptions,
  {
    counters,
    ownPorts,
    adminPort,
  }: { counters: Counters; ownPorts: ReadonlySet<number>; adminPort: () => number | null },
): Upstream {
  return new Upstream({
    context: () => context,
    connectTo,
    proxy,
    isOwnEndpoint: (address, port) => isOwnEndpoint(address, port, new Set([...ownPorts, adminPort() ?? 0])),
    counters,
    via,
  });
}

function ready<T>(part: T | null): T {
  if (part === null) throw new AppError('not_running', 'the proxy is starting; ask again in a second');
  return part;
}

/** @param entrance null = not open yet. @param setup what clients need beside the address of the proxy */
function controlOf(
  entrance: () => Entrance | null,
  modes: ModeSwitch,
  { config, onStop }: DaemonInput,
  setup: () => Omit<ClientSetup, 'proxy_url'>,
): NetControl {
  const opened = (): Entrance => ready(entrance());
  return {
    openRun: async (pid) => ({ ...(await opened().openRun(pid)), local_servers: config.local }),
    closeRun: (runId) => opened().closeRun(runId),
    status: () => opened().status(),
    explain: (url) => opened().explain(url),
    setup: () => ({ proxy_url: opened().url, ...setup() }),
    mode: (change) => modes.answer(change),
    stop: onStop,
  };
}

function adminSettings(input: DaemonInput, caFile: string, bedrockRegion: string | null): Omit<AdminThreadData, 'net'> {
  const { config, version, adminToken } = input;
  return {
    host: config.admin_host,
    port: config.admin_port,
    token: adminToken,
    allowedHosts: config.admin.allowed_hosts,
    version,
    caFile,
    db: config.db,
    bedrockRegion,
    localServers: config.local,
    ownProviders: config.provider,
    settings: input.settings,
    logDir: config.log_dir,
    life: lifeOf(config),
    destinations: destinationNames(config),
  };
}
