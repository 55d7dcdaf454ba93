/** Variables that point an SDK at the proxy port itself, instead of proxy and CA variables. Pure. */
import type { ClientVariable } from './client-env.ts';

/** What each SDK puts behind its base URL differs; the proxy port takes them with `/v1` and without. */
const BASE_URLS: readonly (readonly [name: string, path: string, readers: string])[] = [
  ['ANTHROPIC_BASE_URL', '/anthropic', 'Anthropic SDKs, Claude Code'],
  ['OPENAI_BASE_URL', '/openai/v1', 'OpenAI SDKs, Codex'],
  ['OPENAI_API_BASE', '/openai/v1', 'LangChain, LiteLLM, older OpenAI SDKs'],
  ['GOOGLE_GEMINI_BASE_URL', '/google', 'Google GenAI SDKs, Gemini CLI'],
  ['GROQ_BASE_URL', '/groq', 'Groq SDKs'],
  ['CO_API_URL', '/cohere', 'Cohere SDK for Python'],
  ['OLLAMA_HOST', '/ollama', 'Ollama command line, Ollama library for Python'],
];

export function baseUrlVariables(proxyUrl: string): ClientVariable[] {
  const origin = proxyUrl.replace(/\/+$/, '');
  return BASE_URLS.map(([name, path, readers]) => ({ name, value: origin + path, kind: 'base-url', readers }));
}

/** A model server that the daemon's configuration names. */
export interface KnownServer {
  provider: string;
  host: string;
  port: number;
}

/** Where a program looks for a local model server: variable, what it means when it is not set, and its path. */
const LOCAL: readonly { name: string; otherwise: string | null; readers: string }[] = [
  { name: 'OLLAMA_HOST', otherwise: 'http://127.0.0.1:11434', readers: 'Ollama libraries' },
  { name: 'OPENAI_BASE_URL', otherwise: null, readers: 'OpenAI SDKs at a local server' },
  { name: 'OPENAI_API_BASE', otherwise: null, readers: 'LangChain, LiteLLM at a local server' },
];

/**
 * Loopback never goes through a proxy, so calls to model servers of this machine would not be seen: a program that would
 * call one of `servers` is given the base URL on the proxy port that leads there. All else stays as it is.
 */
export function localServerVariables(
  proxyUrl: string,
  servers: readonly KnownServer[],
  env: Readonly<Record<string, string | undefined>>,
): ClientVariable[] {
  return LOCAL.flatMap(({ name, otherwise, readers }) => {
    const given = env[name] ?? '';
    const target = addressOf(given === '' ? otherwise : given);
    const server = target === null ? undefined : servers.find((each) => isSame(each, target));
    if (server === undefined || target === null) return [];
    const { provider, host, port } = server;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const value = `${proxyUrl.replace(/\/+$/, '')}/${provider}/${authority}${target.path}`;
    return [{ name, value, kind: 'base-url', readers }];
  });
}

interface Address {
  host: string;
  port: number;
  path: string;
}

/** `127.0.0.1:11434`, `http://localhost:8000/v1`, as OLLAMA_HOST and base URLs are written. */
function addressOf(text: string | null): Address | null {
  if (text === null) return null;
  try {
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    if (url.protocol !== 'http:') return null;
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = url.port === '' ? defaultPort(text) : Number(url.port);
    return { host, port, path: url.pathname.replace(/\/+$/, '') };
  } catch {
    return null;
  }
}

/** Ollama's libraries have their own where the variable names none. */
function defaultPort(text: string): number {
  return text.includes('://') ? 80 : 11_434;
}

function isSame(server: KnownServer, { host, port }: Address): boolean {
  return server.port === port && machineOf(server.host) === machineOf(host.toLowerCase());
}

function machineOf(host: string): string {
  return /^(?:localhost|127\.0\.0\.1|::1|0\.0\.0\.0)$/.test(host) ? 'this one' : host;
}
