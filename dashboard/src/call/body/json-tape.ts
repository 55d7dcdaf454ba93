/**
 * JSON text as a table of its values in the order in which they stand. Nothing is converted: numbers keep their digits,
 * names that come twice stay two. Typed arrays, so that a worker hands it over without a copy.
 */

export const KIND = { object: 0, array: 1, string: 2, number: 3, word: 4 } as const;

export interface Tape {
  /** Values; 0 = the text holds none. */
  count: number;
  kind: Uint8Array;
  /** Of the value, in UTF-16 units of the text; quotes and brackets are in it. */
  start: Uint32Array;
  end: Uint32Array;
  /** Of its name with quotes; both 0 = it has none. */
  keyStart: Uint32Array;
  keyEnd: Uint32Array;
  /** -1 = none. */
  parent: Int32Array;
  /** The value behind it and all that is in it. */
  after: Uint32Array;
  depth: Uint32Array;
  /** How many are directly in it. */
  size: Uint32Array;
  /** Its place in its parent. */
  place: Uint32Array;
  /** Why it ends before the text does, and where; `null` = it is all of the text. */
  problem: { at: number; message: string } | null;
}

const COLUMNS = ['start', 'end', 'keyStart', 'keyEnd', 'parent', 'after', 'depth', 'size', 'place'] as const;

type Column = Uint8Array | Uint32Array | Int32Array;

/** What a column says of a value; there is no such value: 0. */
export function of(column: Column, node: number): number {
  return column[node] ?? 0;
}

/** The values that are directly in one. */
export function* childrenOf(tape: Tape, node: number): Generator<number> {
  const end = of(tape.after, node);
  if (!isContainer(tape, node)) return;
  for (let child = node + 1; child < end; child = of(tape.after, child)) yield child;
}

export function isContainer(tape: Tape, node: number): boolean {
  return (tape.kind[node] ?? KIND.word) <= KIND.array;
}

/** The buffers of a tape, to be handed over. */
export function buffersOf(tape: Tape): ArrayBuffer[] {
  return [tape.kind, ...COLUMNS.map((name) => tape[name])].map(({ buffer }) => buffer as ArrayBuffer);
}

