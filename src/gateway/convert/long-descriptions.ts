import type { Format, ModelRequest, Tool, Turn } from './model.ts';
import type { Notes } from './notes.ts';
import type { ToolNames } from './tool-names.ts';

/** Characters. Those of coding agents have ten times as many. */
const LONGEST = 1024;
/** They refuse a longer one; other servers of their formats do not. */
const STRICT: ReadonlySet<string> = new Set(['openai', 'azure-openai']);
const MORE = ' … (all of it: see the instructions)';

/** Descriptions of tools that OpenAI would refuse stand in the instructions, with their beginning at the tool. */
export function withShortDescriptions(
  request: ModelRequest,
  target: { format: Format; provider: string | null },
  names: ToolNames,
  notes: Notes,
): ModelRequest {
  if (target.format === 'anthropic-messages' || target.provider === null || !STRICT.has(target.provider))
    return request;
  const long = request.tools.filter(isLong);
  if (long.length === 0) return request;
  for (const { name } of long) notes.add('tool_description', name);
  return {
    ...request,
    tools: request.tools.map((tool) =>
      isLong(tool) ? { ...tool, description: beginningOf(tool.description ?? '') } : tool,
    ),
    turns: withInstructions(request.turns, long.map((tool) => sectionOf(tool, names)).join('\n\n')),
  };
}

function isLong({ description }: Tool): boolean {
  return (description?.length ?? 0) > LONGEST;
}

/** Up to the end of a word. */
function beginningOf(text: string): string {
  const cut = text.slice(0, LONGEST - MORE.length);
  return cut.replace(/\s+\S*$/, '') + MORE;
}

function sectionOf({ name, namespace, freeform, description }: Tool, names: ToolNames): string {
  return `# Tool ${names.target(name, namespace, freeform !== null)}\n\n${description ?? ''}`;
}

/** Behind those of the client. */
function withInstructions(turns: readonly Turn[], text: string): Turn[] {
  const first = turns.findIndex(({ role }) => role === 'user' || role === 'assistant');
  const at = first < 0 ? turns.length : first;
  return [...turns.slice(0, at), { role: 'system', parts: [{ kind: 'text', text }] }, ...turns.slice(at)];
}
