/** `GET /v1/models` on base URLs: the models of the registry with those of the upstream. Pure. */
import type { ModelEntry } from './targets.ts';

/** Whose list: each API has its own words for one model. */
export type ListStyle = 'anthropic' | 'openai';

export interface ListRequest {
  style: ListStyle;
  /** Null = all of them. */
  id: string | null;
}

/** @param path origin form with query, as on the wire. Null = it asks for no such list. */
export function listRequest(method: string, path: string, style: ListStyle): ListRequest | null {
  if (method !== 'GET') return null;
  const match = /^(?:\/[^/?]+)*?(?:\/v1)?\/models(?:\/([^/?]+))?\/?(?:\?|$)/.exec(path);
  if (match === null || /\/v\d+(?:alpha|beta)/.test(path)) return null;
  try {
    return { style, id: match[1] === undefined ? null : decodeURIComponent(match[1]) };
  } catch {
    return null;
  }
}

/** The answer without an upstream. */
export function ownList({ style, id }: ListRequest, models: readonly ModelEntry[]): object | null {
  if (id !== null) {
    const entry = models.find((model) => model.id === id);
    return entry === undefined ? null : shown(entry, style);
  }
  return merged({ style, id }, models, style === 'anthropic' ? { data: [] } : { object: 'list', data: [] });
}

/** @param theirs the upstream's list; what is none is as if it were empty. */
export function merged({ style }: ListRequest, models: readonly ModelEntry[], theirs: unknown): object {
  const list = isObject(theirs) && Array.isArray(theirs['data']) ? theirs : { data: [] };
  const own = models.map((entry) => shown(entry, style));
  const ids = new Set(models.map(({ id }) => id));
  const others = (list['data'] as unknown[]).filter((entry) => !isObject(entry) || !ids.has(String(entry['id'])));
  const data = [...own, ...others];
  if (style === 'openai') return { object: 'list', ...list, data };
  return { has_more: false, last_id: idOf(data.at(-1)), ...list, data, first_id: idOf(data[0]) };
}

function shown(entry: ModelEntry, style: ListStyle): Readonly<Record<string, unknown>> {
  const { id, displayName, contextWindow, maxOutputTokens } = entry;
  const sizes = {
    ...(contextWindow === null ? {} : { context_window: contextWindow }),
    ...(maxOutputTokens === null ? {} : { max_output_tokens: maxOutputTokens }),
  };
  // When it was made, nobody has said.
  if (style === 'anthropic')
    return { type: 'model', id, display_name: displayName ?? id, created_at: '1970-01-01T00:00:00Z', ...sizes };
  const name = displayName === null ? {} : { display_name: displayName };
  return { id, object: 'model', created: 0, owned_by: 'llm-proxy', ...name, ...sizes };
}

function idOf(entry: unknown): string | null {
  return isObject(entry) && typeof entry['id'] === 'string' ? entry['id'] : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
