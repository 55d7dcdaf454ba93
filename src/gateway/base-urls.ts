/**
 * Where a request to the proxy port itself goes: base URLs. Pure: it decides, net/http-engine acts. A host comes from
 * provider files and configuration alone; a path may only choose among them.
 *
 * | path | goes to |
 * |---|---|
 * | `/{provider}/{host}/...` | that host, if it is a provider's, a backend or one of `--intercept` |
 * | `/{provider}/...` | its backend, else the provider |
 * | `/messages`, `/complete` | anthropic |
 * | `/v1beta/...`, `/v1alpha/...`, `/upload/...`, `...:generateContent` | google |
 * | `/v2/...` | cohere |
 * | `/model/{id}/...` | bedrock: its backend, else signed to the region of `--bedrock-region` |
 * | `/api/chat`, `/api/generate` and Ollama's other paths | ollama |
 * | `/chat/completions`, `/responses`, `/embeddings` and OpenAI's other resources, with `/v1` and without | openai |
 * | `/models`, `/files` and other paths below `/v1` | anthropic with `anthropic-version`, google with `x-goog-api-key`, else openai |
 * | `/proxy` with `X-LLMObserve-Target-URL` | that URL, under the same rule as a host in a path |
 * | anything else | the passthrough, if there is one |
 */
import { type HeaderPairs, headerValue } from '../core/headers.ts';
import { type Authority, isIpAddress, matchesAuthority, parseHostPort } from '../core/hosts.ts';
import { type BedrockTarget, bedrockTarget } from './bedrock.ts';
import { type Backend, DEFAULT_PORTS, hostHeader, joinPath, parseBackend } from './backend.ts';
import { isForeignPage } from './foreign-page.ts';

export interface BaseUrlRequest {
  /** Origin form with query, as on the wire. */
  path: string;
  headers: HeaderPairs;
}

export interface BaseUrlRoute {
  action: 'forward';
  /** Whose dialect and prices: the provider of the host, else the one that the path named. */
  provider: string | null;
  scheme: 'http' | 'https';
  authority: Authority;
  /** For the `Host` header. */
  host: string;
  path: string;
  /** To be signed for this; absent = as the client sent it. */
  sign?: BedrockTarget;
  /** Its path is that of no provider: the passthrough takes it. */
  isUnknown?: true;
}

export interface BaseUrlRefusal {
  action: 'refuse';
  status: 400 | 403 | 404 | 503;
  /** Stable, for programs. */
  type: string;
  message: string;
}

export interface BaseUrlDirectory {
  get(id: string): { id: string } | null;
  /** Where `/{id}/...` leads; null = there is no one place. */
  mount(id: string): string | null;
  lookup(host: string, port: number): { provider: string } | null;
  /** A model server that the user has named; they speak plain http. */
  isServer(host: string, port: number): boolean;
}

export interface BaseUrlOptions {
  providers: BaseUrlDirectory;
  /** URLs by provider id: `--openai-backend` and its kin. Throws AppError `config_invalid` on a bad one. */
  backends: Readonly<Record<string, string>>;
  /** Where unknown paths go; null = they are refused. */
  passthrough: string | null;
  /** Patterns of `--intercept`: hosts that the user has named. */
  intercept: readonly string[];
  /** Unsigned requests to Bedrock are signed for it; null = they are refused. */
  bedrockRegion: string | null;
  /** Names whose pages may call, beside those of loopback; lower case. */
  pages?: readonly string[];
}

