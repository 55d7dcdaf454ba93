import { stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { account, type Members } from '../members.ts';
import type { Tool } from '../model.ts';
import { type Notes, refuse } from '../notes.ts';
import { booleanAt, FREEFORM_SCHEMA, listAt, requiredText, schemaOf } from '../reading.ts';

const TOOL_MEMBERS: Members = {
  type: 'read',
  name: 'read',
  description: 'read',
  parameters: 'read',
  strict: 'read',
  format: 'read',
  tools: 'read',
};

/** Tools that OpenAI runs itself. */
const HOSTED =
  /^(?:web_search|file_search|code_interpreter|image_generation|mcp|tool_search|programmatic_tool_calling)/;

export function readTools(body: JsonObject, notes: Notes): Tool[] {
  const hosted: string[] = [];
  const tools = listAt(body, 'tools').flatMap(({ value, at }): Tool[] => {
    const type = stringAt(value, 'type') ?? '';
    if (type === 'namespace') return readNamespace(value, at, notes);
    if (type === 'function' || type === 'custom') return [readTool(value, null, at, notes)];
    if (!HOSTED.test(type)) refuse('tool', at);
    hosted.push(at);
    return [];
  });
  const [first] = hosted;
  if (first !== undefined && tools.length === 0) refuse('hosted_tool', first);
  for (const at of hosted) notes.add('hosted_tool', at);
  return tools;
}

function readNamespace(namespace: JsonObject, at: string, notes: Notes): Tool[] {
  const name = requiredText(namespace, 'name', at);
  return listAt(namespace, 'tools', at).map(({ value, at: place }) => readTool(value, name, place, notes));
}

function readTool(tool: JsonObject, namespace: string | null, at: string, notes: Notes): Tool {
  account(tool, TOOL_MEMBERS, 'tool_member', at, notes);
  const isFreeform = valueAt(tool, 'type') === 'custom';
  return {
    name: requiredText(tool, 'name', at),
    namespace,
    description: stringAt(tool, 'description'),
    parameters: isFreeform ? FREEFORM_SCHEMA : schemaOf(valueAt(tool, 'parameters')),
    strict: booleanAt(tool, 'strict'),
    freeform: isFreeform ? { format: valueAt(tool, 'format') } : null,
  };
}
