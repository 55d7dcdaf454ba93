/** What was said, cut down to what one request of a protocol can hold. */
import { type ChatMessage, type ChatPart, isInstruction } from '../interchange/conversation/chat.ts';
import type { Said } from '../interchange/said.ts';

export interface FittedSaid {
  said: Said;
  /** Messages, tools and texts that were left out. */
  omitted: number;
  /** Texts that are not whole, and media that are named only. */
  cut: number;
}

/** Characters of one text where all are too long together. */
const MAX_TEXT = 65_536;
/** Characters of a picture or sound in base64. */
const MAX_MEDIA = 32_000;

/**
 * The answer stays, then instructions, tools (up to a third), and the newest messages. The same again for the same.
 * @param limit bytes of all of it as JSON, about
 */
export function fittedSaid(said: Said, limit: number): FittedSaid {
  const state = { cut: 0 };
  const light = { ...said, input: said.input.map((message) => withoutMedia(message, state)) };
  const whole = mapTexts(light, legible) as Said;
  if (sizeOf(whole) <= limit) return { said: whole, omitted: 0, cut: state.cut };
  const short = mapTexts(whole, (text) => shortened(text, state)) as Said;
  return { ...chosen(short, limit), cut: state.cut };
}

function chosen(said: Said, limit: number): Omit<FittedSaid, 'cut'> {
  const budget = { left: limit };
  const answer = said.answer !== null && taken(said.answer, budget) ? said.answer : null;
  const settings = taken(said.settings, budget) ? said.settings : {};
  const texts = firstOf(said.texts, budget);
  const kept = new Set<ChatMessage>(firstOf(said.input.filter(isInstruction), budget));
  const forTools = { left: Math.min(budget.left, limit / 3) };
  const before = forTools.left;
  const tools = firstOf(said.tools, forTools);
  budget.left -= before - forTools.left;
  const turns = said.input.filter((message) => !isInstruction(message)).reverse();
  for (const message of firstOf(turns, budget)) kept.add(message);
  const input = said.input.filter((message) => kept.has(message));
  const fitted = { input, answer, tools, settings, texts };
  return { said: fitted, omitted: countOf(said) - countOf(fitted) };
}

interface Budget {
  left: number;
}

function taken(value: unknown, budget: Budget): boolean {
  const size = sizeOf(value);
  if (size > budget.left) return false;
  budget.left -= size;
  return true;
}

/** Those in front of the first that does not fit. */
function firstOf<T>(values: readonly T[], budget: Budget): T[] {
  const end = values.findIndex((value) => !taken(value, budget));
  return end === -1 ? [...values] : values.slice(0, end);
}

function countOf({ input, answer, tools, texts }: Said): number {
  return input.length + (answer === null ? 0 : 1) + tools.length + texts.length;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Halves of characters and NUL: receivers refuse the first, and many a database behind them the second. */
function legible(text: string): string {
  return text.replaceAll(/[\p{Surrogate}\0]/gu, '\ufffd');
}

function shortened(text: string, state: { cut: number }): string {
  if (text.length <= MAX_TEXT) return text;
  state.cut += 1;
  return legible(`${text.slice(0, MAX_TEXT)}... [${text.length - MAX_TEXT} more characters]`);
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((member) => mapTexts(member, change));
  if (typeof value !== 'object' || value === null) return value;
  const members: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(members.map(([name, member]) => [legible(name), mapTexts(member, change)]));
}

function withoutMedia(message: ChatMessage, state: { cut: number }): ChatMessage {
  const { content } = message;
  if (content === null || typeof content === 'string') return message;
  return { ...message, content: content.map((part) => lightPart(part, state)) };
}

function lightPart(part: ChatPart, state: { cut: number }): ChatPart {
  const data = dataOf(part);
  if (data === null || data.length <= MAX_MEDIA) return part;
  state.cut += 1;
  const kind = part.type === 'image_url' ? 'image' : part.type === 'input_audio' ? 'audio' : 'file';
  return { type: 'text', text: `[${kind}: ${data.length} characters of base64, left out]` };
}

function dataOf(part: ChatPart): string | null {
  switch (part.type) {
    case 'text':
      return null;
    case 'image_url':
      return part.image_url.url;
    case 'input_audio':
      return part.input_audio.data;
    case 'file':
      return part.file.file_data ?? null;
  }
}
