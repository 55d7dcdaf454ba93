/** A call as a request to Anthropic's Messages API. Throws RefusedError. */
import type { JsonObject } from '../../../providers/families/json.ts';
import type { ModelRequest, Tool, ToolChoice, Turn } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { noteBlank } from '../reading.ts';
import { claudeVersion } from '../reasoning.ts';
import type { ToolNames } from '../tool-names.ts';
import { type AnthropicBlock, blocksOf, isText } from './write-blocks.ts';
import { thinkingOf } from './write-thinking.ts';

/** Where the client sets no limit, which Anthropic demands. */
const DEFAULT_MAX_TOKENS = 8192;
/** From here on models take no `temperature`, `top_p` and `top_k`. */
const WITHOUT_SAMPLING = 407;
/** The longest that it takes. */
const MAX_TEMPERATURE = 1;

export function writeRequest(request: ModelRequest, names: ToolNames, notes: Notes): JsonObject {
  const { turns, model, stop, user } = request;
  for (const name of request.shared.keys()) notes.add('member', name);
  if (request.verbosity !== null) notes.add('member', 'verbosity');
  const tools = allowedTools(request);
  const choice = writeToolChoice(request, tools, names, notes);
  const thinking = thinkingOf(request, notes);
  return {
    ...(model === null ? {} : { model }),
    max_tokens: maxTokensOf(request, thinking.budget, notes),
    ...writeSystem(turns, notes),
    messages: writeMessages(turns, names, notes),
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => writeTool(tool, names, notes)) }),
    ...(choice === null ? {} : { tool_choice: choice }),
    ...writeSampling(request, thinking.budget !== null, notes),
    ...(stop.length === 0 ? {} : { stop_sequences: stop }),
    ...thinking.members,
    ...writeOutputConfig(request, thinking.effort, notes),
    ...(user === null ? {} : { metadata: { user_id: user } }),
    ...(request.stream ? { stream: true } : {}),
  };
}

function maxTokensOf({ maxTokens }: ModelRequest, budget: number | null, notes: Notes): number {
  if (maxTokens === null) {
    notes.add('max_tokens', 'max_tokens');
    return DEFAULT_MAX_TOKENS + (budget ?? 0);
  }
  // Thoughts count as well, and must leave room for an answer.
  return budget === null || maxTokens > budget ? maxTokens : maxTokens + budget;
}

function writeSystem(turns: readonly Turn[], notes: Notes): JsonObject {
  const first = turns.findIndex(({ role }) => role === 'user' || role === 'assistant');
  const texts = turns.flatMap(({ role, parts }, index) => {
    if (role !== 'system' && role !== 'developer') return [];
    if (first >= 0 && index > first) notes.add('system_moved', `messages[${index}]`);
    return parts.flatMap((part) =>
      part.kind === 'text' ? (noteBlank(part.text, 'system', notes) ? [] : [part.text]) : refuse('part', 'system'),
    );
  });
  return texts.length === 0 ? {} : { system: texts.join('\n\n') };
}

interface AnthropicMessage {
  role: 'user' | 'assistant';
  content: AnthropicBlock[];
}

/** Turns of one speaker are one message: the results of parallel calls must stand together. */
function writeMessages(turns: readonly Turn[], names: ToolNames, notes: Notes): JsonObject[] {
  const messages: AnthropicMessage[] = [];
  for (const [index, { role, parts }] of turns.entries()) {
    if (role !== 'user' && role !== 'assistant') continue;
    const content = blocksOf(parts, names, `messages[${index}]`, notes);
    const last = messages.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content });
  }
  if (messages.length === 0) refuse('messages', 'messages');
  if (messages[0]?.role === 'assistant') {
    notes.add('user_turn_added', 'messages[0]');
    messages.unshift({ role: 'user', content: [{ type: 'text', text: '.' }] });
  }
  return messages.map(({ role, content }) => ({ role, content: role === 'user' ? resultsFirst(content) : content }));
}

/** Anthropic wants them at the beginning of the message behind the calls. */
function resultsFirst(content: readonly AnthropicBlock[]): string | readonly AnthropicBlock[] {
  const [only] = content;
  if (content.length === 1 && isText(only)) return only.text;
  const results = content.filter(({ type }) => type === 'tool_result');
  return results.length === 0 ? content : [...results, ...content.filter(({ type }) => type !== 'tool_result')];
}

function writeTool(tool: Tool, names: ToolNames, notes: Notes): JsonObject {
  if (tool.freeform !== null) notes.add('freeform_tool', tool.name);
  return {
    name: names.target(tool.name, tool.namespace, tool.freeform !== null),
    ...(tool.description === null ? {} : { description: tool.description }),
    input_schema: tool.parameters,
    ...(tool.strict === true ? { strict: true } : {}),
  };
}

/** A choice among some of the tools is a choice among all of a shorter list. */
function allowedTools({ tools, toolChoice }: ModelRequest): readonly Tool[] {
  if (toolChoice?.kind !== 'allowed') return tools;
  return tools.filter(({ name }) => toolChoice.names.includes(name));
}

function writeToolChoice(
  { toolChoice, parallelTools }: ModelRequest,
  tools: readonly Tool[],
  names: ToolNames,
  notes: Notes,
): JsonObject | null {
  if (toolChoice === null && parallelTools !== false) return null;
  if (tools.length === 0) {
    if (toolChoice !== null && toolChoice.kind !== 'none') notes.add('tool_choice_without_tools', 'tool_choice');
    return null;
  }
  const choice = choiceOf(toolChoice ?? { kind: 'auto' }, names);
  if (choice['type'] === 'none' || parallelTools === null) return choice;
  return parallelTools ? choice : { ...choice, disable_parallel_tool_use: true };
}

function choiceOf(choice: ToolChoice, names: ToolNames): JsonObject {
  switch (choice.kind) {
    case 'auto':
    case 'none':
      return { type: choice.kind };
    case 'required':
      return { type: 'any' };
    case 'tool':
      return { type: 'tool', name: names.chosen(choice.name, choice.freeform) };
    case 'allowed':
      return { type: choice.required ? 'any' : 'auto' };
  }
}

function writeSampling(request: ModelRequest, thinks: boolean, notes: Notes): JsonObject {
  const { temperature, topP, topK, model } = request;
  const asked = { temperature, top_p: topP, top_k: topK };
  const given = Object.entries(asked).filter((entry): entry is [string, number] => entry[1] !== null);
  // With a budget to think, nothing but the default is taken.
  if (thinks || (claudeVersion(model) ?? 0) >= WITHOUT_SAMPLING) {
    for (const [name, value] of given) if (value !== 1 || name === 'top_k') notes.add('sampling', name);
    return {};
  }
  if (temperature !== null && temperature > MAX_TEMPERATURE) notes.add('temperature', 'temperature');
  return Object.fromEntries(
    given.map(([name, value]) => [name, name === 'temperature' ? Math.min(value, MAX_TEMPERATURE) : value]),
  );
}

function writeOutputConfig({ output }: ModelRequest, effort: string | null, notes: Notes): JsonObject {
  if (output?.kind === 'json') notes.add('json_output', 'response_format');
  const format = output?.kind === 'schema' ? { format: { type: 'json_schema', schema: output.schema } } : {};
  const config = { ...(effort === null ? {} : { effort }), ...format };
  return Object.keys(config).length === 0 ? {} : { output_config: config };
}
