/** A request to OpenAI's Responses API as a call. Throws RefusedError. */
import { numberAt, objectAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { account, type Members, sharedMembers } from '../members.ts';
import type { ModelRequest, OutputShape, Reasoning, ToolChoice } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { booleanAt, listAt } from '../reading.ts';
import { effortOf } from '../reasoning.ts';
import { readItems } from './read-items.ts';
import { readTools } from './read-tools.ts';

export const REQUEST_MEMBERS: Members = {
  model: 'read',
  input: 'read',
  instructions: 'read',
  tools: 'read',
  tool_choice: 'read',
  parallel_tool_calls: 'read',
  max_output_tokens: 'read',
  temperature: 'read',
  top_p: 'read',
  stream: 'read',
  reasoning: 'read',
  text: 'read',
  user: 'read',
  include: 'read',
  truncation: 'read',
  metadata: 'read',
  service_tier: 'read',
  store: 'read',
  prompt_cache_key: 'read',
  safety_identifier: 'read',
  // Padding against listeners.
  stream_options: 'nothing',
  previous_response_id: { refused: 'stored_state' },
  conversation: { refused: 'stored_state' },
  prompt: { refused: 'stored_state' },
  background: { refused: 'background' },
};

export function readRequest(body: JsonObject, notes: Notes): ModelRequest {
  account(body, REQUEST_MEMBERS, 'member', '', notes);
  // The other value is the default.
  if (valueAt(body, 'truncation') === 'auto') notes.add('member', 'truncation');
  noteIncluded(body, notes);
  const tools = readTools(body, notes);
  return {
    model: stringAt(body, 'model'),
    turns: readItems(body, notes),
    tools,
    toolChoice: readToolChoice(body),
    parallelTools: booleanAt(body, 'parallel_tool_calls'),
    maxTokens: numberAt(body, 'max_output_tokens'),
    temperature: numberAt(body, 'temperature'),
    topP: numberAt(body, 'top_p'),
    topK: null,
    stop: [],
    output: readOutput(body),
    verbosity: stringAt(objectAt(body, 'text'), 'verbosity'),
    reasoning: readReasoning(body, notes),
    user: stringAt(body, 'user'),
    shared: sharedMembers(body),
    stream: valueAt(body, 'stream') === true,
    includeUsage: true,
  };
}

/** Most of it is about tools that are not there; thoughts that only their provider reads are given anyway. */
function noteIncluded(body: JsonObject, notes: Notes): void {
  const included = valueAt(body, 'include');
  if (Array.isArray(included) && included.includes('message.output_text.logprobs')) notes.add('member', 'include');
}

function readToolChoice(body: JsonObject): ToolChoice | null {
  const choice = valueAt(body, 'tool_choice');
  if (choice === undefined || choice === null) return null;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice };
  const type = stringAt(choice, 'type');
  if (type === 'allowed_tools') {
    const allowed = objectAt(body, 'tool_choice') ?? {};
    const names = listAt(allowed, 'tools', 'tool_choice').flatMap(({ value }) => stringAt(value, 'name') ?? []);
    return { kind: 'allowed', names, required: valueAt(choice, 'mode') === 'required' };
  }
  const name = stringAt(choice, 'name');
  if (name === null || (type !== 'function' && type !== 'custom')) return refuse('tool_choice', 'tool_choice');
  return { kind: 'tool', name, freeform: type === 'custom' };
}

function readOutput(body: JsonObject): OutputShape | null {
  const format = objectAt(objectAt(body, 'text'), 'format');
  switch (stringAt(format, 'type')) {
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema':
      return {
        kind: 'schema',
        name: stringAt(format, 'name'),
        description: stringAt(format, 'description'),
        schema: valueAt(format, 'schema') ?? {},
        strict: booleanAt(format, 'strict'),
      };
    default:
      return null;
  }
}

function readReasoning(body: JsonObject, notes: Notes): Reasoning | null {
  const reasoning = objectAt(body, 'reasoning');
  if (reasoning === null) return null;
  const known: Members = { effort: 'read', summary: 'read', generate_summary: 'read' };
  account(reasoning, known, 'member', 'reasoning', notes);
  const effort = effortOf(stringAt(reasoning, 'effort'));
  const summary = stringAt(reasoning, 'summary') ?? stringAt(reasoning, 'generate_summary');
  // A wish to see thoughts is none to think.
  return effort === null && summary === null ? null : { effort, budget: null, shown: summary !== null };
}
