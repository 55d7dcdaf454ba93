/** Captured texts as HTML: nothing in them is markup, and nothing in them hides. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Controls but tab and line feed, what turns the direction of text around, what has no width, lone surrogates, tags. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** For element content and for attribute values in quotes. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** For element content alone: what cannot be seen is written as its number. */
export function visible(text: string): string {
  return escaped(text.replaceAll('\r\n', '\n')).replaceAll(
    INVISIBLE,
    (character) => `<i>U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}</i>`,
  );
}
