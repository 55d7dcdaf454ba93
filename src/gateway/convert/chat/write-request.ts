/** A call as a request for a chat completion. Throws RefusedError. */
import type { JsonObject } from '../../../providers/families/json.ts';
import { statesUsageUnasked } from '../../include-usage.ts';
import type { ModelRequest, OutputShape, Tool, ToolChoice } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { effortFor, isOpenAiReasoner, levelFor, takesEffort } from '../reasoning.ts';
import { openAiSampling, openAiUser } from '../sampling.ts';
import type { ToolNames } from '../tool-names.ts';
import { writeMessages } from './write-messages.ts';

/** Of the members that both of OpenAI's formats have, those that servers of all makers know. */
const SHARED_KEPT: ReadonlySet<string> = new Set(['service_tier']);

/** @param provider of the target, by its host; null = unknown */
export function writeRequest(
  request: ModelRequest,
  names: ToolNames,
  notes: Notes,
  provider: string | null,
): JsonObject {
  const { model, tools, stop, output } = request;
  const messages = writeMessages(request.turns, names, notes);
  if (messages.length === 0) refuse('messages', 'messages');
  return {
    ...(model === null ? {} : { model }),
    messages,
    ...writeTools(request, names, notes),
    ...writeLimits(request, notes),
    ...(stop.length === 0 ? {} : { stop }),
    ...writeReasoning(request, notes),
    ...(output === null ? {} : { response_format: formatOf(output) }),
    ...writeVerbosity(request, notes),
    ...writeUser(request, provider, notes),
    ...sharedOf(request, notes),
    ...writeStream(request, provider),
    ...(tools.length > 0 && request.parallelTools !== null ? { parallel_tool_calls: request.parallelTools } : {}),
  };
}

function sharedOf({ shared }: ModelRequest, notes: Notes): JsonObject {
  for (const name of shared.keys()) if (!SHARED_KEPT.has(name)) notes.add('member', name);
  return Object.fromEntries([...shared].filter(([name]) => SHARED_KEPT.has(name)));
}

function writeLimits(request: ModelRequest, notes: Notes): JsonObject {
  const { model, maxTokens } = request;
  const limit = isOpenAiReasoner(model) ? 'max_completion_tokens' : 'max_tokens';
  return { ...(maxTokens === null ? {} : { [limit]: maxTokens }), ...openAiSampling(request, notes) };
}

function writeReasoning({ reasoning, model }: ModelRequest, notes: Notes): JsonObject {
  if (reasoning === null) return {};
  if (reasoning.shown !== null && reasoning.effort !== 'none') notes.add('reasoning_summary', 'reasoning');
  const effort = effortFor(reasoning);
  if (effort === null) return {};
  if (!takesEffort(model)) {
    notes.add('reasoning_untold', 'reasoning');
    return {};
  }
  const level = levelFor(effort, model);
  if (reasoning.effort !== level) notes.add('reasoning_effort', 'reasoning');
  return { reasoning_effort: level };
}

/** Known to OpenAI's newest alone. */
function writeVerbosity({ verbosity, model }: ModelRequest, notes: Notes): JsonObject {
  if (verbosity === null) return {};
  if (isOpenAiReasoner(model)) return { verbosity };
  notes.add('member', 'verbosity');
  return {};
}

/** Mistral refuses members that it does not know. */
function writeUser(request: ModelRequest, provider: string | null, notes: Notes): JsonObject {
  if (provider !== 'mistral') return openAiUser(request, notes);
  if (request.user !== null) notes.add('member', 'user');
  return {};
}

/** Without it, most servers say nothing of the usage of a stream; the others may not know it. */
function writeStream({ stream }: ModelRequest, provider: string | null): JsonObject {
  if (!stream) return {};
  return statesUsageUnasked(provider) ? { stream: true } : { stream: true, stream_options: { include_usage: true } };
}

function formatOf(output: OutputShape): JsonObject {
  if (output.kind === 'json') return { type: 'json_object' };
  const { name, description, schema, strict } = output;
  return {
    type: 'json_schema',
    json_schema: {
      name: name ?? 'answer',
      ...(description === null ? {} : { description }),
      schema,
      ...(strict === null ? {} : { strict }),
    },
  };
}

function writeTools({ tools, toolChoice }: ModelRequest, names: ToolNames, notes: Notes): JsonObject {
  if (tools.length === 0) {
    if (toolChoice !== null && toolChoice.kind !== 'none') notes.add('tool_choice_without_tools', 'tool_choice');
    return {};
  }
  const allowed = toolChoice?.kind === 'allowed' ? tools.filter(({ name }) => toolChoice.names.includes(name)) : tools;
  return {
    tools: allowed.map((tool) => writeTool(tool, names, notes)),
    ...(toolChoice === null ? {} : { tool_choice: choiceOf(toolChoice, names) }),
  };
}

function writeTool(tool: Tool, names: ToolNames, notes: Notes): JsonObject {
  if (tool.freeform !== null) notes.add('freeform_tool', tool.name);
  return {
    type: 'function',
    function: {
      name: names.target(tool.name, tool.namespace, tool.freeform !== null),
      ...(tool.description === null ? {} : { description: tool.description }),
      parameters: tool.parameters,
      ...(tool.strict === null ? {} : { strict: tool.strict }),
    },
  };
}

function choiceOf(choice: ToolChoice, names: ToolNames): unknown {
  if (choice.kind === 'tool') {
    return { type: 'function', function: { name: names.chosen(choice.name, choice.freeform) } };
  }
  if (choice.kind !== 'allowed') return choice.kind;
  return choice.required ? 'required' : 'auto';
}
