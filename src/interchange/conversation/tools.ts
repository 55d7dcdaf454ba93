import { isObject, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import type { ChatTool } from './chat.ts';

/** The functions that a request offers. Tools that the provider runs (web search, code) have no function to tell. */
export function toolsOf(request: JsonObject): ChatTool[] {
  return entriesOf(request).flatMap(toolsIn);
}

/** Those that the provider runs, by name or kind. */
export function hostedToolsOf(request: JsonObject): string[] {
  return entriesOf(request)
    .filter((entry) => toolsIn(entry).length === 0)
    .flatMap((entry) => stringAt(entry, 'name') ?? stringAt(entry, 'type') ?? Object.keys(entry).slice(0, 1));
}

function entriesOf(request: JsonObject): JsonObject[] {
  return [
    ...objectsAt(request, 'tools'),
    ...objectsAt(objectAt(request, 'toolConfig'), 'tools'),
    ...objectsAt(request, 'functions'),
  ];
}

function toolsIn(entry: JsonObject): ChatTool[] {
  const many = [...objectsAt(entry, 'functionDeclarations'), ...objectsAt(entry, 'function_declarations')];
  if (many.length > 0) return many.flatMap(toolOf);
  return toolOf(objectAt(entry, 'function') ?? objectAt(entry, 'toolSpec') ?? entry);
}

function toolOf(tool: JsonObject): ChatTool[] {
  const name = stringAt(tool, 'name');
  const parameters = parametersOf(tool);
  const description = stringAt(tool, 'description');
  if (name === null || (parameters === undefined && description === null)) return [];
  return [
    {
      type: 'function',
      function: {
        name,
        ...(description === null ? {} : { description }),
        ...(parameters === undefined ? {} : { parameters }),
      },
    },
  ];
}

/** A JSON schema, under the name that each dialect gave it. */
function parametersOf(tool: JsonObject): unknown {
  const converse = valueAt(objectAt(tool, 'inputSchema'), 'json');
  if (converse !== undefined) return converse;
  const definitions = objectAt(tool, 'parameter_definitions');
  if (definitions !== null) return schemaOf(definitions);
  return (
    valueAt(tool, 'parameters') ??
    valueAt(tool, 'input_schema') ??
    valueAt(tool, 'parametersJsonSchema') ??
    valueAt(tool, 'inputSchema')
  );
}

const PYTHON_TYPES: Readonly<Record<string, string>> = {
  str: 'string',
  int: 'integer',
  float: 'number',
  bool: 'boolean',
  list: 'array',
  dict: 'object',
};

/** Cohere before v2: a name, a type of Python's and whether it must be there. */
function schemaOf(definitions: JsonObject): JsonObject {
  const entries = Object.entries(definitions).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  const properties = Object.fromEntries(
    entries.map(([name, definition]) => {
      const type = stringAt(definition, 'type') ?? 'string';
      const rest = Object.entries(definition).filter(([member]) => member !== 'required');
      return [name, { ...Object.fromEntries(rest), type: PYTHON_TYPES[type.toLowerCase()] ?? type }];
    }),
  );
  const required = entries.filter(([, definition]) => valueAt(definition, 'required') === true).map(([name]) => name);
  return { type: 'object', properties, required };
}
