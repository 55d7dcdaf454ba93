/** A base URL that calls are sent to, and how a client's path is put behind it. Pure. */
import { AppError } from '../core/errors.ts';
import { formatAuthority, isIpAddress, normaliseHost } from '../core/hosts.ts';

export interface Backend {
  scheme: 'http' | 'https';
  /** Normalised. */
  host: string;
  port: number;
  /** Path without a slash at its end: `` or `/openai/v1`. */
  base: string;
}

export const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const VERSION = /^v\d+(?:alpha|beta)?\d*$/;
/** `/v1/...`, `/upload/v1beta/...`, `/v1internal:...`. */
const VERSIONED = /^\/(?:[a-z]+\/)?v\d/;

/**
 * What OpenAI's, Anthropic's and Gemini's SDKs put behind a base URL. Only before these a missing version is filled in:
 * any other path is the client's own business.
 */
const RESOURCES = new Set(
  [
    'assistants audio batches chat completions containers conversations embeddings evals files fine_tuning images models',
    'moderations realtime rerank responses threads uploads vector_stores videos',
    'complete messages organizations skills',
    'cachedContents interactions tunedModels',
  ].flatMap((names) => names.split(' ')),
);

/** @param from where it was given, for the message. Throws AppError `config_invalid`. */
export function parseBackend(text: string, from: string): Backend {
  const url = /^https?:\/\/[^?#@\s\\]+$/i.test(text) ? urlOf(text) : null;
  const host = url === null ? null : normaliseHost(url.hostname);
  if (url === null || host === null) {
    const message = `${from} must be a URL such as http://127.0.0.1:11434/v1 (no user, query or fragment)`;
    throw new AppError('config_invalid', message);
  }
  const scheme = url.protocol === 'http:' ? 'http' : 'https';
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
  return { scheme, host, port, base: url.pathname.replace(/\/+$/, '') };
}

function urlOf(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** For the `Host` header. */
export function hostHeader({ scheme, host, port }: Backend): string {
  if (port !== DEFAULT_PORTS[scheme]) return formatAuthority({ host, port });
  return isIpAddress(host) && host.includes(':') ? `[${host}]` : host;
}

/**
 * The client's path behind the backend's: a version that both have stands there once, one that the client leaves out
 * (`/chat/completions`) is the backend's, or `version`.
 * @param path origin form with query, without the mount. @param version of the API, e.g. `/v1`
 */
export function joinPath({ base }: Backend, path: string, version: string): string {
  if (base !== '' && startsWithSegments(path, base)) return path;
  const last = base.slice(base.lastIndexOf('/') + 1);
  if (VERSION.test(last)) return joinVersioned(base, last, path);
  return base + (isResource(path) && isRootOfApi(base) ? version : '') + path;
}

/** @param last segment of the base: its version. */
function joinVersioned(base: string, last: string, path: string): string {
  // `/v2` behind `https://api.cohere.com/v1` is another API, not the same one twice.
  if (base === `/${last}` && VERSIONED.test(path)) return path;
  const [, first = '', rest = ''] = /^\/([^/?]*)(.*)$/s.exec(path) ?? [];
  return VERSION.test(first) && isResource(rest) ? base + rest : base + path;
}

/** `https://llm.corp/openai`: SDKs would have the version behind it. A base that names more is taken as it is. */
function isRootOfApi(base: string): boolean {
  return base.split('/').every((segment) => !VERSION.test(segment));
}

function isResource(path: string): boolean {
  const name = /^\/([^/?:]+)/.exec(path)?.[1] ?? '';
  return RESOURCES.has(name);
}

function startsWithSegments(path: string, base: string): boolean {
  return path.startsWith(base) && ['', '/', '?'].includes(path.slice(base.length, base.length + 1));
}
