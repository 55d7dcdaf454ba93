import { globOf } from '../core/globs.ts';
import type { PriceEntry, PriceTable } from './price-table.ts';

/** A model whose price is that of another, by the user's word. */
export interface Alias {
  provider: string;
  /** `|` and `*` as in list prices. */
  model: string;
  as_model: string;
  /** Default: `provider`. */
  as_provider?: string;
}

export interface Match {
  /** Null = no table knows the model. */
  entry: PriceEntry | null;
  /** Ways to write the model, for lists and rules that go by its name. */
  models: readonly string[];
}

/** Provider ids of ours whose prices stand under another id in the table. All others are looked up as they are. */
const TABLE_IDS: Readonly<Record<string, readonly string[]>> = {
  vertex: ['google'],
  'azure-openai': ['azure'],
  bedrock: ['aws'],
  xai: ['x-ai'],
  moonshot: ['moonshotai'],
  voyage: ['voyageai'],
  chatgpt: ['openai'],
  zai: ['zai', 'zhipuai'],
};

/** They pass the price of the provider on which is named before the first slash of the model. */
const GATEWAYS: ReadonlySet<string> = new Set(['vercel', 'cloudflare']);
/** How gateways spell providers, where it is neither our id nor the table's. */
const GATEWAY_NAMES: Readonly<Record<string, string>> = {
  'google-ai-studio': 'google',
  'google-vertex-ai': 'google',
  grok: 'x-ai',
  mistralai: 'mistral',
  'aws-bedrock': 'aws',
  amazon: 'aws',
  moonshotai: 'moonshotai',
  'workers-ai': 'cloudflare',
  'fireworks-ai': 'fireworks',
  'zai-org': 'zai',
};

/** A model to look for among the prices of a provider. */
export interface Candidate {
  provider: string;
  model: string;
}

/** Longer names are no models: they would only cost time. */
const MAX_NAME = 300;

/** Where the price of a model may stand, most likely first. @param byHost the table's id for the host, if asked for */
export function candidates(provider: string, model: string, byHost: string | null): Candidate[] {
  if (model.length > MAX_NAME) return [];
  // Our own id first: an override may be written under it.
  const ids = [provider, ...tableIds(provider), ...(byHost === null ? [] : [byHost])];
  const found = spellings(model).flatMap((name) => ids.map((id) => ({ provider: id, model: name })));
  return [...found, ...throughGateway(provider, model)];
}

export function tableIds(provider: string): readonly string[] {
  return (Object.hasOwn(TABLE_IDS, provider) ? TABLE_IDS[provider] : undefined) ?? [];
}

function throughGateway(provider: string, model: string): Candidate[] {
  if (provider === 'huggingface') return throughRouter(model);
  const slash = model.indexOf('/');
  // In OpenAI's dialect Vertex AI names models with their makers: `google/gemini-2.5-flash`.
  if (provider === 'vertex' && model.startsWith('google/')) {
    return spellings(model.slice(slash + 1)).map((name) => ({ provider: 'google', model: name }));
  }
  if (!GATEWAYS.has(provider) || slash <= 0) return [];
  const rest = model.slice(slash + 1);
  // Gateways write claude-sonnet-4.5 where Anthropic writes claude-sonnet-4-5.
  const names = [...spellings(rest), ...spellings(rest.replaceAll(/(\d)\.(\d)/g, '$1-$2'))];
  return names.flatMap((name) => soldBy(model.slice(0, slash).toLowerCase(), name));
}

/** @param seller as a gateway spells it */
function soldBy(seller: string, model: string): Candidate[] {
  const inner = (Object.hasOwn(GATEWAY_NAMES, seller) ? GATEWAY_NAMES[seller] : undefined) ?? seller;
  return [inner, ...tableIds(inner)].map((id) => ({ provider: id, model }));
}

/** `org/name:provider` of the Hugging Face router. Without a provider it chose one itself, which nobody tells. */
function throughRouter(model: string): Candidate[] {
  const colon = model.lastIndexOf(':');
  if (colon === -1) return [];
  const provider = model.slice(colon + 1).toLowerCase();
  const name = model.slice(0, colon);
  // The router passes the provider's own price on.
  return [{ provider: `huggingface_${provider}`, model: name }, ...soldBy(provider, name)];
}

/**
 * The id as given, then without what providers wrap around it: paths, ARNs, geographic prefixes, dates. What stands for a
 * model of the user's own (a fine-tuned model, a deployment, an application's inference profile) is never taken apart:
 * what is inside says nothing about its price.
 */
export function spellings(model: string): string[] {
  const bare = withoutPath(model);
  const undated = bare.replace(DATED, '');
  const placeless = bare.replace(/^(?:us-gov|us|eu|apac|jp|au|ca|global)\./, '');
  return [...new Set([model, bare, undated, placeless])].filter((name) => name !== '');
}

/** The latest of a version is that version; the latest of none (`gemini-pro-latest`) moves on from one model to the next. */
const DATED = /[-@](?:20\d{6}|20\d\d-\d\d-\d\d|default|(?<=\d.*[-@])latest)$/;

function withoutPath(model: string): string {
  const arn = /^arn:[^:]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile)\/(.+)$/.exec(model)?.[1];
  return arn ?? model.replace(/^(?:.*\/)?models\//, '');
}

const MEMO_ENTRIES = 2000;
const MINUTE_MS = 60_000;

/** Finds the price entry of a model; what was found is remembered (a search of the table costs up to 1 ms). */
export class ModelMatcher {
  readonly #tables: readonly PriceTable[];
  readonly #aliases: readonly Alias[];
  readonly #memo = new Map<string, { match: Match; minute: number | null }>();

  /** @param tables the strongest first: an entry of one replaces those of the next ones. */
  constructor(tables: readonly PriceTable[], aliases: readonly Alias[]) {
    this.#tables = tables;
    this.#aliases = aliases;
  }

  /** @param at milliseconds since the epoch. */
  find(provider: string, model: string, host: string, at: number): Match {
    const key = `${provider}\n${model}\n${host}`;
    const minute = Math.floor(at / MINUTE_MS);
    const known = this.#memo.get(key);
    // Prices by time of day change on the minute at the finest.
    if (known !== undefined && (known.minute === null || known.minute === minute)) return known.match;
    const match = this.#search(provider, model, host, at);
    if (this.#memo.size >= MEMO_ENTRIES) this.#memo.clear();
    this.#memo.set(key, { match, minute: match.entry?.timeless === false ? minute : null });
    return match;
  }

  /** The user said what it costs. */
  hasAlias(provider: string, model: string): boolean {
    return this.#aliases.some((one) => one.provider === provider && globOf(one.model)(model));
  }

  #search(provider: string, model: string, host: string, at: number): Match {
    const alias = this.#aliases.find((one) => one.provider === provider && globOf(one.model)(model));
    const name = alias?.as_model ?? model;
    const seller = alias?.as_provider ?? provider;
    const byHost = seller === 'unknown' ? this.#providerOfHost(host) : null;
    const wanted = candidates(seller, name, byHost);
    const models = [...new Set([model, ...wanted.map((candidate) => candidate.model)])];
    for (const table of this.#tables) {
      for (const candidate of wanted) {
        const entry = table.find(candidate.provider, candidate.model, at);
        if (entry !== null) return { entry, models };
      }
    }
    return { entry: null, models };
  }

  #providerOfHost(host: string): string | null {
    for (const table of this.#tables) {
      const id = table.providerOfHost(host);
      if (id !== null) return id;
    }
    return null;
  }
}
