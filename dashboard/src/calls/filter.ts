/** The line of a filter as parts, for tags and completion. What they mean is the daemon's business (docs/search.md). */

export interface Part {
  /** As it was typed. */
  text: string;
  /** Name of a filter; `null` = words to look for. */
  name: string | null;
  value: string;
  negated: boolean;
  /** UTF-16 offsets in the line. */
  start: number;
  end: number;
}

interface Name {
  name: string;
  /** What may stand behind the colon, in a few words. */
  hint: string;
  /** Values to offer; most are offered from what is stored. */
  values?: readonly string[];
  isValid: (value: string) => boolean;
}

const anything = (): boolean => true;
const NUMBER = /^(?:>=|<=|>|<|=)?\$?(?:\d+(?:\.\d+)?|\.\d+)(?:ms|s|k|m)?$/i;
const STATUS = /^(?:(?:>=|<=|>|<|=)?[1-5]\d\d|[1-5]xx)$/i;
const AGO = /^\d{1,6}[smhdw]$/;
const STATES = ['error', 'aborted', 'estimated', 'unpriced', 'stream', 'retry', 'subscription'];
const isTime = (value: string): boolean => AGO.test(value) || !Number.isNaN(Date.parse(value));
const text = (name: string, hint: string): Name => ({ name, hint, isValid: anything });
const number = (name: string, hint: string, values: readonly string[]): Name => ({
  name,
  hint,
  values,
  isValid: (value) => NUMBER.test(value),
});

/** In the order in which they are offered. */
export const NAMES: readonly Name[] = [
  text('model', 'a part of the name, asked for or answered by'),
  text('provider', 'anthropic, openai …'),
  {
    name: 'status',
    hint: '404, 5xx or >=400',
    values: ['>=400', '4xx', '5xx', '429', '200'],
    isValid: (value) => STATUS.test(value),
  },
  number('cost', 'US dollars, such as >0.5', ['>0.01', '>0.1', '>1', '>10']),
  number('ttft', 'seconds to the first token, such as >2s', ['>1s', '>2s', '>5s', '>10s']),
  number('duration', 'seconds in all, such as >30s', ['>10s', '>30s', '>60s']),
  number('input', 'tokens, such as >100k', ['>10k', '>100k', '>200k']),
  number('output', 'tokens, such as >2k', ['>1k', '>4k', '>16k']),
  text('tool', 'a tool that the model asked for'),
  {
    name: 'is',
    hint: STATES.join(', '),
    values: STATES,
    isValid: (value) => STATES.includes(value.toLowerCase()),
  },
  text('session', 'how its id begins'),
  text('client', 'claude-code, codex …'),
  text('customer', 'as it stands, or with *'),
  text('section', 'a part of its path'),
  text('agent', 'a part of its name'),
  text('stop', 'why the answer ended: end_turn, tool_use …'),
  text('error', 'a part of its type or message'),
  text('host', 'a part of it'),
  text('path', 'a part of it'),
  text('operation', 'messages, chat.completions …'),
  text('tenant', 'as it stands, or with *'),
  text('task', 'how its id begins'),
  text('trace', 'how its id begins'),
  text('run', 'how its id begins'),
  text('id', 'how it begins'),
  { name: 'since', hint: '24h, 7d or 2026-11-21', values: ['1h', '24h', '7d'], isValid: isTime },
  { name: 'until', hint: '1h ago or 2026-11-21', values: [], isValid: isTime },
];

const BY_NAME: ReadonlyMap<string, Name> = new Map(NAMES.map((one) => [one.name, one]));

