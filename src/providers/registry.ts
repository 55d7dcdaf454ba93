import { readdir, readFile } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { AppError, codeOf, forOption } from '../core/errors.ts';
import { globOf } from '../core/globs.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import type { ListPrice } from '../core/list-price.ts';
import { matchesHost, normaliseHost } from '../core/hosts.ts';
import { FAMILIES } from './families/dialects.ts';
import { endpointFacts } from './families/endpoint-facts.ts';
import { compile } from './families/usage-map.ts';
import { GENERIC_ENDPOINTS } from './generic-endpoints.ts';
import { mountOf } from './mount.ts';
import { ownProvider } from './own-provider.ts';
import { compilePath, compilePrefix, pathOf, type PathMatcher } from './path-pattern.ts';
import type { Endpoint, EndpointMatch, Provider } from './provider.ts';

/** A model server that the user names: `ollama` at `gpu.lan:11434`. */
export interface LocalServer {
  /** Id of a provider file. */
  provider: string;
  host: string;
  port: number;
}

export interface RegistryOptions {
  localServers?: readonly LocalServer[];
  /** Providers of the user's own, as their configuration has them. */
  own?: readonly unknown[];
  /**
   * Providers whose endpoints are compiled when the first call to them comes: three thousand of them take 60 ms, and
   * the files of this folder are checked by their tests.
   */
  deferred?: ReadonlySet<string>;
}

const MAX_FOUND = 1000;

/** Files of this folder that are not providers. */
const PARTS = new Set([
  'document',
  'generic-endpoints',
  'mount',
  'own-provider',
  'path-pattern',
  'provider',
  'registry',
]);

/** What the build makes of the folder: 90 files take 70 ms to import, in each thread; their data 4 ms to parse. */
const BUILT = { providers: 'providers.json', hosts: 'hosts.json' } as const;

/** The providers of this folder: as the build has put them together, else from their files. */
export async function loadProviders(): Promise<Provider[]> {
  const built = (await readBuilt(BUILT.providers)) as BuiltProviders | null;
  if (built === null) return importProviders();
  const { endpoints, providers } = built;
  return providers.map((provider) => ({
    ...provider,
    endpoints: provider.endpoints.flatMap((index) => endpoints[index] ?? []),
  }));
}

/** Many providers have the same endpoints: each stands there once. */
interface BuiltProviders {
  endpoints: Endpoint[];
  providers: (Omit<Provider, 'endpoints'> & { endpoints: number[] })[];
}

function packed(providers: readonly Provider[]): BuiltProviders {
  const indices = new Map<string, number>();
  const indexOf = (endpoint: Endpoint): number => {
    const text = JSON.stringify(endpoint);
    const index = indices.get(text) ?? indices.size;
    indices.set(text, index);
    return index;
  };
  const all = providers.map((provider) => ({ ...provider, endpoints: provider.endpoints.map(indexOf) }));
  return { endpoints: [...indices.keys()].map((text) => JSON.parse(text) as Endpoint), providers: all };
}

/**
 * Reads every provider file of this folder (`.ts` in the source tree, `.js` when built).
 * Rejects with AppError `config_invalid` that names the file and the fault.
 */
async function importProviders(): Promise<Provider[]> {
  const files = (await readdir(new URL('./', import.meta.url))).filter(isModule).sort();
  return Promise.all(files.filter((file) => !PARTS.has(idOf(file))).map(loadProvider));
}

/** What is to be put beside the built files: name and text of each. Called by the build (scripts/prepare.mjs). */
export async function builtProviders(): Promise<[name: string, text: string][]> {
  const providers = await importProviders();
  const hosts = providers.map((provider) => {
    const { id, title, intercept, kind, localPort, hosts: names } = provider;
    return { id, title, base: mountOf(provider), intercept, kind, localPort, hosts: names, endpoints: [] };
  });
  return [
    [BUILT.providers, JSON.stringify(packed(providers))],
    [BUILT.hosts, JSON.stringify(hosts)],
  ];
}

