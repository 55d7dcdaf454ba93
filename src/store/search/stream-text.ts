/**
 * What a stream of events says: the pieces of text that it comes in, joined again. No dialect is known here. The events
 * are the JSON objects in it, whatever stands between them (SSE, lines, an array, binary frames); members that stand at
 * the same place of the same type of event are one text.
 */
import { endOfString, isGrammar, valueText } from './json-text.ts';

interface Member {
  text: string;
  /** How often it came while it was always the same. */
  repeats: number;
  constant: boolean;
}

const MAX_DEPTH = 16;
/** Events of a stream that are read; the rest is left out. */
const MAX_EVENTS = 50_000;
const MAX_MEMBERS = 5000;
/** UTF-16 units of one text. */
const MAX_TEXT = 1_000_000;
/** From so many characters on, a text that begins with all that came before is the text so far, not a part of it. */
const MIN_CUMULATIVE = 8;
/** An answer of the Responses API repeats these of its request, three times over. */
const ECHOED: ReadonlySet<string> = new Set(['instructions', 'tools']);
const ID = /(?:^|_)id$|Id$/;
/** Padding beside `bytes` or a delta, against measuring the length of words. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** @param body decoded; bytes that are no UTF-8 may be in it */
export function streamText(body: string): string {
  const members = new Map<string, Member>();
  const ids = new Set<string>();
  const plain: string[] = [];
  let events = 0;
  for (const piece of piecesOf(body)) {
    if (typeof piece === 'string') plain.push(piece);
    else if ((events += 1) <= MAX_EVENTS) addEvent(piece, members, ids);
  }
  const said = new Set<string>();
  for (const member of members.values()) {
    const text = valueText(textOf(member), 2).trim();
    if (text !== '') said.add(text);
  }
  const loose = events === 0 && plain.length === 0 ? body : plain.join('');
  return [...said, ...ids, valueText(loose, 0)].join('\n').trim();
}

const DATA_LINE = /^data: ?(.+)$/gm;

/** JSON objects at the top, and the text of `data:` lines that hold none. */
function* piecesOf(body: string): Generator<object | string, void, undefined> {
  let at = 0;
  for (;;) {
    const open = body.indexOf('{', at);
    const gap = body.slice(at, open < 0 ? body.length : open);
    for (const line of gap.matchAll(DATA_LINE)) {
      const [whole, data = ''] = line;
      const isBeforeObject = open >= 0 && line.index + whole.length === gap.length;
      if (!isBeforeObject && data.trim() !== '[DONE]') yield data;
    }
    if (open < 0) return;
    const end = endOfObject(body, open);
    // Cut, or no JSON: nothing behind it is an object of the top either.
    if (end < 0) return;
    const value = parsed(body.slice(open, end));
    if (value !== null) yield value;
    at = end;
  }
}

const STRUCTURE = /["{}]/g;

function endOfObject(body: string, open: number): number {
  let depth = 0;
  STRUCTURE.lastIndex = open;
  for (let found = STRUCTURE.exec(body); found !== null; found = STRUCTURE.exec(body)) {
    if (found[0] === '{') depth += 1;
    else if (found[0] === '}') {
      depth -= 1;
      if (depth === 0) return found.index + 1;
    } else {
      const close = endOfString(body, found.index + 1);
      if (close >= body.length) return -1;
      STRUCTURE.lastIndex = close + 1;
    }
  }
  return -1;
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function addEvent(event: object, members: Map<string, Member>, ids: Set<string>): void {
  const inner = wrapped(event);
  const type = Reflect.get(inner, 'type');
  const scope = ['output_index', 'content_index', 'index'].map((name) => {
    const place: unknown = Reflect.get(inner, name);
    return typeof place === 'number' ? place : '';
  });
  walk(inner, `${typeof type === 'string' ? type : ''}/${scope.join('/')}`, 0, members, ids);
}

/** Bedrock's frames hold the model's own event in base64. */
function wrapped(event: object): object {
  const bytes: unknown = Reflect.get(event, 'bytes');
  if (typeof bytes !== 'string' || !BASE64.test(bytes)) return event;
  return parsed(Buffer.from(bytes, 'base64').toString('utf8')) ?? event;
}

function walk(node: object, path: string, depth: number, members: Map<string, Member>, ids: Set<string>): void {
  if (depth > MAX_DEPTH) return;
  for (const [name, value] of Object.entries(node)) {
    const isItem = Array.isArray(node);
    if (!isItem && (isGrammar(name) || (ECHOED.has(name) && depth > 0))) continue;
    if (typeof value === 'string') {
      if (ID.test(name)) ids.add(value);
      else if (value !== '') addText(`${path}.${name}`, value, members);
    } else if (isObject(value)) {
      walk(value, `${path}.${isItem ? placeOf(value, name) : name}`, depth + 1, members, ids);
    }
  }
}

/** Parallel calls of tools come in turn, each with its own number; thoughts stand beside the answer. */
function placeOf(item: object, position: string): string {
  const index: unknown = Reflect.get(item, 'index');
  const thought = Reflect.get(item, 'thought') === true ? 'thought' : '';
  return `${typeof index === 'number' ? index : position}${thought}`;
}

function addText(key: string, value: string, members: Map<string, Member>): void {
  const member = members.get(key);
  if (member === undefined) {
    if (members.size < MAX_MEMBERS) members.set(key, { text: value, repeats: 1, constant: true });
    return;
  }
  if (member.constant && value === member.text) {
    member.repeats += 1;
    return;
  }
  if (value.length > member.text.length && member.text.length >= MIN_CUMULATIVE && value.startsWith(member.text)) {
    member.text = value;
    return;
  }
  if (member.constant) member.text = member.text.repeat(Math.min(member.repeats, 1 + MAX_TEXT / member.text.length));
  member.constant = false;
  if (member.text.length < MAX_TEXT) member.text += value;
}

/** What never changed over the stream is a name or a state: once is enough. */
function textOf({ text }: Member): string {
  return text.slice(0, MAX_TEXT);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