/** Never throws: a text that is cut or wrong is read as far as it goes. */
export function parseTape(text: string): Tape {
  return new TapeParser(text).parse();
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

class Broken extends Error {}

class TapeParser {
  readonly #text: string;
  #at = 0;
  #count = 0;
  #room: number;
  #kind: Uint8Array;
  #columns: Record<(typeof COLUMNS)[number], Uint32Array | Int32Array>;
  /** Containers that are open, outermost first. */
  readonly #open: number[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#room = Math.max(64, Math.ceil(text.length / 24));
    this.#kind = new Uint8Array(this.#room);
    const column = (): Uint32Array => new Uint32Array(this.#room);
    this.#columns = {
      start: column(),
      end: column(),
      keyStart: column(),
      keyEnd: column(),
      parent: new Int32Array(this.#room),
      after: column(),
      depth: column(),
      size: column(),
      place: column(),
    };
  }

  parse(): Tape {
    let problem: Tape['problem'] = null;
    try {
      this.#value(null);
      while (this.#open.length > 0) this.#member();
      this.#space();
      if (this.#at < this.#text.length) throw new Broken('more text comes behind the value');
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      problem = { at: this.#at, message: error.message };
      while (this.#open.length > 0) this.#close();
    }
    return this.#tape(problem);
  }

  /** What comes next in the innermost container: its end, or one more value. */
  #member(): void {
    const { size } = this.#columns;
    const container = this.#open.at(-1) as number;
    const isObject = this.#kind[container] === KIND.object;
    this.#space();
    if (this.#text[this.#at] === (isObject ? '}' : ']')) {
      this.#at += 1;
      this.#close();
      return;
    }
    if ((size[container] as number) > 0) {
      this.#expect(',');
      this.#space();
    }
    let key: readonly [number, number] | null = null;
    if (isObject) {
      key = this.#string();
      this.#space();
      this.#expect(':');
      this.#space();
    }
    this.#value(key);
  }

  #value(key: readonly [number, number] | null): void {
    this.#space();
    const start = this.#at;
    const first = this.#text[start];
    if (first === '{' || first === '[') {
      const node = this.#add(first === '{' ? KIND.object : KIND.array, key, start);
      this.#at += 1;
      this.#open.push(node);
    } else if (first === '"') {
      const [, end] = this.#string();
      this.#finish(this.#add(KIND.string, key, start), end);
    } else {
      const kind = this.#matches(NUMBER) ? KIND.number : this.#matches(WORD) ? KIND.word : null;
      if (kind === null) throw new Broken(first === undefined ? 'the text ends here' : 'no value can begin like this');
      this.#finish(this.#add(kind, key, start), this.#at);
    }
  }

  /** @returns where it begins and ends, quotes included */
  #string(): readonly [number, number] {
    const start = this.#at;
    this.#expect('"');
    for (;;) {
      const quote = this.#text.indexOf('"', this.#at);
      if (quote === -1) {
        this.#at = start;
        throw new Broken('a text begins here and does not end');
      }
      let escapes = quote;
      while (escapes > this.#at && this.#text[escapes - 1] === '\\') escapes -= 1;
      this.#at = quote + 1;
      if ((quote - escapes) % 2 === 0) return [start, this.#at];
    }
  }

  #matches(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #space(): void {
    // Minified texts have none: not to be asked of a pattern for each value.
    if ((this.#text.charCodeAt(this.#at) || 0x7b) <= 0x20) this.#matches(SPACE);
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new Broken(`"${character}" should stand here`);
    this.#at += 1;
  }

  #add(kind: number, key: readonly [number, number] | null, start: number): number {
    const node = this.#count;
    if (node === this.#room) this.#grow();
    const columns = this.#columns;
    const parent = this.#open.at(-1) ?? -1;
    this.#count += 1;
    this.#kind[node] = kind;
    columns.start[node] = start;
    columns.keyStart[node] = key?.[0] ?? 0;
    columns.keyEnd[node] = key?.[1] ?? 0;
    columns.parent[node] = parent;
    columns.depth[node] = this.#open.length;
    if (parent >= 0) {
      columns.place[node] = columns.size[parent] as number;
      columns.size[parent] = (columns.size[parent] as number) + 1;
    }
    return node;
  }

  #finish(node: number, end: number): void {
    this.#columns.end[node] = end;
    this.#columns.after[node] = this.#count;
  }

  #close(): void {
    const node = this.#open.pop();
    if (node !== undefined) this.#finish(node, this.#at);
  }

  #grow(): void {
    this.#room *= 2;
    this.#kind = larger(this.#kind, new Uint8Array(this.#room));
    for (const name of COLUMNS) {
      const fresh = name === 'parent' ? new Int32Array(this.#room) : new Uint32Array(this.#room);
      this.#columns[name] = larger(this.#columns[name], fresh);
    }
  }

  #tape(problem: Tape['problem']): Tape {
    const cut = (name: (typeof COLUMNS)[number]): Uint32Array =>
      this.#columns[name].slice(0, this.#count) as Uint32Array;
    return {
      count: this.#count,
      kind: this.#kind.slice(0, this.#count),
      start: cut('start'),
      end: cut('end'),
      keyStart: cut('keyStart'),
      keyEnd: cut('keyEnd'),
      parent: this.#columns.parent.slice(0, this.#count) as Int32Array,
      after: cut('after'),
      depth: cut('depth'),
      size: cut('size'),
      place: cut('place'),
      problem,
    };
  }
}

function larger<T extends Column>(from: T, to: T): T {
  to.set(from);
  return to;
}
