import type { Measure } from '../providers/families/fact-source.ts';

/** What a measure makes of a value: a number, a text, or nothing. */
export function measured(value: unknown, measure: Measure): number | string | null {
  if (measure === 'len') return Array.isArray(value) ? value.length : null;
  if (measure === 'seconds' && typeof value === 'number') return value;
  return typeof value === 'string' ? OF_TEXT[measure](value) : null;
}

const OF_TEXT: Readonly<Record<Exclude<Measure, 'len'>, (text: string) => number | string | null>> = {
  codepoints: codePoints,
  ssml: (text) => codePoints(spokenText(text, ALL_TAGS)),
  azure: azureCharacters,
  voice: (text) => VOICE.exec(text)?.[1] ?? null,
  seconds: secondsOf,
  items: (text) => text.split(',').filter((item) => item.trim() !== '').length,
};

/** Unicode code points: what people call characters, and what speech is billed by. UTF-16 counts an emoji twice. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index += 1) {
    const isHigh = (text.charCodeAt(index) & 0xfc00) === 0xd800;
    if (isHigh && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      count -= 1;
      index += 1;
    }
  }
  return count;
}

const ALL_TAGS = /<[^<>]*>/g;
/** Azure bills all markup but these two. */
const FREE_AT_AZURE = /<\/?(?:speak|voice)(?:\s[^<>]*)?\/?>|<\?[^<>]*>/gi;
const VOICE = /<voice\s(?:[^<>]*?\s)?name\s*=\s*["']([^"'<>]{1,200})["']/i;
const ENTITY = /&(?:[a-z]{2,8}|#\d{1,7}|#x[\da-f]{1,6});/gi;
/** Han, kana and Hangul cost two characters each at Azure. */
const DOUBLE_AT_AZURE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

function spokenText(text: string, tags: RegExp): string {
  return text.replaceAll(tags, '').replaceAll(ENTITY, ' ');
}

function azureCharacters(text: string): number {
  const billed = spokenText(text, FREE_AT_AZURE);
  return codePoints(billed) + (billed.match(DOUBLE_AT_AZURE)?.length ?? 0);
}

const ISO_DURATION = /^PT(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?$/;
const CLOCK = /^(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/;
const PLAIN_SECONDS = /^(\d+(?:\.\d+)?)\s?s?$/;

function secondsOf(text: string): number | null {
  const plain = PLAIN_SECONDS.exec(text)?.[1];
  if (plain !== undefined) return Number(plain);
  const parts = ISO_DURATION.exec(text) ?? CLOCK.exec(text);
  if (parts === null || text === 'PT') return null;
  const [hours, minutes, seconds] = [parts[1], parts[2], parts[3]].map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}