/** As the daemon cuts it (src/store/search/query.ts). */
const PART = /(-?)(?:"([^"]*)(?:"|$)|([^\s"]+)(?:(?<=:[<>=]{0,2})"([^"]*)(?:"|$))?)/gu;

export function partsOf(line: string): Part[] {
  const parts: Part[] = [];
  for (const match of line.matchAll(PART)) {
    const [whole, minus = '', phrase, word = '', quoted] = match;
    if (phrase === '') continue;
    const colon = phrase === undefined ? word.indexOf(':') : -1;
    const value = colon > 0 ? word.slice(colon + 1) + (quoted ?? '') : '';
    const known = colon > 0 && value !== '' ? BY_NAME.get(word.slice(0, colon).toLowerCase()) : undefined;
    parts.push({
      text: whole,
      name: known?.isValid(value) === true ? known.name : null,
      value,
      negated: minus === '-',
      start: match.index,
      end: match.index + whole.length,
    });
  }
  return parts;
}

/** Something is looked for in the texts, not only asked of the calls. */
export function hasWords(line: string): boolean {
  return partsOf(line).some(({ name }) => name === null);
}

/** What is meant as a filter and is none: it is looked for as text, and the reader is told. */
export function mistaken(line: string): { text: string; hint: string }[] {
  return partsOf(line).flatMap(({ name, text: whole }) => {
    const meant = /^-?([a-z]+):(?=.)/i.exec(whole)?.[1]?.toLowerCase();
    const known = meant === undefined ? undefined : BY_NAME.get(meant);
    return name === null && known !== undefined && !whole.includes('"') ? [{ text: whole, hint: known.hint }] : [];
  });
}

export interface Split {
  /** Filters that are done, as they were typed. */
  tags: string[];
  /** The rest, with the space at its end: that ends the last word. */
  words: string;
}

/** Filters become tags; what is being typed (`open`) stays text until a space ends it. */
export function splitLine(line: string, open: boolean): Split {
  const parts = partsOf(line);
  const last = parts.at(-1);
  const isTag = (part: Part): boolean =>
    part.name !== null && !(open && part === last && part.end === line.length && !part.text.endsWith('"'));
  const words = parts.filter((part) => !isTag(part)).map((part) => (open ? part.text : closed(part.text)));
  const isEnded = /\s$/.test(line) && last !== undefined && !isTag(last);
  return {
    tags: parts.filter(isTag).map((part) => closed(part.text)),
    words: words.join(' ') + (isEnded ? ' ' : ''),
  };
}

/** Filters that take a value as it stands: a part of one finds nothing. */
const WHOLE: ReadonlySet<string> = new Set(['provider', 'operation', 'stop', 'customer', 'tenant', 'is']);

/**
 * What is to be looked for while the last word is still typed: a filter that is not finished finds nothing, or something
 * else.
 */
export function withoutUnfinished(words: string): string {
  const [word = ''] = /[^\s"]*$/.exec(words) ?? [];
  const [, name = '', value = ''] = /^-?([a-z]+):(.*)$/i.exec(word) ?? [];
  const known = BY_NAME.get(name.toLowerCase());
  if (known === undefined) return words;
  const isUsable = value !== '' && known.isValid(value) && !WHOLE.has(known.name);
  return isUsable ? words : words.slice(0, words.length - word.length).trimEnd();
}

/** A quote that was left open would take in all that comes behind it. */
function closed(text: string): string {
  return text.split('"').length % 2 === 0 ? `${text}"` : text;
}

export function joinLine(tags: readonly string[], words: string): string {
  return [...tags, words].filter((part) => part.trim() !== '').join(' ');
}

/** `name:value` with quotes where it needs them; `null` = it cannot be said (a quote in it). */
export function tagOf(name: string, value: string): string | null {
  if (value === '' || value.includes('"')) return null;
  return /\s/.test(value) ? `${name}:"${value}"` : `${name}:${value}`;
}

/** The line with `tag`, once; a tag of the same name gives way unless it says the opposite. */
export function withTag(line: string, tag: string): string {
  const { tags, words } = splitLine(line, false);
  const name = tag.slice(0, tag.indexOf(':') + 1);
  return joinLine([...tags.filter((known) => !known.startsWith(name)), tag], words);
}

export function withoutTag(line: string, tag: string): string {
  const { tags, words } = splitLine(line, false);
  return joinLine(
    tags.filter((known) => known !== tag),
    words,
  );
}

export interface Completion {
  /** What takes the place of the word that is being typed. */
  insert: string;
  label: string;
  hint: string;
}

export const MOST_COMPLETIONS = 12;

/**
 * What may be meant by the word under way.
 * @param values of a filter, from what is stored; the most frequent ones first
 */
export function completionsOf(words: string, values: (name: string) => readonly string[]): Completion[] {
  const word = /(?:^|\s)(-?)([^\s"]*)$/.exec(words);
  if (word === null) return [];
  const [, minus = '', typed = ''] = word;
  const colon = typed.indexOf(':');
  if (colon < 0) {
    if (typed === '' && words !== '') return [];
    return NAMES.filter(({ name }) => name.startsWith(typed.toLowerCase()) && name !== typed.toLowerCase())
      .slice(0, MOST_COMPLETIONS)
      .map(({ name, hint }) => ({ insert: `${minus}${name}:`, label: `${minus}${name}:`, hint }));
  }
  const known = BY_NAME.get(typed.slice(0, colon).toLowerCase());
  if (known === undefined) return [];
  const begun = typed.slice(colon + 1).toLowerCase();
  return [...new Set([...values(known.name), ...(known.values ?? [])])]
    .filter((value) => value.toLowerCase().includes(begun) && value.toLowerCase() !== begun)
    .flatMap((value) => tagOf(`${minus}${known.name}`, value) ?? [])
    .slice(0, MOST_COMPLETIONS)
    .map((tag) => ({ insert: `${tag} `, label: tag, hint: '' }));
}

/** `words` with the word under way replaced. */
export function complete(words: string, { insert }: Completion): string {
  return words.replace(/(-?[^\s"]*)$/, () => insert);
}
