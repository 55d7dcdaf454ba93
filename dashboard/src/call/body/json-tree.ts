/** What of a JSON text stands on the screen: rows, what they say, where they are, and what is found. */
import { childrenOf, isContainer, KIND, of, type Tape } from './json-tape.ts';

/** Rows that are shown, in parallel: the value, and which line of its text (-1 = the row of the value itself). */
export interface TreeRows {
  node: number[];
  line: number[];
}

/** Decoded; a text that is no JSON string stays as it is. */
export function decoded(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal.replace(/^"|"$/g, '');
  }
}

export function valueText(text: string, tape: Tape, node: number): string {
  return text.slice(tape.start[node], tape.end[node]);
}

/** Its name, or its place in a list; `null` = it is the whole. */
export function nameOf(text: string, tape: Tape, node: number): string | number | null {
  if ((tape.parent[node] ?? -1) < 0) return null;
  const end = of(tape.keyEnd, node);
  return end === 0 ? of(tape.place, node) : decoded(text.slice(tape.keyStart[node], end));
}

/** As jq takes it: `.messages[3].content[0]["a b"]`. */
export function pathOf(text: string, tape: Tape, node: number): string {
  let path = '';
  for (let at = node; at >= 0; at = tape.parent[at] ?? -1) {
    const name = nameOf(text, tape, at);
    if (name === null) continue;
    if (typeof name === 'number') path = `[${name}]${path}`;
    else path = (/^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`) + path;
  }
  return path.startsWith('.') ? path : `.${path}`;
}

/** A text that does not fit in a row opens into lines. */
const LONG = 96;

export function isOpenable(text: string, tape: Tape, node: number): boolean {
  if (isContainer(tape, node)) return of(tape.size, node) > 0;
  if (tape.kind[node] !== KIND.string) return false;
  const length = of(tape.end, node) - of(tape.start, node);
  return length > LONG || valueText(text, tape, node).includes('\\n');
}

/** @param linesOf the lines of a text that is open */
export function rowsOf(tape: Tape, open: ReadonlySet<number>, linesOf: (node: number) => readonly string[]): TreeRows {
  const rows: TreeRows = { node: [], line: [] };
  for (let at = 0; at < tape.count;) {
    rows.node.push(at);
    rows.line.push(-1);
    if (!open.has(at)) {
      at = of(tape.after, at);
      continue;
    }
    if (!isContainer(tape, at)) {
      const lines = linesOf(at).length;
      for (let line = 0; line < lines; line += 1) {
        rows.node.push(at);
        rows.line.push(line);
      }
    }
    at += 1;
  }
  return rows;
}

/** Containers that are open at first: level by level from the outside in, as long as all of one fits in `most` rows. */
export function openAtFirst(tape: Tape, most = 60): Set<number> {
  const open = new Set<number>();
  let rows = 1;
  let level = tape.count === 0 ? [] : [0];
  while (level.length > 0) {
    const filled = level.filter((node) => isContainer(tape, node) && of(tape.size, node) > 0);
    const next: number[] = [];
    for (const node of filled) {
      if (open.size > 0 && rows + of(tape.size, node) > most) continue;
      open.add(node);
      rows += of(tape.size, node);
      next.push(...childrenOf(tape, node));
    }
    // What lies in one of several is only shown when all of them are.
    level = filled.every((node) => open.has(node)) ? next : [];
  }
  return open;
}

/** The value and all containers in it. */
export function containersIn(tape: Tape, node: number): number[] {
  const found: number[] = [];
  for (let at = node; at < of(tape.after, node); at += 1) if (isContainer(tape, at)) found.push(at);
  return found;
}

export function ancestorsOf(tape: Tape, node: number): number[] {
  const found: number[] = [];
  for (let at = tape.parent[node] ?? -1; at >= 0; at = tape.parent[at] ?? -1) found.push(at);
  return found;
}

/** Wide characters count twice, so that lines of any script are as wide as the screen. */
const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\uFFE0-\uFFE6]/;

/**
 * Lines of at most `columns` characters, broken between words where there are some.
 * @param starts gets where in the text each of them begins
 */
export function wrapped(text: string, columns: number, starts?: number[]): string[] {
  const lines: string[] = [];
  const put = (start: number, end: number): void => {
    lines.push(text.slice(start, end));
    starts?.push(start);
  };
  for (let start = 0; start <= text.length;) {
    const feed = text.indexOf('\n', start);
    const behind = feed === -1 ? text.length : feed;
    const end = behind > start && text[behind - 1] === '\r' ? behind - 1 : behind;
    wrapLine(text, start, end, columns, put);
    start = behind + 1;
  }
  return lines;
}

function wrapLine(
  text: string,
  start: number,
  end: number,
  columns: number,
  put: (start: number, end: number) => void,
): void {
  if (end - start <= columns / 2) {
    put(start, end);
    return;
  }
  for (let at = start; at < end;) {
    const next = breakAt(text, at, end, columns);
    put(at, next);
    at = next;
  }
}

function breakAt(text: string, start: number, end: number, columns: number): number {
  let width = 0;
  let at = start;
  let space = -1;
  while (at < end) {
    const code = text.codePointAt(at) ?? 0;
    const isPair = code > 0xff_ff;
    width += isPair || (code >= 0x11_00 && WIDE.test(String.fromCodePoint(code))) ? 2 : 1;
    if (width > columns && at > start) return space > start ? space : at;
    at += isPair ? 2 : 1;
    if (code === 0x20) space = at;
  }
  return at;
}

export const MOST_FOUND = 10_000;

/** Where in a text words stand; upper and lower case are one. */
export function placesIn(text: string, query: string): number[] {
  const places: number[] = [];
  if (query === '') return places;
  for (const match of text.matchAll(new RegExp(quoted(query), 'gi'))) {
    places.push(match.index);
    if (places.length === MOST_FOUND) break;
  }
  return places;
}

/**
 * Values that hold the words, in their name or themselves, in the order of the text; upper and lower case are one.
 * However the text writes them: `é` or `\u00e9`, `/` or `\/`.
 */
export function found(text: string, tape: Tape, query: string): number[] {
  if (query === '') return [];
  const nodes: number[] = [];
  for (const match of text.matchAll(jsonPattern(query))) {
    const node = nodeAt(tape, match.index);
    if (node === null || nodes.at(-1) === node) continue;
    nodes.push(node);
    if (nodes.length === MOST_FOUND) break;
  }
  return nodes;
}

function jsonPattern(query: string): RegExp {
  const plain = JSON.stringify(query).slice(1, -1);
  const ascii = plain.replaceAll(
    /[\u0080-\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const forms = new Set([plain, ascii]);
  return new RegExp([...forms].map((form) => quoted(form).replaceAll('/', String.raw`\\?/`)).join('|'), 'gi');
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** The value in whose name or text a place lies; `null` = between values. */
function nodeAt(tape: Tape, at: number): number | null {
  let low = 0;
  let high = tape.count;
  const begin = (node: number): number => (of(tape.keyEnd, node) > 0 ? tape.keyStart : tape.start)[node] ?? 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (begin(middle) <= at) low = middle + 1;
    else high = middle;
  }
  const node = low - 1;
  if (node < 0) return null;
  if (at < of(tape.keyEnd, node)) return node;
  const isIn = !isContainer(tape, node) && at >= of(tape.start, node) && at < of(tape.end, node);
  return isIn ? node : null;
}
