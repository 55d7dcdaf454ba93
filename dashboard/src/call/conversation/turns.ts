/** A conversation as turns to be shown: calls of tools and what they gave stand together. Pure. */
import type { Conversation, ViewMessage, ViewPart } from '../../api/shapes.ts';

export type ToolCallPart = Extract<ViewPart, { type: 'tool_call' }>;
export type ToolResultPart = Extract<ViewPart, { type: 'tool_result' }>;
export type PlainPart = Exclude<ViewPart, ToolCallPart | ToolResultPart>;

/** Where a part stands: to get the whole of a text that was cut on its way here. */
export interface PartPlace {
  /** Index among the messages; null = in the answer. */
  message: number | null;
  /** Indices from the message's parts downwards. */
  path: readonly number[];
}

export type Block =
  | { kind: 'part'; key: string; part: PlainPart; place: PartPlace }
  | {
      kind: 'tool';
      key: string;
      /** `null`: what asked for it is not in this call (any more). */
      call: { part: ToolCallPart; place: PartPlace } | null;
      /** `null`: nothing came back so far. */
      result: { part: ToolResultPart; place: PartPlace } | null;
      /** The result stands further down, where it is new. */
      isAnsweredLater: boolean;
    };

export interface Turn {
  key: string;
  role: ViewMessage['role'];
  name: string | null;
  /** Index among the messages; null = the answer of this call. */
  index: number | null;
  /** Place in the request's own list, 0 = first; null = beside it. */
  place: number | null;
  tokens: number | null;
  chars: number;
  blocks: Block[];
  /** Said for the first time in this call; null = nobody knows. */
  isNew: boolean | null;
}

export interface Told {
  /** System prompts that stand before everything else. */
  system: Turn[];
  /** What stands before that which the reader came for. */
  past: Turn[];
  /** What the past is to this call; null = nobody knows. */
  pastIs: 'unchanged' | 'first_seen' | null;
  /** What is said for the first time, the answer at the end. */
  fresh: Turn[];
}

type Asked = { part: ToolCallPart; place: PartPlace };

/** A conversation that begins with more than these was held elsewhere before: its end is what the reader came for. */
export const MOST_OPEN = 12;

export function turnsOf({ messages, answer, new_from: newFrom }: Conversation): Told {
  const isFirstSeen = newFrom === 0 && messages.length > MOST_OPEN;
  const from = newFrom === null || isFirstSeen ? lastOfUser(messages) : newFrom;
  const pairs = pairsOf(messages, from);
  const all = messages.map((message, index) =>
    turnOf(message, index, pairs, newFrom === null ? null : index >= newFrom),
  );
  const systems = all.findIndex(({ role }) => !isInstruction(role));
  const head = systems === -1 ? all.length : systems;
  const last = answer === null ? [] : [turnOf(answer, null, NO_PAIRS, true)];
  return {
    system: all.slice(0, head),
    past: all.slice(head, Math.max(head, from)).filter(isShown),
    pastIs: newFrom === null ? null : isFirstSeen ? 'first_seen' : 'unchanged',
    fresh: [...all.slice(Math.max(head, from)).filter(isShown), ...last],
  };
}

/** Not when all of it stands with the calls that it answers. */
function isShown({ blocks }: Turn): boolean {
  return blocks.length > 0;
}

function isInstruction(role: ViewMessage['role']): boolean {
  return role === 'system' || role === 'developer';
}

/** Where nobody knows what is new, the reader is most likely after the last question. */
function lastOfUser(messages: readonly ViewMessage[]): number {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  return last === -1 ? 0 : last;
}

interface Pairs {
  /** By the id of the call: where it was asked. */
  asked: ReadonlyMap<string, Asked>;
  /** By the id of the call: its result, and the index of the message that brought it. */
  results: ReadonlyMap<string, { part: ToolResultPart; place: PartPlace; at: number }>;
  /** Index of the first new message: a new result stands where it came, not with a call of the past. */
  from: number;
}