async function readBuilt(name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'));
  } catch (error) {
    // The source tree has none.
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function loadProvider(file: string): Promise<Provider> {
  const module: unknown = await import(/* @vite-ignore */ new URL(file, import.meta.url).href);
  const provider = (module as { provider?: Provider }).provider;
  if (provider === undefined || provider.id !== idOf(file)) {
    throw new AppError('config_invalid', `providers/${file} must export a provider with the id ${idOf(file)}`);
  }
  return provider;
}

function idOf(file: string): string {
  return file.slice(0, file.lastIndexOf('.'));
}

/** The folder's providers, ready for look-ups. Await once at start. */
export async function loadRegistry(options: RegistryOptions = {}): Promise<ProviderRegistry> {
  return registryOf(await loadProviders(), options);
}

/** The same for who asks for hosts alone (the net thread): endpoints and prices may be left out. */
export async function loadHosts(options: RegistryOptions = {}): Promise<ProviderRegistry> {
  const built = (await readBuilt(BUILT.hosts)) as Provider[] | null;
  return registryOf(built ?? (await importProviders()), options);
}

function registryOf(files: readonly Provider[], options: RegistryOptions): ProviderRegistry {
  const deferred = new Set(files.map(({ id }) => id));
  return new ProviderRegistry([...files, ...ownProviders(options.own ?? [])], { ...options, deferred });
}

function ownProviders(own: readonly unknown[]): Provider[] {
  return own.map((raw, index) => forOption({ key: 'provider', index, member: 'id' }, () => ownProvider(raw, index)));
}

function isModule(file: string): boolean {
  return /^[a-z0-9-]+\.(?:ts|js)$/.test(file);
}

interface Route {
  endpoint: Endpoint;
  matches: PathMatcher;
}

interface Entry {
  provider: Provider;
  routes(): Route[];
  inner: Inner[];
}

interface Inner {
  provider: string;
  base: string;
  /** The inner provider's own path, or null. */
  rest(path: string): string | null;
  /** Its endpoints as they are behind the gateway. */
  endpoints: Map<Endpoint, Endpoint>;
}

/** Answers who serves a host and what a request to it does. Throws AppError `config_invalid` on a faulty provider. */
export class ProviderRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #names = new Map<string, Provider>();
  readonly #patterns: { pattern: string; provider: Provider }[] = [];
  readonly #servers = new Map<string, Provider>();
  /** Asked for each call to a base URL, and the patterns are many. */
  readonly #found = new LRUCache<string, { provider: Provider | null }>({ max: MAX_FOUND });
  readonly #generic = once(() => routesOf('generic', GENERIC_ENDPOINTS));

  constructor(providers: readonly Provider[], options: RegistryOptions = {}) {
    for (const provider of providers) {
      const isDeferred = options.deferred?.has(provider.id) ?? false;
      forOption({ key: 'provider', id: provider.id }, () => this.#add(provider, isDeferred));
    }
    for (const [index, server] of (options.localServers ?? []).entries())
      forOption({ key: 'local', index }, () => this.#addServer(server));
  }

  #addServer({ provider: id, host, port }: LocalServer): void {
    const provider = this.get(id);
    const name = normaliseHost(host);
    if (provider === null)
      throw invalid(
        `local server ${host}:${port}: there is no provider ${id} (most are ollama, lmstudio, vllm, llamacpp)`,
      );
    if (name === null) throw invalid(`local server ${host}:${port}: not a host`);
    this.#servers.set(`${name}|${port}`, provider);
  }

  get(id: string): Provider | null {
    return this.#entries.get(id)?.provider ?? null;
  }

  /** Where `/{id}/...` on the proxy port leads (see mountOf), or null. */
  mount(id: string): string | null {
    const provider = this.get(id);
    return provider === null ? null : mountOf(provider);
  }

  all(): Provider[] {
    return [...this.#entries.values()].map((entry) => entry.provider);
  }

  /** Prices that stand in provider files, by provider. */
  listPrices(): (readonly [provider: string, prices: readonly ListPrice[]])[] {
    return this.all().flatMap(({ id, prices }) => (prices === undefined ? [] : [[id, prices] as const]));
  }

  /** Provider of a normalised host; the longest name wins over shorter ones and over patterns. */
  lookup(host: string, port: number): { provider: string; intercept: boolean } | null {
    const provider = this.#servers.get(`${host}|${port}`) ?? this.#byName(host);
    return provider === null ? null : { provider: provider.id, intercept: provider.intercept };
  }

  /** The user has named it in `[[local]]`. */
  isServer(host: string, port: number): boolean {
    return this.#servers.has(`${host}|${port}`);
  }

  /** A server of the user's own (not the vendor's hosted service): its calls cost nothing. */
  isLocal(provider: Provider, host: string): boolean {
    return provider.localPort !== undefined && !provider.hosts.some((pattern) => matchesHost(host, pattern));
  }

  /**
   * What a request does: by the provider's own endpoints, then by those of the providers behind it, then by the
   * dialects' paths under any base.
   * @param id null = unknown host. @param target as on the wire. @param host normalised, for providers that do different
   * things at different hosts.
   */
  endpoint(
    id: string | null,
    method: string,
    target: string,
    host = '',
    headers: HeaderPairs = [],
  ): EndpointMatch | null {
    const wanted = { method, path: pathOf(target), host, headers };
    const entry = id === null ? undefined : this.#entries.get(id);
    const own = entry === undefined ? null : this.#ownOrBehind(entry, wanted);
    return own ?? firstMatch(this.#generic(), wanted);
  }

  #ownOrBehind(entry: Entry, wanted: Wanted): EndpointMatch | null {
    return firstMatch(entry.routes(), wanted) ?? this.#behind(entry, wanted);
  }

  #behind(gateway: Entry, wanted: Wanted): EndpointMatch | null {
    for (const inner of gateway.inner) {
      const rest = inner.rest(wanted.path);
      const entry = rest === null ? undefined : this.#entries.get(inner.provider);
      if (rest === null || entry === undefined) continue;
      // Which of its hosts it would be is not to be seen here: the first is the one that most calls go to.
      const [host = ''] = entry.provider.hosts;
      const at = (path: string): Wanted => ({ ...wanted, path, host });
      const match = firstMatch(entry.routes(), at(rest)) ?? firstMatch(entry.routes(), at(inner.base + rest));
      if (match !== null) return { ...match, endpoint: behind(inner, match.endpoint) };
    }
    return null;
  }

  #byName(host: string): Provider | null {
    const known = this.#found.get(host);
    if (known !== undefined) return known.provider;
    const provider = this.#search(host);
    this.#found.set(host, { provider });
    return provider;
  }

  #search(host: string): Provider | null {
    for (let name = host; name !== '';) {
      const provider = this.#names.get(name);
      if (provider !== undefined) return provider;
      const dot = name.indexOf('.');
      name = dot < 0 ? '' : name.slice(dot + 1);
    }
    return this.#patterns.find(({ pattern }) => matchesHost(host, pattern))?.provider ?? null;
  }

  #add(provider: Provider, isDeferred: boolean): void {
    const { id } = provider;
    if (!/^[a-z0-9-]+$/.test(id)) throw invalid(`provider id ${JSON.stringify(id)} must be of [a-z0-9-]`);
    if (this.#entries.has(id)) throw invalid(`provider ${id} is defined twice`);
    for (const pattern of provider.hosts) {
      if (pattern.includes('*')) {
        this.#patterns.push({ pattern, provider });
        continue;
      }
      if (normaliseHost(pattern) !== pattern) throw invalid(`provider ${id}: ${pattern} is not a normalised host`);
      const other = this.#names.get(pattern);
      if (other !== undefined) throw invalid(`host ${pattern} belongs to ${other.id} and ${id}`);
      this.#names.set(pattern, provider);
    }
    const routes = once(() => routesOf(id, provider.endpoints));
    if (!isDeferred) routes();
    this.#entries.set(id, { provider, routes, inner: innerOf(provider) });
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function routesOf(id: string, endpoints: readonly Endpoint[]): Route[] {
  return endpoints.map((endpoint) => {
    try {
      for (const map of [endpoint.usage, endpoint.headerUsage]) if (map !== undefined) compile(map);
      endpointFacts(endpoint);
      if (endpoint.family !== undefined && !Object.hasOwn(FAMILIES, endpoint.family)) {
        throw new RangeError(`no family ${endpoint.family}`);
      }
      return { endpoint, matches: compilePath(endpoint.path) };
    } catch (error) {
      throw invalid(`provider ${id}, ${endpoint.path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

function innerOf({ id, inner = [] }: Provider): Inner[] {
  return inner.map(({ at, provider, base = '' }) => {
    try {
      return { provider, base, rest: compilePrefix(at), endpoints: new Map() };
    } catch (error) {
      throw invalid(`provider ${id}, ${at}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** The same object for the same endpoint: families and maps are remembered by it. */
function behind({ provider, endpoints }: Inner, endpoint: Endpoint): Endpoint {
  let known = endpoints.get(endpoint);
  if (known === undefined) {
    known = { ...endpoint, dims: { ...endpoint.dims, inner_provider: `const:${provider}` } };
    endpoints.set(endpoint, known);
  }
  return known;
}

/** What a request says of where it goes. */
interface Wanted {
  method: string;
  path: string;
  host: string;
  headers: HeaderPairs;
}

function firstMatch(routes: readonly Route[], wanted: Wanted): EndpointMatch | null {
  for (const { endpoint, matches } of routes) {
    if (endpoint.method !== '*' && endpoint.method !== wanted.method) continue;
    if (!isAt(endpoint, wanted)) continue;
    const match = matches(wanted.path);
    if (match !== null) return { endpoint, model: match.model, id: match.id, groups: match.groups };
  }
  return null;
}

function isAt({ hosts, headers }: Endpoint, wanted: Wanted): boolean {
  if (hosts !== undefined && !hosts.some((pattern) => matchesHost(wanted.host, pattern))) return false;
  return Object.entries(headers ?? NO_HEADERS).every(([name, pattern]) =>
    globOf(pattern)(headerValue(wanted.headers, name) ?? ''),
  );
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

function invalid(message: string): AppError {
  return new AppError('config_invalid', message);
}