/** Paths that belong to one provider. The first that fits is it. */
const ROOTS: readonly (readonly [provider: string, pattern: RegExp])[] = [
  ['anthropic', /^(?:\/v1)?\/(?:messages|complete|skills|organizations)(?:[/?]|$)/],
  [
    'google',
    /^(?:\/upload)?\/v1(?:alpha|beta)\d*(?:[/?:]|$)|^\/v1internal:|^(?:\/v1)?\/(?:models|tunedModels)\/[^/?]+:\w+/,
  ],
  [
    'ollama',
    /^\/api\/(?:blobs|chat|copy|create|delete|embed|embeddings|generate|ps|pull|push|show|tags|version)(?:[/?]|$)/,
  ],
  ['bedrock', /^\/model\//],
  ['cohere', /^\/v2(?:[/?]|$)/],
  [
    'openai',
    /^(?:\/v1)?\/(?:assistants|audio|batches|chat\/completions|completions|containers|conversations|embeddings|evals|fine_tuning|images|moderations|realtime|responses|threads|uploads|vector_stores|videos)(?:[/?]|$)/,
  ],
];
/** Paths that several have. */
const SHARED = /^\/v1(?:[/?]|$)|^\/(?:models|files)(?:[/?]|$)/;
/** The version that SDKs have in the path, where their base URL has none. */
const VERSIONS: Readonly<Record<string, string>> = { google: '/v1beta', cohere: '/v2', ollama: '' };
/** `..` in the path, however it is written: servers decode it, and a backend may be a place below others. */
const DOT_SEGMENTS = /^[^?]*?(?:[/\\]|%2f|%5c)(?:\.|%2e){2}(?:[/\\?]|%2f|%5c|$)/i;
/** Model servers by the port that they listen on by default, where the user says no more than the URL. */
const LOCAL_PORTS: Readonly<Record<number, string>> = { 11434: 'ollama', 1234: 'lmstudio' };

export class BaseUrls {
  readonly #providers: BaseUrlDirectory;
  readonly #backends = new Map<string, Backend>();
  readonly #passthrough: Backend | null;
  /** All that the configuration names by URL. */
  readonly #listed: readonly Backend[];
  readonly #intercept: readonly string[];
  readonly #bedrockRegion: string | null;
  readonly #pages: ReadonlySet<string>;

  constructor({ providers, backends, passthrough, intercept, bedrockRegion, pages = [] }: BaseUrlOptions) {
    this.#pages = new Set(pages);
    this.#bedrockRegion = bedrockRegion;
    this.#providers = providers;
    this.#intercept = intercept;
    for (const [id, url] of Object.entries(backends)) this.#backends.set(id, parseBackend(url, `the backend of ${id}`));
    this.#passthrough = passthrough === null ? null : parseBackend(passthrough, 'passthrough_url');
    this.#listed = [...this.#backends.values(), ...(this.#passthrough === null ? [] : [this.#passthrough])];
  }

  /** `null` = this path is nobody's. */
  route(request: BaseUrlRequest): BaseUrlRoute | BaseUrlRefusal | null {
    const route = this.#find(request);
    if (route?.action !== 'forward') return route;
    if (DOT_SEGMENTS.test(route.path))
      return refusal(400, 'request_malformed', 'a path with ".." would leave the place that its base URL names');
    if (!this.#isLent(route) || !isForeignPage(request.headers, this.#pages)) return route;
    const message = 'a page of another site may not call this: if it is yours, add its name to admin.allowed_hosts';
    return refusal(403, 'origin_not_allowed', message);
  }

  /** Whether a page of another site calls, which may have nothing lent to it. */
  isForeign(headers: HeaderPairs): boolean {
    return isForeignPage(headers, this.#pages);
  }

  /** It gets what a page could not reach, or has no key for: our signature, or a server that is no provider's own. */
  #isLent({ sign, authority: { host, port } }: BaseUrlRoute): boolean {
    return sign !== undefined || this.#providers.isServer(host, port) || !this.#isProviders(host, port);
  }

  #find(request: BaseUrlRequest): BaseUrlRoute | BaseUrlRefusal | null {
    const { path } = request;
    const bedrock = this.#toBedrock(path);
    if (bedrock !== null) return bedrock;
    if (/^\/proxy(?:[/?]|$)/.test(path)) return this.#byHeader(request);
    const [, first = '', rest = ''] = /^\/([a-z0-9-]+)([/?].*)?$/s.exec(path) ?? [];
    if (first !== '' && this.#providers.get(first) !== null) return this.#mounted(first, rest, request.headers);
    const provider = providerOfRoot(request);
    if (provider !== null) {
      const found = this.#to(provider, path, request.headers);
      if (found !== null) return found;
    }
    if (this.#passthrough === null) return null;
    return { ...this.#forward(this.#passthrough, null, this.#passthrough.base + path), isUnknown: true };
  }

  #mounted(id: string, rest: string, headers: HeaderPairs): BaseUrlRoute | BaseUrlRefusal {
    const [, segment = '', behind = ''] = /^\/([^/?]*)(.*)$/s.exec(rest) ?? [];
    if (!isHostLike(segment)) return this.#to(id, rest === '' ? '/' : rest, headers) ?? noPlace(id);
    const named = this.#named(segment);
    if (named === null) return unknownHost(segment);
    const path = behind.startsWith('/') ? behind : `/${behind}`;
    const chatGpt = chatGptRoute(id, named, path, headers);
    if (chatGpt !== null) return chatGpt;
    return this.#forward(named, id, joinPath(named, path, VERSIONS[id] ?? '/v1'));
  }

  /** Seed 003's way: unsigned calls in the format of Bedrock. Null = it is none. */
  #toBedrock(path: string): BaseUrlRoute | BaseUrlRefusal | null {
    const rest = /^(?:\/bedrock)?(\/model(?:\/.*)?)$/s.exec(path)?.[1];
    if (rest === undefined || this.#backends.has('bedrock')) return null;
    if (this.#bedrockRegion === null)
      return refusal(
        503,
        'bedrock_not_configured',
        'Bedrock not configured: start with --bedrock-region, or BEDROCK_REGION',
      );
    const sign = bedrockTarget(rest, this.#bedrockRegion);
    if (sign === null)
      return refusal(400, 'request_malformed', 'the path must be /model/{model id or ARN}/{invoke, converse ...}');
    const { host } = sign;
    return {
      action: 'forward',
      provider: 'bedrock',
      scheme: 'https',
      authority: { host, port: 443 },
      host,
      path: sign.path,
      sign,
    };
  }

  /** To where calls of a provider go: its backend, else itself. */
  #to(id: string, path: string, headers: HeaderPairs): BaseUrlRoute | null {
    const url = this.#backends.has(id) ? null : this.#providers.mount(id);
    const backend = this.#backends.get(id) ?? (url === null ? null : parseBackend(url, `provider ${id}`));
    if (backend === null) return null;
    return (
      chatGptRoute(id, backend, path, headers) ??
      this.#forward(backend, id, joinPath(backend, path, VERSIONS[id] ?? '/v1'))
    );
  }

  /** @param asked the provider that the path means; the host's own is the truth. */
  #forward(backend: Backend, asked: string | null, path: string): BaseUrlRoute {
    const { scheme, host, port } = backend;
    const provider =
      this.#providers.lookup(host, port)?.provider ?? (isLocalName(host) ? LOCAL_PORTS[port] : undefined);
    return {
      action: 'forward',
      provider: provider ?? asked,
      scheme,
      authority: { host, port },
      host: hostHeader(backend),
      // `/ollama?x` has none.
      path: path.startsWith('/') ? path : `/${path}`,
    };
  }

  /** A host that a path or a header names. Null = it is none that anybody has named before. */
  #named(text: string): Backend | null {
    const parsed = parseHostPort(text, DEFAULT_PORTS.https);
    if (parsed === null) return null;
    const { host } = parsed;
    const hasPort = /:\d+$/.test(text);
    const local = isLocalName(host);
    const authority = { host, port: local && !hasPort ? DEFAULT_PORTS.http : parsed.port };
    const listed = this.#listed.find((each) => each.host === host && (!hasPort || each.port === authority.port));
    if (listed !== undefined) return { ...listed, base: '' };
    if (this.#providers.isServer(host, authority.port)) return { scheme: 'http', ...authority, base: '' };
    if (!this.#isKnown(authority)) return null;
    return { scheme: local ? 'http' : 'https', ...authority, base: '' };
  }

  #isKnown(authority: Authority): boolean {
    const { host, port } = authority;
    return this.#isProviders(host, port) || this.#intercept.some((pattern) => matchesAuthority(authority, pattern));
  }

  /** Its name vouches for what listens at the usual port. */
  #isProviders(host: string, port: number): boolean {
    return port === DEFAULT_PORTS.https && this.#providers.lookup(host, port) !== null;
  }

  /** Seed 002's way: the SDK names the target in a header. */
  #byHeader({ headers }: BaseUrlRequest): BaseUrlRoute | BaseUrlRefusal {
    const url = headerValue(headers, 'x-llmobserve-target-url')?.trim() ?? '';
    if (url === '') return refusal(400, 'request_malformed', 'Missing X-LLMObserve-Target-URL header');
    const [, scheme = '', authority = '', path = ''] = /^(https?):\/\/([^/?#]*)([^#\s]*)(?:#\S*)?$/i.exec(url) ?? [];
    if (scheme === '') return refusal(400, 'request_malformed', 'X-LLMObserve-Target-URL is not an http(s) URL');
    const named = this.#named(authority);
    if (named === null || named.scheme !== scheme.toLowerCase()) return unknownHost(authority);
    return this.#forward(named, null, path);
  }
}

/** By path; where several providers have the same one, by the headers that only one of them has. */
function providerOfRoot({ path, headers }: BaseUrlRequest): string | null {
  const [owner] = ROOTS.find(([, pattern]) => pattern.test(path)) ?? [];
  if (owner !== undefined) return owner;
  if (!SHARED.test(path)) return null;
  const has = (name: string): boolean => headerValue(headers, name) !== null;
  if (has('anthropic-version') || (has('x-api-key') && !has('authorization'))) return 'anthropic';
  return has('x-goog-api-key') || /[?&]key=/.test(path) ? 'google' : 'openai';
}

/**
 * ChatGPT's subscription has its own host: a bearer that is a JWT, and no key, never works at api.openai.com (seed 003).
 */
function chatGptRoute(id: string, { host }: Backend, path: string, headers: HeaderPairs): BaseUrlRoute | null {
  if (id !== 'openai' || host !== 'api.openai.com') return null;
  if (!isChatGptToken(headerValue(headers, 'authorization') ?? '')) return null;
  const rest = path.replace(/^\/v1(?=[/?]|$)/, '');
  return {
    action: 'forward',
    provider: 'chatgpt',
    scheme: 'https',
    authority: { host: 'chatgpt.com', port: 443 },
    host: 'chatgpt.com',
    path: rest.startsWith('/backend-api/') ? rest : `/backend-api/codex${rest}`,
  };
}

/** Three parts with dots between, none of them empty; not decoded. Keys begin with `sk-`. */
export function isChatGptToken(authorization: string): boolean {
  const [, token = ''] = /^Bearer (\S+)$/.exec(authorization) ?? [];
  const parts = token.split('.');
  return !token.startsWith('sk-') && parts.length === 3 && parts.every((part) => part !== '');
}

/** Versions of APIs have dots too (`v1.1`). */
function isHostLike(segment: string): boolean {
  if (/^v\d+(?:\.\d+)*$/.test(segment)) return false;
  return segment.includes('.') || segment.includes(':') || segment.includes('%') || segment === 'localhost';
}

function isLocalName(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIpAddress(host) && host.startsWith('127.'));
}

function unknownHost(text: string): BaseUrlRefusal {
  const message = `${text.slice(0, 100)} is no host of a provider: name it with --intercept or as a backend first`;
  return refusal(403, 'address_refused', message);
}

function noPlace(id: string): BaseUrlRefusal {
  const message = `${id} has no one host: use /${id}/<host>/..., or set its backend`;
  return refusal(404, 'not_a_web_server', message);
}

function refusal(status: BaseUrlRefusal['status'], type: string, message: string): BaseUrlRefusal {
  return { action: 'refuse', status, type, message };
}
