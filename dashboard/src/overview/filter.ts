/** The part of the filter that sums can be asked by. */

export const SUM_FILTERS = ['provider', 'model', 'client', 'agent', 'section', 'customer', 'tenant'] as const;
export type SumFilterName = (typeof SUM_FILTERS)[number];
export type SumFilter = Partial<Record<SumFilterName, string>>;

const TOKEN = /(-?)(?:([a-z_]+):)?(?:"([^"]*)"|(\S+))/g;

/** @returns what sums know of, and what of the text they do not */
export function sumFilterOf(text: string | null): { filter: SumFilter; ignored: string[] } {
  const filter: SumFilter = {};
  const ignored: string[] = [];
  for (const [whole, minus, name, quoted, plain] of (text ?? '').matchAll(TOKEN)) {
    const known = SUM_FILTERS.find((one) => one === name);
    if (known === undefined || minus === '-' || filter[known] !== undefined) ignored.push(whole);
    else filter[known] = quoted ?? plain ?? '';
  }
  return { filter, ignored };
}

/** `model:"gpt 5"`. */
export function filterText(name: string, value: string): string {
  return /[\s":]/.test(value) ? `${name}:"${value.replaceAll('"', '')}"` : `${name}:${value}`;
}
