/** A call as a request to OpenAI's Responses API. Throws RefusedError. */
import type { JsonObject } from '../../../providers/families/json.ts';
import type { ModelRequest, OutputShape, Tool, ToolChoice } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { effortFor, levelFor, takesEffort } from '../reasoning.ts';
import { openAiSampling, openAiUser } from '../sampling.ts';
import type { ToolNames } from '../tool-names.ts';
import { writeItems } from './write-items.ts';

/** The least that it takes. */
const LEAST_TOKENS = 16;

export function writeRequest(request: ModelRequest, names: ToolNames, notes: Notes): JsonObject {
  const { model, stop, stream, shared } = request;
  if (stop.length > 0) refuse('stop', 'stop');
  const { instructions, items } = writeItems(request.turns, names, notes);
  if (items.length === 0) refuse('messages', 'messages');
  return {
    ...(model === null ? {} : { model }),
    ...(instructions === null ? {} : { instructions }),
    input: items,
    ...writeTools(request, names, notes),
    ...writeLimit(request, notes),
    ...openAiSampling(request, notes),
    ...writeReasoning(request, notes),
    ...writeText(request),
    ...openAiUser(request, notes),
    // It keeps answers unless it is told not to; the client's format does not.
    store: false,
    ...Object.fromEntries(shared),
    ...(stream ? { stream: true } : {}),
  };
}

function writeLimit({ maxTokens }: ModelRequest, notes: Notes): JsonObject {
  if (maxTokens === null) return {};
  if (maxTokens < LEAST_TOKENS) notes.add('least_tokens', 'max_output_tokens');
  return { max_output_tokens: Math.max(maxTokens, LEAST_TOKENS) };
}

/** Thoughts come back to the model in the next request, as what only OpenAI can read. */
function writeReasoning({ reasoning, model }: ModelRequest, notes: Notes): JsonObject {
  if (!takesEffort(model)) {
    if (reasoning !== null && effortFor(reasoning) !== null) notes.add('reasoning_untold', 'reasoning');
    return {};
  }
  const include = reasoning?.effort === 'none' ? {} : { include: ['reasoning.encrypted_content'] };
  if (reasoning === null) return include;
  const asked = effortFor(reasoning);
  const effort = asked === null ? null : levelFor(asked, model);
  if (effort !== reasoning.effort) notes.add('reasoning_effort', 'reasoning');
  const wish = {
    ...(effort === null ? {} : { effort }),
    ...(reasoning.shown === true ? { summary: 'auto' } : {}),
  };
  return { ...(Object.keys(wish).length === 0 ? {} : { reasoning: wish }), ...include };
}

function writeText({ output, verbosity }: ModelRequest): JsonObject {
  const text = {
    ...(output === null ? {} : { format: formatOf(output) }),
    ...(verbosity === null ? {} : { verbosity }),
  };
  return Object.keys(text).length === 0 ? {} : { text };
}

function formatOf(output: OutputShape): JsonObject {
  if (output.kind === 'json') return { type: 'json_object' };
  const { name, description, schema, strict } = output;
  return {
    type: 'json_schema',
    name: name ?? 'answer',
    ...(description === null ? {} : { description }),
    schema,
    ...(strict === null ? {} : { strict }),
  };
}

function writeTools(request: ModelRequest, names: ToolNames, notes: Notes): JsonObject {
  const { tools, toolChoice, parallelTools } = request;
  if (tools.length === 0) {
    if (toolChoice !== null && toolChoice.kind !== 'none') notes.add('tool_choice_without_tools', 'tool_choice');
    return {};
  }
  return {
    tools: tools.map((tool) => writeTool(tool, names)),
    ...(toolChoice === null ? {} : { tool_choice: choiceOf(toolChoice, tools, names) }),
    ...(parallelTools === null ? {} : { parallel_tool_calls: parallelTools }),
  };
}

function writeTool(tool: Tool, names: ToolNames): JsonObject {
  const name = names.target(tool.name, tool.namespace, tool.freeform !== null);
  const description = tool.description === null ? {} : { description: tool.description };
  if (tool.freeform !== null) {
    const { format } = tool.freeform;
    return { type: 'custom', name, ...description, ...(format === undefined ? {} : { format }) };
  }
  // Strict is the default here, and nowhere else.
  return { type: 'function', name, ...description, parameters: tool.parameters, strict: tool.strict ?? false };
}

function choiceOf(choice: ToolChoice, tools: readonly Tool[], names: ToolNames): unknown {
  const named = (name: string): JsonObject => {
    const isFreeform = tools.some((tool) => tool.name === name && tool.freeform !== null);
    return { type: isFreeform ? 'custom' : 'function', name: names.chosen(name, isFreeform) };
  };
  if (choice.kind === 'tool') return named(choice.name);
  if (choice.kind !== 'allowed') return choice.kind;
  return { type: 'allowed_tools', mode: choice.required ? 'required' : 'auto', tools: choice.names.map(named) };
}
