const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The place of the quote that closes a JSON string, or -1. Quotes are looked for natively; whether one closes the string
 * is for the backslashes before it to say.
 * @param from within the string, behind the opening quote or an escape
 */
export function closingQuote(bytes: Uint8Array, from: number): number {
  let quote = bytes.indexOf(QUOTE, from);
  while (quote >= 0 && endsEscaped(bytes, from, quote)) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote;
}

/** True when the byte at `to` is a part of an escape that begins before it. @param from as for `closingQuote` */
export function endsEscaped(bytes: Uint8Array, from: number, to: number): boolean {
  let index = to - 1;
  while (index >= from && bytes[index] === BACKSLASH) index -= 1;
  return (to - 1 - index) % 2 !== 0;
}
