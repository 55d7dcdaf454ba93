/**
 * The words of a text, as the index sees them: what SQLite's tokenizer `unicode61 remove_diacritics 2` makes of a text
 * that `spread` has been through. Used where there is no index: on what it has not read yet, and to mark what was found.
 */

export interface Word {
  /** Without case and diacritics. */
  readonly folded: string;
  /** UTF-16 offsets: first, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** Scripts that set no spaces between words, or hang particles onto them: each character is a word of its own. */
const ALONE =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]';
const ALONE_LETTER = `(?=${ALONE})[\\p{L}\\p{N}]`;
const ALL_ALONE = new RegExp(ALONE_LETTER, 'gu');
/** The first such script begins here; a text without such a character is spared the look at each one. */
const MAY_BE_ALONE = /[\u0e00-\uffff]/;
const ASCII_WORD = /[A-Za-z0-9]+/g;
const WORD = new RegExp(`${ALONE_LETTER}|(?:(?!${ALONE})[\\p{L}\\p{N}\\p{Co}\\u0300-\\u036f])+`, 'gu');
const IS_ASCII = /^[\u0000-\u007f]*$/;
const MARKS = /[\u0300-\u036f]/g;
const LATIN = /[\u00c0-\u024f\u1e00-\u1eff]/g;

/** Sets characters of such scripts apart, so that any part of a run of them is found as a row of words. */
export function spread(text: string): string {
  return MAY_BE_ALONE.test(text) ? text.replace(ALL_ALONE, ' $& ') : text;
}

/** In order, one at a time: who has seen enough stops. */
export function* wordsOf(text: string): Generator<Word, void, undefined> {
  const pattern = IS_ASCII.test(text) ? ASCII_WORD : WORD;
  for (const match of text.matchAll(pattern)) {
    const folded = fold(match[0]);
    if (folded !== '') yield { folded, start: match.index, end: match.index + match[0].length };
  }
}

/** The folded words alone. */
export function foldedWords(text: string): string[] {
  return Array.from(wordsOf(text), ({ folded }) => folded);
}

/** Of letters, SQLite takes the marks from Latin ones alone; marks that stand by themselves it passes over. */
function fold(word: string): string {
  if (IS_ASCII.test(word)) return word.toLowerCase();
  const bare = word.replace(LATIN, (letter) => letter.normalize('NFD').replace(MARKS, ''));
  return bare.replace(MARKS, '').toLowerCase();
}
