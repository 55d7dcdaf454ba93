/** What the net thread makes of the configuration. What is refused is refused here, before any thread or file is there. */
import type { SecureContext } from 'node:tls';
import { suggestion } from './config/file.ts';
import type { Config } from './config/load.ts';
import { systemClock } from './core/clock.ts';
import { DOCTOR_CONNECT_TO } from './core/doctor-host.ts';
import { AppError, forOption } from './core/errors.ts';
import { normaliseHost } from './core/hosts.ts';
import type { Logger } from './core/log.ts';
import { parseBackend } from './gateway/backend.ts';
import { BaseUrls } from './gateway/base-urls.ts';
import { parseRegion } from './gateway/bedrock.ts';
import { reasonNotToAsk } from './gateway/include-usage.ts';
import { type ConnectTo, parseConnectTo } from './net/connect-to.ts';
import { type ContextHeaders, contextHeaders, namesToCut } from './net/context-headers.ts';
import { openModes, type OpenedModes } from './net/modes.ts';
import { parseUpstreamProxy, type UpstreamProxy } from './net/upstream-proxy.ts';
import { upstreamContext } from './net/upstream-roots.ts';
import type { Via } from './net/via.ts';
import type { Provider } from './providers/provider.ts';
import { loadHosts, loadRegistry, type ProviderRegistry } from './providers/registry.ts';

export interface NetOptionsInput {
  config: Config;
  env: NodeJS.ProcessEnv;
  log: Logger;
  via: Via;
}

export interface NetOptions {
  hosts: ProviderRegistry;
  modes: OpenedModes;
  upstream: { context: SecureContext; connectTo: readonly ConnectTo[]; proxy: UpstreamProxy | null };
  intercept: readonly string[];
  tunnel: readonly string[];
  context: ContextHeaders;
  includeUsage: ReadonlySet<string>;
  baseUrls: BaseUrls;
  /** Null = nothing is signed. */
  bedrockRegion: string | null;
  via: Via;
}

/** Rejects with AppError `config_invalid`, which names the option. */
export async function readNetOptions(input: NetOptionsInput): Promise<NetOptions> {
  const { config, env, log, via } = input;
  // What a provider may be asked for is in its endpoints; who serves a host is not.
  const load = config.usage.include_usage.length > 0 ? loadRegistry : loadHosts;
  const hosts = await load({ localServers: config.local, own: config.provider });
  for (const id of config.capture.bodies_of) knownProvider(hosts, 'capture.bodies_of', id);
  const bedrockRegion = regionOf(config, env);
  return {
    hosts,
    modes: openModes({ config, env, hosts, clock: systemClock, log, via }),
    intercept: patterns('intercept', config.intercept),
    tunnel: patterns('tunnel', config.tunnel),
    context: contextHeaders(forOption({ key: 'context.cut' }, () => namesToCut(config.context.cut))),
    includeUsage: providersToAsk(input, hosts),
    baseUrls: baseUrlsOf(config, hosts, bedrockRegion),
    bedrockRegion,
    // Last, for it takes the longest.
    upstream: upstreamOf(config, env),
    via,
  };
}

function upstreamOf(config: Config, env: NodeJS.ProcessEnv): NetOptions['upstream'] {
  const { upstream_proxy: url } = config;
  return {
    connectTo: forOption({ key: 'connect_to' }, () => [...config.connect_to, DOCTOR_CONNECT_TO].map(parseConnectTo)),
    proxy: url === null ? null : forOption({ key: 'upstream_proxy' }, () => parseUpstreamProxy(url)),
    context: forOption({ key: 'upstream_ca' }, () => upstreamContext(config.upstream_ca, env)),
  };
}

/** Throws `config_invalid` for a provider that nobody knows. @param key where the configuration names it. */
function knownProvider(hosts: ProviderRegistry, key: string, id: string): Provider {
  const provider = hosts.get(id);
  if (provider !== null) return provider;
  const ids = hosts.all().map((known) => known.id);
  const message = `${key}: there is no provider ${id}${suggestion(id, ids)}`;
  throw new AppError('config_invalid', message, { option: { key } });
}

function providersToAsk({ config, log }: NetOptionsInput, hosts: ProviderRegistry): ReadonlySet<string> {
  const asked = config.usage.include_usage.filter((id) => {
    const provider = knownProvider(hosts, 'usage.include_usage', id);
    const why = reasonNotToAsk(provider);
    if (why !== null) log.warn({ provider: id, why }, 'usage.include_usage has no effect for this provider');
    return why === null;
  });
  return new Set(asked);
}

function baseUrlsOf(config: Config, providers: ProviderRegistry, bedrockRegion: string | null): BaseUrls {
  const { openai_backend: openai, anthropic_backend: anthropic, passthrough_url: passthrough } = config;
  const backends: Record<string, string> = {};
  const add = (key: string, id: string, url: string): void => {
    forOption({ key }, () => parseBackend(url, `the backend of ${id}`));
    backends[id] = url;
  };
  for (const text of config.backends) {
    const [, id = '', url = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const message = `backends must be like groq=https://llm.corp/groq, not ${text}`;
    if (url === '') throw new AppError('config_invalid', message, { option: { key: 'backends' } });
    add('backends', knownProvider(providers, 'backends', id).id, url);
  }
  if (openai !== null) add('openai_backend', 'openai', openai);
  if (anthropic !== null) add('anthropic_backend', 'anthropic', anthropic);
  const intercept = patterns('--intercept', config.intercept);
  const pages = config.admin.allowed_hosts.map((name) => name.toLowerCase());
  return forOption(
    { key: 'passthrough_url' },
    () => new BaseUrls({ providers, backends, passthrough, intercept, pages, bedrockRegion }),
  );
}

/** The variable is that of seed 003. */
function regionOf({ bedrock_region: region }: Config, env: NodeJS.ProcessEnv): string | null {
  const key = 'bedrock_region';
  if (region !== null) return forOption({ key }, () => parseRegion(region, key));
  const { BEDROCK_REGION: named = '' } = env;
  return named === '' ? null : parseRegion(named, 'BEDROCK_REGION');
}

function patterns(option: string, hosts: readonly string[]): string[] {
  return hosts.map((host) => {
    const name = host.includes('*') ? starred(host) : normaliseHost(host);
    if (name !== null) return name;
    const example = 'such as example.com (with all below it) or api.*.example.com';
    throw new AppError('config_invalid', `${option}: ${host} is not a host ${example}`, {
      option: { key: option.replace(/^--/, '') },
    });
  });
}

/** A star alone, or one at the end, would match nothing that was meant. */
function starred(pattern: string): string | null {
  return /^([\w*-]+\.)+[\w-]+\.?$/.test(pattern) ? pattern.toLowerCase() : null;
}
