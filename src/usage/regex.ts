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

const BREAKDOWN = '"usage_breakdown":{';

/**
 * The last resort, for bodies that were cut, damaged or too large to parse: the last whole usage object in the tail,
 * wrapped as it was found (`{usage: {...}}`), so that the dialects can read it. Linear in the window.
 */
export function findUsage(tail: string): JsonObject | null {
  const window = tail.slice(-TAIL_WINDOW);
  const hits = [...window.matchAll(KEY)].slice(-MAX_TRIES).toReversed();
  const hasShares = window.includes(BREAKDOWN);
  for (const hit of hits) {
    if (hasShares && isShare(window, hit.index)) continue;
    const start = hit.index + hit[0].length - 1;
    const text = objectText(window, start);
    const value = text === null ? null : parseJson(text);
    if (isObject(value) && Object.keys(value).length > 0) return { [hit[1] ?? 'usage']: value };
  }
  return null;
}

/** Inside of Groq's `usage_breakdown`, where each model of a compound system has its share of what `usage` sums up. */
function isShare(text: string, at: number): boolean {
  const key = text.lastIndexOf(BREAKDOWN, at);
  if (key < 0) return false;
  const start = key + BREAKDOWN.length - 1;
  const whole = objectText(text, start);
  return whole === null || at < start + whole.length;
}

/** From an opening brace to its closing one, or null when that is not in reach. */
function objectText(text: string, start: number): string | null {
  const limit = Math.min(text.length, start + MAX_OBJECT);
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
