import type { Provider, ProviderKind } from '../providers/provider.ts';

/** Where calls are conversations with models: what people look at logs for. The others carry the data of third parties. */
const OF_MODELS: ReadonlySet<ProviderKind> = new Set(['model', 'gateway']);

/**
 * Whether the bodies of a provider's calls are written anywhere: of models always, of payments, messaging, search and
 * vector databases only where the user asked for it. Of a host that no provider names, always: the user named the host.
 */
export function bodyRule(
  directory: { get(id: string): Provider | null },
  asked: readonly string[],
): (provider: string) => boolean {
  const wanted = new Set(asked);
  return (provider) => wanted.has(provider) || OF_MODELS.has(directory.get(provider)?.kind ?? 'model');
}
