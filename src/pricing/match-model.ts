import type { PriceBook, PriceEntry } from './prices.ts';

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

const MEMO_ENTRIES = 2000;
const MINUTE_MS = 60_000;

/** Finds the price entry of a model; what was found is remembered (a search of the table costs up to 1 ms). */
export class ModelMatcher {
  readonly #book: PriceBook;
  readonly #memo = new Map<string, { entry: PriceEntry | null; minute: number }>();

  constructor(book: PriceBook) {
    this.#book = book;
  }

  /** Null = no price known. @param at milliseconds since the epoch. */
  find(provider: string, model: string, host: string, at: number): PriceEntry | null {
    const key = `${provider}\n${model}\n${host}`;
    const minute = Math.floor(at / MINUTE_MS);
    const known = this.#memo.get(key);
    // Prices by time of day change on the minute at the finest.
    if (known !== undefined && (known.entry === null || known.entry.timeless || known.minute === minute))
      return known.entry;
    const entry = this.#search(provider, model, host, at);
    if (this.#memo.size >= MEMO_ENTRIES) this.#memo.clear();
    this.#memo.set(key, { entry, minute });
    return entry;
  }

  #search(provider: string, model: string, host: string, at: number): PriceEntry | null {
    const byHost = provider === 'unknown' ? this.#book.providerOfHost(host) : null;
    // Our own id first: an override may be written under it.
    const providers = [provider, ...(TABLE_IDS[provider] ?? []), ...(byHost === null ? [] : [byHost])];
    for (const name of spellings(model)) {
      for (const id of providers) {
        const entry = this.#book.find(id, name, at);
        if (entry !== null) return entry;
      }
    }
    return null;
  }
}

/** The id as given, then without what providers wrap around it. A fine-tuned model has a price of its own: never stripped. */
export function spellings(model: string): string[] {
  const bare = model.replace(/^.*\/models\//, '').replace(/^models\//, '');
  const undated = bare.replace(/[-@](?:20\d{6}|20\d\d-\d\d-\d\d)$/, '').replace(/-latest$/, '');
  return [...new Set([model, bare, undated])].filter((name) => name !== '');
}