const NO_PAIRS: Pairs = { asked: new Map(), results: new Map(), from: 0 };

function pairsOf(messages: readonly ViewMessage[], from: number): Pairs {
  const asked = new Map<string, Asked>();
  const results = new Map<string, { part: ToolResultPart; place: PartPlace; at: number }>();
  for (const [at, { parts }] of messages.entries()) {
    for (const [index, part] of parts.entries()) {
      const place = { message: at, path: [index] };
      if (part.type === 'tool_call' && !asked.has(part.id)) asked.set(part.id, { part, place });
      if (part.type === 'tool_result' && !results.has(part.id)) results.set(part.id, { part, place, at });
    }
  }
  return { asked, results, from };
}

function turnOf(message: ViewMessage, index: number | null, pairs: Pairs, isNew: boolean | null): Turn {
  const key = index === null ? 'answer' : `m${index}`;
  const blocks = message.parts.flatMap((part, at): Block[] => {
    const place = { message: index, path: [at] };
    const blockKey = `${key}.${at}`;
    switch (part.type) {
      case 'tool_call':
        return [callBlock(blockKey, { part, place }, pairs)];
      case 'tool_result':
        return resultBlock(blockKey, { part, place }, pairs);
      case 'text':
      case 'thinking':
      case 'image':
      case 'audio':
      case 'file':
        return [{ kind: 'part', key: blockKey, part, place }];
    }
  });
  const { role, name, tokens, chars } = message;
  const isTools =
    role === 'user' && message.parts.length > 0 && message.parts.every(({ type }) => type === 'tool_result');
  return { key, role: isTools ? 'tool' : role, name, index, place: message.place, tokens, chars, blocks, isNew };
}

function callBlock(key: string, call: Asked, { results, from }: Pairs): Block {
  const result = results.get(call.part.id);
  const at = call.place.message;
  const isLater = result !== undefined && at !== null && at < from && result.at >= from;
  return {
    kind: 'tool',
    key,
    call,
    result: result === undefined || isLater ? null : { part: result.part, place: result.place },
    isAnsweredLater: isLater,
  };
}

/** Nothing where it stands with its call already. */
function resultBlock(key: string, result: { part: ToolResultPart; place: PartPlace }, pairs: Pairs): Block[] {
  const { asked, results, from } = pairs;
  const call = asked.get(result.part.id) ?? null;
  const at = result.place.message ?? 0;
  const isFirst = results.get(result.part.id)?.part === result.part;
  const isWithCall = call !== null && isFirst && !((call.place.message ?? 0) < from && at >= from);
  if (isWithCall) return [];
  return [{ kind: 'tool', key, call: isFirst ? call : null, result, isAnsweredLater: false }];
}

/** All that is said in a block, for finding. */
export function textsOf(block: Block): string[] {
  if (block.kind === 'part') return partTexts(block.part);
  const { call, result } = block;
  return [...(call === null ? [] : partTexts(call.part)), ...(result === null ? [] : partTexts(result.part))];
}

function partTexts(part: ViewPart): string[] {
  switch (part.type) {
    case 'text':
    case 'thinking':
      return [part.text];
    case 'tool_call':
      return [part.name, part.arguments];
    case 'tool_result':
      return part.parts.flatMap(partTexts);
    case 'image':
    case 'audio':
    case 'file':
      return [part.name ?? '', part.ref ?? ''];
  }
}

export function isErrorBlock(block: Block): boolean {
  return block.kind === 'tool' && block.result?.part.is_error === true;
}

/** Some text of it was cut on its way here. */
export function isCut(part: ViewPart): boolean {
  switch (part.type) {
    case 'text':
    case 'thinking':
      return part.text.length < part.chars;
    case 'tool_call':
      return part.name.length + part.arguments.length < part.chars;
    case 'tool_result':
      return part.parts.some(isCut);
    case 'image':
    case 'audio':
    case 'file':
      return false;
  }
}
