/**
 * Where the tokens of a call went, about: the provider states one number for the whole input, and texts have their share
 * of it by their length. What a picture costs is what is left when the texts are taken at a common rate.
 */
import type { Usage } from '../../core/usage.ts';
import type { Sized, ViewMessage, ViewPart, ViewTool } from './view.ts';

/** Tokens, about; null = the provider stated nothing. */
export interface Shares {
  input: Record<Category, number> | null;
  /** Of the input: what was said for the first time. */
  new: number | null;
  output: Record<'text' | 'thinking' | 'tool_calls', number> | null;
}

type Category = 'system' | 'tools' | 'user' | 'assistant' | 'thinking' | 'tool_calls' | 'tool_results' | 'media';

export interface Shared {
  messages: readonly ViewMessage[];
  tools: readonly ViewTool[];
  answer: ViewMessage | null;
  /** Index of the first message that is new; null = unknown. */
  newFrom: number | null;
}

/** Of mixed prose, code and JSON; used where pictures take a part of the input that nobody states. */
const TOKENS_PER_CHARACTER = 0.27;

/** Writes `tokens` into what it is given. */
export function shareOut(
  view: Shared,
  usage: Pick<Usage, 'input_tokens' | 'output_tokens' | 'reasoning_tokens'>,
): Shares {
  const input = shareInput(view, usage.input_tokens);
  const output = view.answer === null ? null : shareOutput(view.answer, usage.output_tokens, usage.reasoning_tokens);
  const fresh = view.newFrom === null ? null : view.messages.slice(view.newFrom);
  return { input, new: input === null || fresh === null ? null : sumOf(fresh), output };
}

function shareInput({ messages, tools }: Shared, stated: number | null): Shares['input'] {
  if (stated === null) return null;
  const pieces = messages.flatMap(({ parts }) => parts);
  const chars = sum([...pieces, ...tools], 'chars');
  const media = pieces.flatMap(mediaIn);
  const most = chars === 0 ? 0 : stated / chars;
  const rate = media.length === 0 ? most : Math.min(most, TOKENS_PER_CHARACTER);
  const each = media.length === 0 ? 0 : Math.max(0, stated - rate * chars) / media.length;
  const shares = { ...NOTHING };
  for (const tool of tools) shares.tools += set(tool, tool.chars * rate);
  for (const message of messages) {
    message.tokens = 0;
    for (const part of message.parts) message.tokens += shareOf(part, message, rate, each, shares);
  }
  return rounded(shares);
}

const NOTHING: Readonly<Record<Category, number>> = {
  system: 0,
  tools: 0,
  user: 0,
  assistant: 0,
  thinking: 0,
  tool_calls: 0,
  tool_results: 0,
  media: 0,
};

function shareOf(
  part: ViewPart,
  message: ViewMessage,
  rate: number,
  perMedia: number,
  shares: Record<Category, number>,
): number {
  switch (part.type) {
    case 'tool_result': {
      const inner = mediaIn(part);
      for (const piece of part.parts) set(piece, isMedia(piece) ? perMedia : piece.chars * rate);
      shares.media += inner.length * perMedia;
      shares.tool_results += part.chars * rate;
      return set(part, part.chars * rate + inner.length * perMedia);
    }
    case 'image':
    case 'audio':
    case 'file':
      shares.media += perMedia;
      return set(part, perMedia);
    case 'thinking':
      shares.thinking += part.chars * rate;
      return set(part, part.chars * rate);
    case 'tool_call':
      shares.tool_calls += part.chars * rate;
      return set(part, part.chars * rate);
    case 'text':
      shares[speakerOf(message)] += part.chars * rate;
      return set(part, part.chars * rate);
  }
}

function speakerOf({ role }: ViewMessage): Category {
  if (role === 'system' || role === 'developer') return 'system';
  return role === 'tool' ? 'tool_results' : role;
}

function mediaIn(part: ViewPart): ViewPart[] {
  if (part.type === 'tool_result') return part.parts.flatMap(mediaIn);
  return isMedia(part) ? [part] : [];
}

function isMedia({ type }: ViewPart): boolean {
  return type === 'image' || type === 'audio' || type === 'file';
}

/** Reasoning that is stated is the thoughts', whether they can be read or not. */
function shareOutput(answer: ViewMessage, stated: number | null, reasoning: number | null): Shares['output'] {
  if (stated === null) return null;
  const thoughts = answer.parts.filter(({ type }) => type === 'thinking');
  const said = answer.parts.filter(({ type }) => type !== 'thinking');
  const [thoughtChars, saidChars] = [sum(thoughts, 'chars'), sum(said, 'chars')];
  const isStated = reasoning !== null && reasoning <= stated;
  const all = thoughtChars + saidChars;
  const thinking = isStated ? reasoning : all === 0 ? 0 : (stated * thoughtChars) / all;
  const shares = { text: 0, thinking, tool_calls: 0 };
  for (const part of thoughts) set(part, thoughtChars === 0 ? 0 : (thinking * part.chars) / thoughtChars);
  for (const part of said) {
    const tokens = set(part, saidChars === 0 ? 0 : ((stated - thinking) * part.chars) / saidChars);
    if (part.type === 'tool_call') shares.tool_calls += tokens;
    else shares.text += tokens;
  }
  answer.tokens = stated;
  return rounded(shares);
}

function set(sized: Sized, tokens: number): number {
  sized.tokens = Math.round(tokens);
  return sized.tokens;
}

function sum(all: readonly Sized[], member: 'chars' | 'tokens'): number {
  return all.reduce((total, sized) => total + (sized[member] ?? 0), 0);
}

function sumOf(messages: readonly ViewMessage[]): number {
  return sum(messages, 'tokens');
}

function rounded<T extends string>(shares: Record<T, number>): Record<T, number> {
  return Object.fromEntries(
    Object.entries<number>(shares).map(([name, tokens]) => [name, Math.round(tokens)]),
  ) as Record<T, number>;
}
