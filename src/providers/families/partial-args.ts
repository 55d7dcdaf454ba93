import { isObject, valueAt, type JsonObject } from './json.ts';

/** Characters that may still be kept; shared by all calls of an answer. */
export interface Room {
  left: number;
}

type Container = Record<string, unknown> | unknown[];
type Path = readonly (string | number)[];

/**
 * Arguments of a function call that come leaf by leaf: `{jsonPath: '$.a[0].b', stringValue: 'x', willContinue: true}`.
 * Never throws, whatever the paths are: what fits nowhere is left out.
 * Source: google/cloud/aiplatform/v1beta1/tool.proto, `PartialArg`.
 */
export class PartialArgs {
  readonly #args: Record<string, unknown> = {};
  /** Those made here. What a message brought whole is not ours to write into. */
  readonly #own = new WeakSet<object>([this.#args]);
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  /** Members that are stated whole; the last stated wins. */
  assign(args: JsonObject): void {
    for (const [name, value] of Object.entries(args)) {
      const size = name.length + JSON.stringify(value).length;
      if (this.#take(size)) define(this.#args, name, value);
    }
  }

  add(partial: JsonObject): void {
    const value = leafOf(partial);
    const path = value === undefined ? null : parsePath(valueAt(partial, 'jsonPath') ?? valueAt(partial, 'json_path'));
    if (value === undefined || path === null) return;
    let at: Container = this.#args;
    for (const [depth, key] of path.entries()) {
      // A name in a list, or an index in an object.
      if (Array.isArray(at) !== (typeof key === 'number')) return;
      const next = path[depth + 1];
      if (next === undefined) return this.#setLeaf(at, key, value);
      const child = this.#child(at, key, typeof next === 'number');
      if (child === null) return;
      at = child;
    }
  }

  json(): string {
    return JSON.stringify(this.#args);
  }

  /**
   * A text is what its pieces are together. `willContinue` of the piece before is not asked: clients of Google's append
   * as well, and what the model called is what they make of it.
   */
  #setLeaf(at: Container, key: string | number, value: string | number | boolean | null): void {
    const known = ownValue(at, key);
    if (isContainer(known)) return;
    const size = typeof value === 'string' ? value.length : SCALAR;
    if (!this.#make(at, key, known, size)) return;
    define(at, key, typeof value === 'string' && typeof known === 'string' ? known + value : value);
  }

  #child(at: Container, key: string | number, isList: boolean): Container | null {
    const known = ownValue(at, key);
    if (isContainer(known) && this.#own.has(known)) return known;
    // Null is also what fills the gaps of a list.
    if (!isContainer(known) && known !== undefined && known !== null) return null;
    if (!this.#make(at, key, known, SCALAR)) return null;
    const made = isContainer(known) ? copyOf(known) : isList ? [] : {};
    this.#own.add(made);
    define(at, key, made);
    return made;
  }

  /** Makes room for a member, and in a list for those before it. */
  #make(at: Container, key: string | number, known: unknown, size: number): boolean {
    if (known !== undefined) return this.#take(size);
    if (typeof key === 'string' || !Array.isArray(at)) return this.#take(size + String(key).length);
    const gap = Math.max(0, key - at.length);
    if (gap > MAX_GAP || !this.#take(size + gap * SCALAR)) return false;
    for (let index = 0; index < gap; index += 1) at.push(null);
    return true;
  }

  #take(size: number): boolean {
    if (size > this.#room.left) return false;
    this.#room.left -= size;
    return true;
  }
}

/** What a number or a container is counted as; characters. */
const SCALAR = 8;
/** Elements of a list that nobody has said anything of. Models write lists from their beginning. */
const MAX_GAP = 1000;
const MAX_PATH = 4096;
const MAX_DEPTH = 64;

function isContainer(value: unknown): value is Container {
  return isObject(value) || Array.isArray(value);
}

function copyOf(container: Container): Container {
  return Array.isArray(container) ? [...container] : { ...container };
}

function ownValue(at: Container, key: string | number): unknown {
  return Object.hasOwn(at, key) ? (at as Record<string | number, unknown>)[key] : undefined;
}

/** Not by assignment: a member may be called __proto__. */
function define(at: Container, key: string | number, value: unknown): void {
  Object.defineProperty(at, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Undefined: none is stated, as for an empty list. `nullValue` is null itself in the JSON of protobuf. */
function leafOf(partial: JsonObject): string | number | boolean | null | undefined {
  const text = valueAt(partial, 'stringValue') ?? valueAt(partial, 'string_value');
  if (typeof text === 'string') return text;
  const number = valueAt(partial, 'numberValue') ?? valueAt(partial, 'number_value');
  if (typeof number === 'number') return Number.isFinite(number) ? number : undefined;
  const bool = valueAt(partial, 'boolValue') ?? valueAt(partial, 'bool_value');
  if (typeof bool === 'boolean') return bool;
  const isNull = valueAt(partial, 'nullValue') !== undefined || valueAt(partial, 'null_value') !== undefined;
  return isNull ? null : undefined;
}

const SEGMENT = /\.([^.[\]*]+)|\[\s*(?:(\d{1,10})|'((?:[^'\\]|\\[^])*)'|"((?:[^"\\]|\\[^])*)")\s*\]/y;

/** Null: it names nothing, or more than one place (RFC 9535 has wildcards, slices and filters). */
function parsePath(path: unknown): Path | null {
  if (typeof path !== 'string' || path.length > MAX_PATH) return null;
  const rest = path.startsWith('$') ? path.slice(1) : /^[.[]/.test(path) ? path : `.${path}`;
  const segments: (string | number)[] = [];
  for (SEGMENT.lastIndex = 0; SEGMENT.lastIndex < rest.length;) {
    const found = SEGMENT.exec(rest);
    if (found === null || segments.length >= MAX_DEPTH) return null;
    segments.push(segmentOf(found));
  }
  return segments.length === 0 ? null : segments;
}

function segmentOf([, name, index, single, double]: RegExpExecArray): string | number {
  return index === undefined ? (name ?? unescaped(single ?? double ?? '')) : Number(index);
}

const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescaped(name: string): string {
  return name.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, code: string | undefined, char: string | undefined) =>
    code === undefined ? (CONTROLS[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
