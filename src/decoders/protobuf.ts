/** What a field holds. `struct` is google.protobuf.Struct: any JSON object. `bytes` are read as their length. */
export type ProtobufType =
  | 'string'
  | 'int'
  | 'bool'
  | 'double'
  | 'bytes'
  | 'struct'
  | { readonly enum: Readonly<Record<number, string>> }
  | { readonly message: ProtobufSchema };

export interface ProtobufField {
  /** Member of the JSON object. */
  readonly name: string;
  readonly type: ProtobufType;
  readonly repeated?: boolean;
  /** proto3 leaves zeros out: absent from a message that has any other field, it is 0. */
  readonly zero?: true;
}

/** A field that comes at most once. */
export function field(name: string, type: ProtobufType): ProtobufField {
  return { name, type };
}

/** A count that is 0 where it is absent. */
export function count(name: string): ProtobufField {
  return { name, type: 'int', zero: true };
}

/** A list of messages. */
export function list(name: string, message: ProtobufSchema): ProtobufField {
  return { name, type: { message }, repeated: true };
}

/** The fields worth reading of one message, by their numbers; all others are passed over. */
export type ProtobufSchema = Readonly<Record<number, ProtobufField>>;

/** One method of a gRPC service: what is worth reading of its messages. */
export interface GrpcMethod {
  readonly request: ProtobufSchema;
  readonly response: ProtobufSchema;
  /** The answer is a stream of messages. */
  readonly streams: boolean;
}

export interface ProtobufReading {
  /** In the names of the schema; what is absent on the wire is absent here. */
  value: Record<string, unknown>;
  /** False when the bytes are no protobuf message, or too deep: then `value` has what could be read. */
  intact: boolean;
}

const MAX_DEPTH = 32;

/**
 * Reads a protobuf message by a schema of the fields that are wanted. Never throws for what the bytes hold. Of a field
 * that comes twice the last counts, unless it is repeated (protobuf.dev, "Encoding").
 */
export function readProtobuf(bytes: Uint8Array, schema: ProtobufSchema): ProtobufReading {
  const state = { intact: true };
  return { value: readMessage(bytes, schema, state, 0), intact: state.intact };
}

interface State {
  intact: boolean;
}

/** The content of a field: an integer, or the bytes of the other wire types. */
type Content = number | Uint8Array;

function readMessage(bytes: Uint8Array, schema: ProtobufSchema, state: State, depth: number): Record<string, unknown> {
  const members = new Map<string, unknown>();
  const whole = eachField(bytes, (number, content) => {
    const field = Object.hasOwn(schema, number) ? schema[number] : undefined;
    if (field === undefined) return;
    const value = convert(field.type, content, state, depth);
    if (value === undefined) state.intact = false;
    else if (field.repeated !== true) members.set(field.name, value);
    else {
      const earlier = members.get(field.name);
      if (Array.isArray(earlier)) earlier.push(value);
      else members.set(field.name, [value]);
    }
  });
  if (!whole) state.intact = false;
  if (members.size > 0) addZeros(members, schema);
  return Object.fromEntries(members);
}

function addZeros(members: Map<string, unknown>, schema: ProtobufSchema): void {
  for (const { name, zero } of Object.values(schema)) {
    if (zero === true && !members.has(name)) members.set(name, 0);
  }
}

/** Undefined when the content is not of this type. */
function convert(type: ProtobufType, content: Content, state: State, depth: number): unknown {
  if (typeof content === 'number') return scalar(type, content);
  if (type === 'string') return text(content);
  if (type === 'bytes') return content.length;
  if (type === 'double') return content.length === 8 ? double(content) : undefined;
  if (depth >= MAX_DEPTH) return undefined;
  if (type === 'struct') return readStruct(content, state, depth + 1);
  const isMessage = typeof type === 'object' && 'message' in type;
  return isMessage ? readMessage(content, type.message, state, depth + 1) : undefined;
}

function scalar(type: ProtobufType, content: number): unknown {
  if (type === 'int') return content;
  if (type === 'bool') return content !== 0;
  return typeof type === 'object' && 'enum' in type ? (type.enum[content] ?? content) : undefined;
}

/**
 * Calls `visit` for each field outside of groups (which proto3 has not); false when the bytes are no message.
 * Integers over 2^53 lose their last digits: they are no counts.
 */
function eachField(bytes: Uint8Array, visit: (number: number, content: Content) => void): boolean {
  const cursor = { bytes, at: 0 };
  let groups = 0;
  while (cursor.at < bytes.length) {
    const tag = varint(cursor);
    const wire = tag % 8;
    if (tag > MAX_TAG || tag < 8) return false;
    if (wire === START_GROUP) groups += 1;
    else if (wire === END_GROUP) groups -= 1;
    else {
      const content = contentOf(wire, cursor);
      if (content === null) return false;
      if (groups === 0) visit(Math.floor(tag / 8), content);
    }
    if (groups < 0) return false;
  }
  return groups === 0;
}

const MAX_TAG = 0xffff_ffff;
const START_GROUP = 3;
const END_GROUP = 4;

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function contentOf(wire: number, cursor: Cursor): Content | null {
  if (wire === 0) {
    const value = varint(cursor);
    return Number.isNaN(value) ? null : value;
  }
  const length = wire === 2 ? varint(cursor) : (FIXED[wire] ?? Number.NaN);
  const end = cursor.at + length;
  // Also when NaN.
  if (!(end <= cursor.bytes.length)) return null;
  const content = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return content;
}

/** Lengths of the wire types that have a fixed one. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** NaN when it does not end. */
function varint(cursor: Cursor): number {
  let value = 0;
  for (let index = 0, factor = 1; index < 10; index += 1, factor *= 128) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) return Number.NaN;
    cursor.at += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  return Number.NaN;
}

// --- google/protobuf/struct.proto ---

function readStruct(bytes: Uint8Array, state: State, depth: number): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  const whole = eachField(bytes, (number, entry) => {
    if (number !== 1 || typeof entry === 'number') return;
    let key = '';
    let value: unknown = null;
    const entryIsWhole = eachField(entry, (part, content) => {
      if (typeof content === 'number') return;
      if (part === 1) key = text(content);
      else if (part === 2) value = readValue(content, state, depth);
    });
    if (!entryIsWhole) state.intact = false;
    entries.push([key, value]);
  });
  if (!whole) state.intact = false;
  // Not by assignment: a member may be called __proto__.
  return Object.fromEntries(entries);
}

function readValue(bytes: Uint8Array, state: State, depth: number): unknown {
  let value: unknown = null;
  if (depth >= MAX_DEPTH) {
    state.intact = false;
    return value;
  }
  const whole = eachField(bytes, (kind, content) => {
    if (typeof content === 'number') value = kind === 4 ? content !== 0 : null;
    else if (kind === 2 && content.length === 8) value = double(content);
    else if (kind === 3) value = text(content);
    else if (kind === 5) value = readStruct(content, state, depth + 1);
    else if (kind === 6) value = readList(content, state, depth + 1);
  });
  if (!whole) state.intact = false;
  return value;
}

function readList(bytes: Uint8Array, state: State, depth: number): unknown[] {
  const values: unknown[] = [];
  const whole = eachField(bytes, (number, content) => {
    if (number === 1 && typeof content !== 'number') values.push(readValue(content, state, depth));
  });
  if (!whole) state.intact = false;
  return values;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function double(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
}
