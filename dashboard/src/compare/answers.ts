/** What two answers are made of, so that like stands beside like. Pure. */
import type { ViewPart } from '../api/shapes.ts';

export interface ToolPair {
  name: string;
  /** Arguments; `null` = that side does not call it. */
  before: unknown;
  after: unknown;
}

type ToolCallPart = Extract<ViewPart, { type: 'tool_call' }>;

export function textOf(parts: readonly ViewPart[], kind: 'text' | 'thinking'): string {
  return parts.flatMap((part) => (part.type === kind ? [part.text] : [])).join('\n\n');
}

/** The first call of a name on one side and the first of it on the other, and so on. */
export function pairedCalls(first: readonly ViewPart[], second: readonly ViewPart[]): ToolPair[] {
  const left = second.filter(isCall);
  const pairs = first.filter(isCall).map((call): ToolPair => {
    const at = left.findIndex(({ name }) => name === call.name);
    const [other] = at === -1 ? [] : left.splice(at, 1);
    return { name: call.name, before: argumentsOf(call), after: other === undefined ? null : argumentsOf(other) };
  });
  return [...pairs, ...left.map((call): ToolPair => ({ name: call.name, before: null, after: argumentsOf(call) }))];
}

function isCall(part: ViewPart): part is ToolCallPart {
  return part.type === 'tool_call';
}

/** What is no JSON is held against the other as a text. */
function argumentsOf({ arguments: text }: ToolCallPart): unknown {
  try {
    return (JSON.parse(text) as unknown) ?? 'null';
  } catch {
    return text;
  }
}
