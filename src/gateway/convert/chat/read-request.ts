/** A request for a chat completion as a call. Throws RefusedError. */
import { numberAt, objectAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { account, type Members, sharedMembers } from '../members.ts';
import type { ModelRequest, OutputShape, Reasoning, Tool, ToolChoice } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { booleanAt, FREEFORM_SCHEMA, listAt, requiredText, schemaOf, textsAt } from '../reading.ts';
import { effortOf } from '../reasoning.ts';
import { readMessages } from './read-messages.ts';

export const REQUEST_MEMBERS: Members = {
  model: 'read',
  messages: 'read',
  tools: 'read',
  tool_choice: 'read',
  parallel_tool_calls: 'read',
  max_tokens: 'read',
  max_completion_tokens: 'read',
  temperature: 'read',
  top_p: 'read',
  // Not OpenAI's, but of most servers that people run themselves.
  top_k: 'read',
  stop: 'read',
  stream: 'read',
  stream_options: 'read',
  response_format: 'read',
  reasoning_effort: 'read',
  // OpenRouter's.
  reasoning: 'read',
  verbosity: 'read',
  user: 'read',
  metadata: 'read',
  service_tier: 'read',
  store: 'read',
  prompt_cache_key: 'read',
  safety_identifier: 'read',
  // Padding, and one answer in text, are what is given anyway.
  n: 'read',
  modalities: 'read',
  audio: { refused: 'audio' },
  functions: { refused: 'functions' },
  function_call: { refused: 'functions' },
  web_search_options: { refused: 'hosted_tool' },
};

export function readRequest(body: JsonObject, notes: Notes): ModelRequest {
  account(body, REQUEST_MEMBERS, 'member', '', notes);
  if ((numberAt(body, 'n') ?? 1) > 1) refuse('several_answers', 'n');
  const modalities = valueAt(body, 'modalities');
  if (Array.isArray(modalities) && modalities.some((modality) => modality !== 'text')) refuse('audio', 'modalities');
  const tools = readTools(body, notes);
  return {
    model: stringAt(body, 'model'),
    turns: readMessages(body, notes),
    tools,
    toolChoice: readToolChoice(body, tools),
    parallelTools: booleanAt(body, 'parallel_tool_calls'),
    maxTokens: numberAt(body, 'max_completion_tokens') ?? numberAt(body, 'max_tokens'),
    temperature: numberAt(body, 'temperature'),
    topP: numberAt(body, 'top_p'),
    topK: numberAt(body, 'top_k'),
    stop: textsAt(body, 'stop'),
    output: readOutput(body),
    verbosity: stringAt(body, 'verbosity'),
    reasoning: readReasoning(body),
    user: stringAt(body, 'user'),
    shared: sharedMembers(body),
    stream: valueAt(body, 'stream') === true,
    includeUsage: valueAt(objectAt(body, 'stream_options'), 'include_usage') === true,
  };
}

const TOOL_MEMBERS: Members = { type: 'read', function: 'read', custom: 'read' };
const FUNCTION_MEMBERS: Members = {
  name: 'read',
  description: 'read',
  parameters: 'read',
  strict: 'read',
  format: 'read',
};

function readTools(body: JsonObject, notes: Notes): Tool[] {
  return listAt(body, 'tools').map(({ value: tool, at }) => {
    const custom = objectAt(tool, 'custom');
    const inner = custom ?? objectAt(tool, 'function') ?? refuse('tool', at);
    account(tool, TOOL_MEMBERS, 'tool_member', at, notes);
    account(inner, FUNCTION_MEMBERS, 'tool_member', `${at}.function`, notes);
    return {
      name: requiredText(inner, 'name', at),
      namespace: null,
      description: stringAt(inner, 'description'),
      parameters: custom === null ? schemaOf(valueAt(inner, 'parameters')) : FREEFORM_SCHEMA,
      strict: booleanAt(inner, 'strict'),
      freeform: custom === null ? null : { format: formatOfCustom(custom) },
    };
  });
}

/** The grammar lies one level deeper here than in the Responses API. */
function formatOfCustom(custom: JsonObject): unknown {
  const format = objectAt(custom, 'format');
  const grammar = objectAt(format, 'grammar');
  return grammar === null ? (format ?? undefined) : { type: 'grammar', ...grammar };
}

function readToolChoice(body: JsonObject, tools: readonly Tool[]): ToolChoice | null {
  const choice = valueAt(body, 'tool_choice');
  if (choice === undefined || choice === null) return null;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice };
  // Mistral's word.
  if (choice === 'any') return { kind: 'required' };
  const allowed = objectAt(choice, 'allowed_tools');
  if (allowed !== null) {
    const names = listAt(allowed, 'tools', 'tool_choice.allowed_tools').map(({ value, at }) => nameOf(value, at));
    return { kind: 'allowed', names, required: valueAt(allowed, 'mode') === 'required' };
  }
  const name = nameOf(choice, 'tool_choice');
  const tool = tools.find((each) => each.name === name) ?? refuse('tool_choice', 'tool_choice');
  return { kind: 'tool', name, freeform: tool.freeform !== null };
}

function nameOf(choice: unknown, at: string): string {
  return stringAt(objectAt(choice, 'function') ?? objectAt(choice, 'custom'), 'name') ?? refuse('tool_choice', at);
}

function readOutput(body: JsonObject): OutputShape | null {
  const format = objectAt(body, 'response_format');
  switch (stringAt(format, 'type')) {
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema': {
      const inner = objectAt(format, 'json_schema');
      return {
        kind: 'schema',
        name: stringAt(inner, 'name'),
        description: stringAt(inner, 'description'),
        schema: valueAt(inner, 'schema') ?? {},
        strict: booleanAt(inner, 'strict'),
      };
    }
    default:
      return null;
  }
}

/** OpenAI's level, or OpenRouter's object with a level or a budget. */
function readReasoning(body: JsonObject): Reasoning | null {
  const own = objectAt(body, 'reasoning');
  const effort = effortOf(stringAt(body, 'reasoning_effort') ?? stringAt(own, 'effort'));
  const budget = numberAt(own, 'max_tokens');
  const isOn = effort !== null || budget !== null || valueAt(own, 'enabled') === true;
  return isOn ? { effort, budget, shown: null } : null;
}
