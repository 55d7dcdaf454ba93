import { parseJson } from '../decoders/parse-json.ts';
import { isObject, type JsonObject } from '../providers/families/json.ts';

/** How much of the end of a body is searched. Characters. */
export const TAIL_WINDOW = 64 * 1024;
const MAX_OBJECT = 16 * 1024;
const MAX_TRIES = 64;

/**
 * A quote after a backslash is inside a string: the model's own text, or an echoed prompt, may quote a usage object.
 * Their closing quote is escaped too, so that `"usage":` never matches there.
 */
const KEY = /"(usage|usageMetadata)"\s{0,32}:\s{0,32}\{/g;

/**
 * What stands in these is not what the answer used: shares of the models of a compound system (Groq), and what the
 * provider behind a gateway stated, in its own dialect (Vercel).
 */
const NOT_THE_ANSWERS = /"(?:usage_breakdown|provider_?[mM]etadata)"\s{0,32}:\s{0,32}\{/g;

/**
 * The last resort, for bodies that were cut, damaged or too large to parse: the last whole usage object in the tail,
 * wrapped as it was found (`{usage: {...}}`), so that the dialects can read it. Linear in the window.
 */
export function findUsage(tail: string): JsonObject | null {
  const window = tail.slice(-TAIL_WINDOW);
  const hits = [...window.matchAll(KEY)].slice(-MAX_TRIES).toReversed();
  const ranges = hits.length === 0 ? [] : rangesOfOthers(window);
  for (const hit of hits) {
    if (ranges.some(({ start, end }) => hit.index > start && hit.index < end)) continue;
    const start = hit.index + hit[0].length - 1;
    const text = objectText(window, start, MAX_OBJECT);
    const value = text === null ? null : parseJson(text);
    if (isObject(value) && Object.keys(value).length > 0) return { [hit[1] ?? 'usage']: value };
  }
  return null;
}

/** One after the other: what stands in one is read once. */
function rangesOfOthers(text: string): Range[] {
  const ranges: Range[] = [];
  let end = 0;
  for (const match of text.matchAll(NOT_THE_ANSWERS)) {
    if (match.index < end) continue;
    const range = rangeOf(text, match.index + match[0].length - 1);
    ranges.push(range);
    ({ end } = range);
  }
  return ranges;
}

interface Range {
  start: number;
  end: number;
}

/** Of the object that begins at `start`; to the end of the text when it breaks off. */
function rangeOf(text: string, start: number): Range {
  const whole = objectText(text, start, text.length);
  return { start, end: whole === null ? text.length : start + whole.length };
}

/** From an opening brace to its closing one, or null when that is not within `length`. */
function objectText(text: string, start: number, length: number): string | null {
  const limit = Math.min(text.length, start + length);
  let depth = 0;
  let inString = false;
  for (let index = start; index < limit; index += 1) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return text.slice(start, index + 1);
    }
  }
  return null;
}
