/** `GET /api/providers`, `POST /api/policy`: who is known, and what would happen to a call. Formats: docs/api.md. */
import type { Hono } from 'hono';
import type { NetControl } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import type { ProviderRegistry } from '../providers/registry.ts';
import { refuse } from './access.ts';

export interface ProviderDeps {
  directory: () => Promise<ProviderRegistry>;
  net: Pick<Remote<NetControl>, 'explain'>;
}

export function providerRoutes(app: Hono, { directory, net }: ProviderDeps): void {
  app.get('/api/providers', async (context) => {
    const registry = await directory();
    const providers = registry.all().map((provider) => ({
      id: provider.id,
      title: provider.title,
      kind: provider.kind ?? 'model',
      hosts: provider.hosts,
      /** Where `/{id}/...` on the proxy port leads; null = the address must name the host. */
      base_url: registry.mount(provider.id),
      verdict: provider.intercept ? 'intercept' : 'tunnel',
      local_port: provider.localPort ?? null,
      endpoints: provider.endpoints.map(({ method, path, operation }) => ({ method, path, operation })),
      limits: provider.limits ?? [],
    }));
    return context.json({ providers });
  });
  app.post('/api/policy', async (context) => {
    const body: unknown = await context.req.json().catch(() => null);
    const url = typeof body === 'object' && body !== null && 'url' in body ? body.url : null;
    const method = typeof body === 'object' && body !== null && 'method' in body ? body.method : 'POST';
    // Asked here as well: of an error of another thread the message alone arrives.
    if (typeof url !== 'string' || typeof method !== 'string' || !isAddress(url))
      return refuse(context, 400, 'bad_request', 'the body must be {"url": "https://..."}');
    const answer = await net.explain(url);
    const match = (await directory()).endpoint(answer.provider, method.toUpperCase(), answer.path, answer.host);
    return context.json({ ...answer, endpoint: endpointOf(match?.endpoint ?? null) });
  });
}

function isAddress(text: string): boolean {
  const address = text.includes('://') ? text : `https://${text}`;
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}

interface KnownEndpoint {
  method: string;
  path: string;
  operation: string | null;
  kind: string;
}

function endpointOf(
  endpoint: { method: string; path: string; operation?: string | null; kind?: string } | null,
): KnownEndpoint | null {
  if (endpoint === null) return null;
  const { method, path, operation = null, kind = 'inference' } = endpoint;
  return { method, path, operation, kind };
}
