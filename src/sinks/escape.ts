/**
 * What a terminal, a pager or a log reader would obey instead of show: C0 and C1 controls (ESC starts colours, titles and
 * links), U+2028/9 (line ends for some), bidirectional controls (they reorder what people read), zero-width marks.
 */
const UNSAFE_IN_TEXT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const UNSAFE_IN_TEXT_ALL = new RegExp(UNSAFE_IN_TEXT, 'g');
const UNSAFE_IN_LINE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const UNSAFE_IN_LINE_ALL = new RegExp(UNSAFE_IN_LINE, 'g');

const escapeCharacter = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Several lines: line feeds and tabs stay, a carriage return before a line feed goes. */
export function escapeText(text: string): string {
  if (!UNSAFE_IN_TEXT.test(text)) return text;
  return text.replaceAll('\r\n', '\n').replaceAll(UNSAFE_IN_TEXT_ALL, escapeCharacter);
}

/** One line: nothing of it can end the line. */
export function escapeLine(text: string): string {
  return UNSAFE_IN_LINE.test(text) ? text.replaceAll(UNSAFE_IN_LINE_ALL, escapeCharacter) : text;
}

const UNSAFE_IN_LINES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** True when `escapeLine` would change nothing in the lines of a text that has `breaks` line feeds of ours. */
export function isSafeLines(text: string, breaks: number): boolean {
  if (UNSAFE_IN_LINES.test(text)) return false;
  let found = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) found += 1;
  return found === breaks;
}
