/**
 * What a text holds that cannot be seen, or that would change how the rest is seen: control characters, terminal
 * escapes, text directions, hidden letters. It is shown by name instead.
 */

export type Piece =
  | { kind: 'text'; text: string }
  /** `label` stands in its place, `why` says what it is. `raw` is what it was. */
  | { kind: 'mark'; label: string; why: string; raw: string };

/** Terminal escapes whole (CSI, OSC, two characters), then runs of what is hidden, then single characters. */
const HIDDEN = new RegExp(
  [
    String.raw`\u001b\[[0-?]*[ -/]*[@-~]`,
    String.raw`\u001b\][^\u0007\u001b]{0,2000}(?:\u0007|\u001b\\)`,
    String.raw`\u001b[@-Z\\-_]?`,
    String.raw`[\u{E0000}-\u{E007F}]+`,
    String.raw`[\u{FE00}-\u{FE0E}\u{E0100}-\u{E01EF}]{2,}`,
    String.raw`[\u{E0100}-\u{E01EF}]`,
    String.raw`[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]`,
    String.raw`\r(?!\n)`,
    String.raw`[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]`,
  ].join('|'),
  'gu',
);

const NAMES: Readonly<Record<number, string>> = {
  0xad: 'soft hyphen',
  0x34f: 'combining grapheme joiner',
  0x61c: 'Arabic letter mark',
  0x180e: 'Mongolian vowel separator',
  0x200b: 'zero-width space',
  0x200c: 'zero-width non-joiner',
  0x200d: 'zero-width joiner',
  0x200e: 'left-to-right mark',
  0x200f: 'right-to-left mark',
  0x2028: 'line separator',
  0x2029: 'paragraph separator',
  0x202a: 'left-to-right embedding',
  0x202b: 'right-to-left embedding',
  0x202c: 'end of embedding or override',
  0x202d: 'left-to-right override',
  0x202e: 'right-to-left override: what follows was written backwards',
  0x2060: 'word joiner',
  0x2066: 'left-to-right isolate',
  0x2067: 'right-to-left isolate',
  0x2068: 'first strong isolate',
  0x2069: 'end of isolate',
  0x3164: 'Hangul filler',
  0xfeff: 'zero-width no-break space',
};

/** @returns pieces that together are the text; one piece when there is nothing to mark */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  HIDDEN.lastIndex = 0;
  for (let match = HIDDEN.exec(text); match !== null; match = HIDDEN.exec(text)) {
    const [raw] = match;
    if (belongsHere(text, match.index, raw)) continue;
    if (match.index > end) pieces.push({ kind: 'text', text: text.slice(end, match.index) });
    pieces.push({ kind: 'mark', raw, ...markOf(raw) });
    end = match.index + raw.length;
  }
  if (end < text.length || pieces.length === 0) pieces.push({ kind: 'text', text: text.slice(end) });
  return pieces;
}

/** The text with what is hidden in brackets, for where there is no room for more than text (titles, labels). */
export function visibleText(text: string): string {
  return piecesOf(text)
    .map((piece) => (piece.kind === 'text' ? piece.text : `[${piece.label}]`))
    .join('');
}

const EMOJI = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F)$/u;
/** Scripts that join letters, where joiners are spelling. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{M}]$/u;
const BLACK_FLAG = '\u{1F3F4}';

/** Joiners in emoji and in scripts that need them, letters of a flag. */
function belongsHere(text: string, at: number, raw: string): boolean {
  const before = text.slice(Math.max(0, at - 2), at);
  if (raw === '\u200D') return EMOJI.test(before) || JOINING.test(before);
  if (raw === '\u200C') return JOINING.test(before);
  return before === BLACK_FLAG && raw.length <= 14 && raw.endsWith('\u{E007F}');
}

function markOf(raw: string): { label: string; why: string } {
  const code = raw.codePointAt(0) ?? 0;
  if (code === 0x1b) return { label: `ESC${raw.slice(1)}`, why: 'terminal escape' };
  if (code >= 0xe0000 && code <= 0xe007f) return tags(raw);
  if (raw.length > 2 || code >= 0xe0100)
    return { label: `${Array.from(raw).length} × variation selector`, why: 'hidden letters' };
  if (code < 0x20) return { label: String.fromCodePoint(0x2400 + code), why: `control character ${hex(code)}` };
  if (code === 0x7f) return { label: '\u2421', why: `control character ${hex(code)}` };
  return { label: hex(code), why: NAMES[code] ?? (code < 0xa0 ? 'control character' : 'invisible character') };
}

/** Letters that no font shows and models read: they are shown as what they spell. */
function tags(raw: string): { label: string; why: string } {
  const spelt = Array.from(raw, (character) => (character.codePointAt(0) ?? 0) - 0xe0000)
    .map((code) => (code >= 0x20 && code < 0x7f ? String.fromCodePoint(code) : ''))
    .join('');
  return { label: `hidden: ${spelt}`, why: 'Unicode tag characters: invisible, but models read them' };
}

function hex(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
