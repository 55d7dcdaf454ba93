/** Where the tokens of a session went, added up from answers that come piece by piece. Pure. */
import type { TokenShares } from '../api/shapes.ts';

export interface Use {
  key: string;
  name: string;
  tokens: number;
  colour: string;
}

type Sums = Pick<
  TokenShares,
  'calls' | 'unread' | 'unstated' | 'input' | 'new' | 'known_input' | 'output' | 'tool_results'
>;

export function addShares(sum: Sums | null, more: Sums): Sums {
  if (sum === null) return more;
  return {
    calls: sum.calls + more.calls,
    unread: sum.unread + more.unread,
    unstated: sum.unstated + more.unstated,
    input: added(sum.input, more.input),
    new: sum.new + more.new,
    known_input: sum.known_input + more.known_input,
    output: added(sum.output, more.output),
    tool_results: merged(sum.tool_results, more.tool_results),
  };
}

function added<T extends string>(a: Record<T, number>, b: Record<T, number>): Record<T, number> {
  return Object.fromEntries(Object.keys(a).map((name) => [name, a[name as T] + b[name as T]])) as Record<T, number>;
}

function merged(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sums = new Map(Object.entries(a));
  for (const [name, tokens] of Object.entries(b)) sums.set(name, (sums.get(name) ?? 0) + tokens);
  return Object.fromEntries(sums);
}

/** The largest first; what there is nothing of is left out. */
export function usesOf({ input, output }: Sums): Use[] {
  const uses: Use[] = [
    { key: 'system', name: 'system prompt', tokens: input.system, colour: 'var(--series-cache-write)' },
    { key: 'tools', name: 'tool definitions', tokens: input.tools, colour: 'var(--series-cache-read)' },
    { key: 'user', name: 'words of the user', tokens: input.user, colour: 'var(--accent)' },
    {
      key: 'history',
      name: 'what the model had said',
      tokens: input.assistant + input.thinking,
      colour: 'var(--series-reasoning)',
    },
    { key: 'tool_calls', name: 'calls of tools, sent again', tokens: input.tool_calls, colour: 'var(--faint)' },
    { key: 'tool_results', name: 'results of tools', tokens: input.tool_results, colour: 'var(--series-input)' },
    { key: 'media', name: 'pictures, sounds, files', tokens: input.media, colour: 'var(--series-media)' },
    {
      key: 'output',
      name: 'output',
      tokens: output.text + output.thinking + output.tool_calls,
      colour: 'var(--series-output)',
    },
  ];
  return uses.filter(({ tokens }) => tokens > 0).toSorted((a, b) => b.tokens - a.tokens);
}
