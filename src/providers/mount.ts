import type { Provider } from './provider.ts';

/**
 * Where the base URL `/{id}/...` of the proxy port leads: an origin with the path that SDKs have in their base URL
 * (`https://api.groq.com/openai/v1`), or null when there is no one place. As the provider file says, else the first
 * host (of a model server of one's own: loopback), and what stands before `/chat/completions` or `/messages` there.
 */
export function mountOf(provider: Provider): string | null {
  if (provider.base !== undefined) return provider.base;
  const origin = originOf(provider);
  return origin === null ? null : origin + basePathOf(provider);
}

function originOf({ hosts, localPort }: Provider): string | null {
  if (localPort !== undefined) return `http://127.0.0.1:${localPort}`;
  const [host] = hosts;
  return host === undefined || host.includes('*') ? null : `https://${host}`;
}

function basePathOf({ endpoints }: Provider): string {
  for (const end of ['/chat/completions', '/messages']) {
    const path = endpoints.find((endpoint) => endpoint.path.endsWith(end))?.path.slice(0, -end.length);
    if (path !== undefined && /^(?:\/[\w.-]+)*$/.test(path)) return path;
  }
  return '';
}
