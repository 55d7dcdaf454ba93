/** Composition root of the net thread: the daemon. The only place that knows all three threads. */
import { randomBytes } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import type { AdminThreadData } from './admin/thread-messages.ts';
import { AdminThread } from './admin/thread.ts';
import { Authority } from './ca/authority.ts';
import { LeafCache } from './ca/leaf-cache.ts';
import { suggestion } from './config/file.ts';
import { lifeOf } from './config/life.ts';
import type { Config } from './config/load.ts';
import type { Setting } from './config/settings.ts';
import { systemClock } from './core/clock.ts';
import { Counters } from './core/counters.ts';
import { DOCTOR_CONNECT_TO, DOCTOR_HOST } from './core/doctor-host.ts';
import { AppError, messageOf } from './core/errors.ts';
import { normaliseHost } from './core/hosts.ts';
import type { Logger, LogOptions } from './core/log.ts';
import type { ClientSetup, NetControl } from './core/ports.ts';
import { BaseUrls } from './gateway/base-urls.ts';
import { parseRegion } from './gateway/bedrock.ts';
import { reasonNotToAsk } from './gateway/include-usage.ts';
import type { ModeSwitch } from './gateway/mode-switch.ts';
import { SlabRecorder } from './handover/slab-recorder.ts';
import { isOwnEndpoint } from './net/addresses.ts';
import { AwsCredentialSource } from './net/aws-credentials.ts';
import { BedrockSigner } from './net/bedrock-signing.ts';
import { parseConnectTo } from './net/connect-to.ts';
import { contextHeaders, namesToCut } from './net/context-headers.ts';
import { withoutDoctor } from './net/doctor.ts';
import { openFrontDoor } from './net/front-door.ts';
import { HandshakeTroubles } from './net/handshake-troubles.ts';
import { createIntercept } from './net/intercept.ts';
import { type Entrance, openEntrance } from './net/listeners.ts';
import { openModes } from './net/modes.ts';
import { parseUpstreamProxy } from './net/upstream-proxy.ts';
import { upstreamContext } from './net/upstream-roots.ts';
import { Upstream } from './net/upstream.ts';
import { Via } from './net/via.ts';
import type { Provider } from './providers/provider.ts';
import { loadHosts, loadRegistry, type ProviderRegistry } from './providers/registry.ts';
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
  const parts = new Parts(input);
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
  readonly #counters = new Counters();
  readonly #rows: SlabRecorder;
  readonly #recorder: RecorderThread;
  #recorderRuns = false;
  #modes: ModeSwitch | null = null;
  entrance: Entrance | null = null;
  admin: AdminThread | null = null;

  constructor(input: DaemonInput) {
    const { log } = input;
    this.#input = input;
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
  }

  /** The entrance and the reader thread. */
  async open(authority: Authority): Promise<Authority> {
    const leaves = new LeafCache({ authority, clock: systemClock });
    const troubles = new HandshakeTroubles();
    const admin = new AdminThread({
      settings: adminSettings(this.#input, authority.caFile),
      control: controlOf(
        () => this.entrance,
        () => this.#modes,
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
    const { entrance, modes } = await openNet(this.#input, net);
    this.entrance = entrance;
    this.#modes = modes;
  }

  async stop(): Promise<void> {
    await this.entrance?.stop();
    // One that failed to start has ended itself.
    if (this.#recorderRuns) await this.#recorder.stop();
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

async function openNet(
  input: DaemonInput,
  { counters, rows, leaves, troubles, admin }: NetParts,
): Promise<{ entrance: Entrance; modes: ModeSwitch }> {
  const { config, log } = input;
  const ownPorts = new Set<number>();
  const via = new Via(randomBytes(4).toString('hex'));
  const upstream = createUpstream(input, { counters, ownPorts, via, adminPort: () => admin()?.port ?? null });
  // What a provider may be asked for is in its endpoints; who serves a host is not.
  const load = config.usage.include_usage.length > 0 ? loadRegistry : loadHosts;
  const hosts = await load({ localServers: config.local, own: config.provider });
  for (const id of config.capture.bodies_of) knownProvider(hosts, 'capture.bodies_of', id);
  const modes = openModes({ config, env: input.env, hosts, clock: systemClock, log, via });
  const entrance = await openEntrance({
    open: openFrontDoor,
    host: config.host,
    port: config.port,
    rules: {
      hosts,
      intercept: [...patterns('intercept', config.intercept), DOCTOR_HOST],
      tunnel: patterns('tunnel', config.tunnel),
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
      context: contextHeaders(namesToCut(config.context.cut)),
      strict: config.store.durability === 'strict',
      via,
    },
    intercept: (net, steered) =>
      withoutDoctor((recorder) => createIntercept({ ...net, recorder, leaves, steered, troubles }), net.recorder),
    includeUsage: providersToAsk(input, hosts),
    baseUrls: baseUrlsOf(input, hosts),
    bedrock: new BedrockSigner({
      credentials: new AwsCredentialSource({ env: input.env, wall: () => systemClock.wall() }),
      clock: systemClock,
      apiKey: input.env['AWS_BEARER_TOKEN_BEDROCK']?.trim() || null,
    }),
    admin,
    ownPorts,
    flushRecorder: () => rows.flush(),
  });
  return { entrance, modes: modes.switch };
}

/** Throws `config_invalid` for a provider that nobody knows. @param key where the configuration names it. */
function knownProvider(hosts: ProviderRegistry, key: string, id: string): Provider {
  const provider = hosts.get(id);
  if (provider !== null) return provider;
  const ids = hosts.all().map((known) => known.id);
  throw new AppError('config_invalid', `${key}: there is no provider ${id}${suggestion(id, ids)}`);
}

function providersToAsk({ config, log }: DaemonInput, hosts: ProviderRegistry): ReadonlySet<string> {
  const asked = config.usage.include_usage.filter((id) => {
    const provider = knownProvider(hosts, 'usage.include_usage', id);
    const why = reasonNotToAsk(provider);
    if (why !== null) log.warn({ provider: id, why }, 'usage.include_usage has no effect for this provider');
    return why === null;
  });
  return new Set(asked);
}

function baseUrlsOf({ config, env }: DaemonInput, providers: ProviderRegistry): BaseUrls {
  const { openai_backend: openai, anthropic_backend: anthropic, passthrough_url: passthrough } = config;
  const backends: Record<string, string> = {};
  for (const text of config.backends) {
    const [, id = '', url = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (url === '')
      throw new AppError('config_invalid', `backends must be like groq=https://llm.corp/groq, not ${text}`);
    backends[knownProvider(providers, 'backends', id).id] = url;
  }
  if (openai !== null) backends['openai'] = openai;
  if (anthropic !== null) backends['anthropic'] = anthropic;
  const intercept = patterns('--intercept', config.intercept);
  const pages = config.admin.allowed_hosts.map((name) => name.toLowerCase());
  return new BaseUrls({ providers, backends, passthrough, intercept, pages, bedrockRegion: regionOf(config, env) });
}

/** The variable is that of seed 003. */
function regionOf({ bedrock_region: region }: Config, env: NodeJS.ProcessEnv): string | null {
  if (region !== null) return parseRegion(region, 'bedrock_region');
  const { BEDROCK_REGION: named = '' } = env;
  return named === '' ? null : parseRegion(named, 'BEDROCK_REGION');
}

function sequence(): { next(): number } {
  let last = 0;
  return { next: () => ++last };
}

function createUpstream(
  { config, env }: DaemonInput,
  {
    counters,
    ownPorts,
    via,
    adminPort,
  }: { counters: Counters; ownPorts: ReadonlySet<number>; via: Via; adminPort: () => number | null },
): Upstream {
  // Read at once, so that a bad file is an error of the start, not of the first call.
  const context = upstreamContext(config.upstream_ca, env);
  return new Upstream({
    context: () => context,
    connectTo: [...config.connect_to, DOCTOR_CONNECT_TO].map(parseConnectTo),
    proxy: config.upstream_proxy === null ? null : parseUpstreamProxy(config.upstream_proxy),
    isOwnEndpoint: (address, port) => isOwnEndpoint(address, port, new Set([...ownPorts, adminPort() ?? 0])),
    counters,
    via,
  });
}

function patterns(option: string, hosts: readonly string[]): string[] {
  return hosts.map((host) => {
    const name = host.includes('*') ? host.toLowerCase() : normaliseHost(host);
    if (name === null) throw new AppError('config_invalid', `${option}: ${host} is not a host`);
    return name;
  });
}

function ready<T>(part: T | null): T {
  if (part === null) throw new AppError('not_running', 'the proxy is starting; ask again in a second');
  return part;
}

/** @param entrance, modes null = not open yet. @param setup what clients need beside the address of the proxy */
function controlOf(
  entrance: () => Entrance | null,
  modes: () => ModeSwitch | null,
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
    mode: (change) => ready(modes()).answer(change),
    stop: onStop,
  };
}

function adminSettings(input: DaemonInput, caFile: string): Omit<AdminThreadData, 'net'> {
  const { config, env, version, adminToken } = input;
  return {
    host: config.admin_host,
    port: config.admin_port,
    token: adminToken,
    allowedHosts: config.admin.allowed_hosts,
    version,
    caFile,
    db: config.db,
    bedrockRegion: regionOf(config, env),
    localServers: config.local,
    ownProviders: config.provider,
    settings: input.settings,
    logDir: config.log_dir,
    life: lifeOf(config),
  };
}
