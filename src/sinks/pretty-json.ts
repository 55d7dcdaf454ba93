/**
 * Lays JSON out for people without parsing it: numbers, escapes and repeated keys stay as they were sent, a cut document is
 * laid out as far as it goes, and the cost is one pass (no values are built). Linear in time and, by MAX_GROWTH, in space.
 */

const LF = 10;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const SPACE = 32;

/** Deeper levels are not indented further. */
const MAX_INDENT = 24;
const MAX_GROWTH = 6;
const FREE_GROWTH = 64 * 1024;
/** V8 keeps what `+=` joined as a tree: of millions of pieces it is larger than the text, and slow to clear away. */
const PIECES_AT_ONCE = 1024;

const indentsOf = (margin: string): string[] =>
  Array.from({ length: MAX_INDENT + 1 }, (_, depth) => `\n${margin}${'  '.repeat(depth)}`);
/** That of the log files. */
const MARGIN = '  ';
const INDENTS = indentsOf(MARGIN);
/** An embedding is one line, not a thousand. */
const NUMBERS = /\[[\d\s.,eE+-]*\]/y;
const EMPTY = /\{\s*\}/y;
const SCALAR = /[^\s",:[\]{}]+/y;

/** Null when the text is no JSON object or list, or would grow too much. Lines after the first begin with `margin`. */
export function prettyJson(text: string, margin = ''): string | null {
  const first = FIRST.exec(text)?.[1];
  if (first !== '{' && first !== '[') return null;
  const limit = text.length * MAX_GROWTH + FREE_GROWTH;
  const layout: Layout = { text, at: 0, depth: 0, margin, indents: margin === MARGIN ? INDENTS : indentsOf(margin) };
  let out = '';
  const pieces: string[] = [];
  while (layout.at < text.length) {
    pieces.push(step(layout, text.charCodeAt(layout.at)));
    if (pieces.length < PIECES_AT_ONCE && layout.at < text.length) continue;
    out += pieces.join('');
    pieces.length = 0;
    if (out.length > limit) return null;
  }
  return out;
}

const FIRST = /^\s*(.)/;

interface Layout {
  readonly text: string;
  at: number;
  depth: number;
  readonly margin: string;
  readonly indents: readonly string[];
}

/** Consumes one token; gives what is written for it. */
function step(layout: Layout, code: number): string {
  switch (code) {
    case QUOTE:
      return copyString(layout);
    case COMMA:
      layout.at += 1;
      return `,${newLine(layout)}`;
    case COLON:
      layout.at += 1;
      return ': ';
    case OPEN_OBJECT:
    case OPEN_LIST:
      return open(layout, code === OPEN_LIST ? NUMBERS : EMPTY);
    case CLOSE_OBJECT:
    case CLOSE_LIST:
      layout.depth = Math.max(layout.depth - 1, 0);
      layout.at += 1;
      return newLine(layout) + String.fromCharCode(code);
    default:
      return code > SPACE ? copy(layout, endOf(SCALAR, layout.text, layout.at)) : skip(layout);
  }
}

function newLine({ indents, depth }: Layout): string {
  return indents[Math.min(depth, MAX_INDENT)] ?? '';
}

function copy(layout: Layout, end: number): string {
  const copied = layout.text.slice(layout.at, end);
  layout.at = end;
  return copied;
}

/** One value a line stays that: between two of them a line break is kept. */
function skip(layout: Layout): string {
  const { text, at, depth } = layout;
  layout.at += 1;
  const isBetween = depth === 0 && text.charCodeAt(at) === LF && text.charCodeAt(at - 1) === CLOSE_OBJECT;
  return isBetween && text.charCodeAt(at + 1) === OPEN_OBJECT ? newLine(layout) : '';
}

/** JSON has no line feed in a string; what only looks like JSON may, and must not get out of the margin. */
function copyString(layout: Layout): string {
  const copied = copy(layout, endOfString(layout.text, layout.at));
  return copied.includes('\n') ? copied.replaceAll('\n', `\n${layout.margin}`) : copied;
}

/** An empty object and a list of numbers stay in one line. */
function open(layout: Layout, short: RegExp): string {
  short.lastIndex = layout.at;
  if (short.test(layout.text)) return copy(layout, short.lastIndex).replaceAll(/\s+/g, '');
  const bracket = copy(layout, layout.at + 1);
  layout.depth += 1;
  return bracket + newLine(layout);
}

/** After the closing quote, or the end of a cut text. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0) {
    let slashes = 0;
    while (text.charCodeAt(quote - slashes - 1) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at + 1;
}
