/** A request to Anthropic's Messages API as a call. Throws RefusedError. */
import { isObject, numberAt, objectAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { account, type Members } from '../members.ts';
import type { ModelRequest, OutputShape, Reasoning, Tool, ToolChoice, Turn } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { booleanAt, listAt, requiredText, schemaOf, textsAt } from '../reading.ts';
import { effortOf } from '../reasoning.ts';
import { partsOf } from './read-parts.ts';

export const REQUEST_MEMBERS: Members = {
  model: 'read',
  messages: 'read',
  system: 'read',
  tools: 'read',
  tool_choice: 'read',
  max_tokens: 'read',
  temperature: 'read',
  top_p: 'read',
  top_k: 'read',
  stop_sequences: 'read',
  stream: 'read',
  thinking: 'read',
  output_config: 'read',
  output_format: 'read',
  metadata: 'read',
  // The version of the API as Bedrock and Vertex have it: in the body.
  anthropic_version: 'nothing',
  cache_control: { lost: 'cache_control' },
  container: { refused: 'stored_state' },
  mcp_servers: { refused: 'hosted_tool' },
};

const TOOL_MEMBERS: Members = {
  name: 'read',
  type: 'read',
  description: 'read',
  input_schema: 'read',
  strict: 'read',
  cache_control: { lost: 'cache_control' },
};

/** Tools that Anthropic runs itself. */
const HOSTED = /^(?:web_search|web_fetch|code_execution|tool_search_tool|mcp_toolset|advisor)/;

export function readRequest(body: JsonObject, notes: Notes): ModelRequest {
  account(body, REQUEST_MEMBERS, 'member', '', notes);
  const tools = readTools(body, notes);
  return {
    model: stringAt(body, 'model'),
    turns: readTurns(body, notes),
    tools,
    ...readToolChoice(body, tools),
    maxTokens: numberAt(body, 'max_tokens'),
    temperature: numberAt(body, 'temperature'),
    topP: numberAt(body, 'top_p'),
    topK: numberAt(body, 'top_k'),
    stop: textsAt(body, 'stop_sequences'),
    output: readOutput(body),
    verbosity: null,
    reasoning: readReasoning(body),
    user: readUser(body, notes),
    shared: new Map(),
    stream: valueAt(body, 'stream') === true,
    includeUsage: true,
  };
}

function readUser(body: JsonObject, notes: Notes): string | null {
  const metadata = objectAt(body, 'metadata');
  if (metadata === null) return null;
  account(metadata, { user_id: 'read' }, 'member', 'metadata', notes);
  return stringAt(metadata, 'user_id');
}

function readTurns(body: JsonObject, notes: Notes): Turn[] {
  const turns: Turn[] = [];
  const system = partsOf(valueAt(body, 'system'), 'system', notes);
  if (system.length > 0) turns.push({ role: 'system', parts: system });
  for (const { value: message, at } of listAt(body, 'messages')) {
    account(message, { role: 'read', content: 'read' }, 'message_member', at, notes);
    turns.push({ role: roleOf(message, at), parts: partsOf(valueAt(message, 'content'), `${at}.content`, notes) });
  }
  return turns;
}

function roleOf(message: JsonObject, at: string): Turn['role'] {
  const role = requiredText(message, 'role', at);
  return role === 'user' || role === 'assistant' || role === 'system' ? role : refuse('role', `${at}.role`);
}

function readTools(body: JsonObject, notes: Notes): Tool[] {
  const hosted: string[] = [];
  const tools = listAt(body, 'tools').flatMap(({ value: tool, at }): Tool[] => {
    const type = stringAt(tool, 'type') ?? 'custom';
    if (HOSTED.test(type)) {
      hosted.push(at);
      return [];
    }
    if (type !== 'custom') refuse('tool', at);
    account(tool, TOOL_MEMBERS, 'tool_member', at, notes);
    return [
      {
        name: requiredText(tool, 'name', at),
        namespace: null,
        description: stringAt(tool, 'description'),
        parameters: schemaOf(valueAt(tool, 'input_schema')),
        strict: booleanAt(tool, 'strict'),
        freeform: null,
      },
    ];
  });
  const [first] = hosted;
  if (first !== undefined && tools.length === 0) refuse('hosted_tool', first);
  for (const at of hosted) notes.add('hosted_tool', at);
  return tools;
}

function readToolChoice(body: JsonObject, tools: readonly Tool[]): Pick<ModelRequest, 'toolChoice' | 'parallelTools'> {
  const choice = objectAt(body, 'tool_choice');
  const disabled = booleanAt(choice, 'disable_parallel_tool_use');
  return {
    toolChoice: choice === null ? null : toolChoiceOf(choice, tools),
    parallelTools: disabled === null ? null : !disabled,
  };
}

function toolChoiceOf(choice: JsonObject, tools: readonly Tool[]): ToolChoice {
  switch (valueAt(choice, 'type')) {
    case 'auto':
      return { kind: 'auto' };
    case 'any':
      return { kind: 'required' };
    case 'none':
      return { kind: 'none' };
    case 'tool': {
      const name = requiredText(choice, 'name', 'tool_choice');
      if (tools.every((tool) => tool.name !== name)) refuse('tool_choice', 'tool_choice.name');
      return { kind: 'tool', name, freeform: false };
    }
    default:
      return refuse('tool_choice', 'tool_choice.type');
  }
}

/** `output_format` is what `output_config.format` was called before. */
function readOutput(body: JsonObject): OutputShape | null {
  const format = objectAt(objectAt(body, 'output_config'), 'format') ?? objectAt(body, 'output_format');
  const schema = valueAt(format, 'schema');
  return isObject(schema) ? { kind: 'schema', name: null, description: null, schema, strict: true } : null;
}

function readReasoning(body: JsonObject): Reasoning | null {
  const thinking = objectAt(body, 'thinking');
  const effort = effortOf(stringAt(objectAt(body, 'output_config'), 'effort'));
  const type = stringAt(thinking, 'type');
  if (type === 'disabled') return { effort: 'none', budget: null, shown: false };
  if (type === null && effort === null) return null;
  const display = stringAt(thinking, 'display');
  return {
    effort,
    budget: type === 'enabled' ? numberAt(thinking, 'budget_tokens') : null,
    shown: type === null ? false : display !== 'omitted',
  };
}
