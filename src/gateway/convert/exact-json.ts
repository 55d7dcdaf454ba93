/**
 * JSON whose long integers stay what they are: ids of 18 digits in the input of a tool would come out as others, since
 * a number of JavaScript holds 53 bits. They are texts with a mark in front while they are in our hands.
 */
const MARK = '\uE000\uF8FF\uE000';
const MAY_HAVE_LONG = /[[:,\s]-?\d{16,}/;
const LONG = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

/** Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return JSON.parse(MAY_HAVE_LONG.test(text) ? marked(text) : text);
}

/** The text of a value that `parseExact` made, or one made of such values. */
export function exactText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.includes(MARK) ? text.replaceAll(MARKED, '$1') : text;
}

function marked(text: string): string {
  const out: string[] = [];
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    out.push(text.slice(at, end).replaceAll(LONG, (digits) => (isExact(digits) ? digits : `"${MARK}${digits}"`)));
    if (quote < 0) break;
    at = endOfString(text, quote);
    out.push(text.slice(quote, at));
  }
  return out.join('');
}

function isExact(digits: string): boolean {
  return Number.isSafeInteger(Number(digits));
}

/** Index behind the closing quote. */
function endOfString(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return text.length;
}
