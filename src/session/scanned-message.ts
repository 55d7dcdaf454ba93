/** A message that is too long to be parsed, or no JSON: its ids are looked for. */

export interface ReadMessage {
  /** True: what the model said in an earlier answer. */
  isModel: boolean;
  /** True: the user (or a tool) speaks, not the system. */
  isUser: boolean;
  texts: string[];
  /** Ids of the tool calls that it repeats, and their names. */
  toolCalls: { id: string | null; name: string | null }[];
  toolResults: { id: string | null; name: string | null; isError: boolean | null }[];
}

export const MODEL_ROLES: ReadonlySet<string> = new Set(['assistant', 'model', 'chatbot', 'ai']);
export const SYSTEM_ROLES: ReadonlySet<string> = new Set(['system', 'developer']);

export function emptyMessage(): ReadMessage {
  return { isModel: false, isUser: false, texts: [], toolCalls: [], toolResults: [] };
}

const CALL_IDS = /"(?:id|call_id|toolUseId)"\s{0,8}:\s{0,8}"((?:toolu|call|tooluse|fc)_[\w-]{1,200})"/g;
const RESULT_IDS = /"(?:tool_use_id|tool_call_id|call_id|toolUseId)"\s{0,8}:\s{0,8}"([^"\\]{1,200})"/g;
const HAS_ERROR = /"is_error"\s{0,8}:\s{0,8}true/;
const ROLE = /"role"\s{0,8}:\s{0,8}"(\w{1,20})"/;
const MAX_IDS = 1000;
const FIRST_TEXT = /"(?:text|content)"\s{0,8}:\s{0,8}"((?:[^"\\]|\\.){1,4000})/;

/** A key with its quotes cannot stand inside a JSON text: what is found is a member, though maybe not of this level. */
export function scanMessage(text: string): ReadMessage {
  const message = emptyMessage();
  const role = roleOf(text);
  message.isModel = MODEL_ROLES.has(role);
  message.isUser = !message.isModel && !SYSTEM_ROLES.has(role);
  if (message.isModel) {
    for (const id of idsOf(text, CALL_IDS)) message.toolCalls.push({ id, name: null });
    return message;
  }
  const ids = idsOf(text, RESULT_IDS);
  // With one result it is plain whose error it is.
  const isError = HAS_ERROR.test(text) && ids.length === 1 ? true : null;
  for (const id of ids) message.toolResults.push({ id, name: null, isError });
  const first = FIRST_TEXT.exec(text)?.[1];
  if (first !== undefined) message.texts.push(unescaped(first));
  return message;
}

/** It stands before the content or behind it. */
function roleOf(text: string): string {
  return (ROLE.exec(text.slice(0, 300)) ?? ROLE.exec(text.slice(-300)))?.[1]?.toLowerCase() ?? '';
}

function idsOf(text: string, pattern: RegExp): string[] {
  const ids: string[] = [];
  for (const match of text.matchAll(pattern)) {
    ids.push(match[1] ?? '');
    if (ids.length >= MAX_IDS) break;
  }
  return ids;
}

/** @param latin1 the inside of a JSON string, one character per byte, maybe cut */
function unescaped(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1').toString('utf8');
  try {
    return JSON.parse(`"${text.replace(/\\(?:u[0-9a-f]{0,3})?$/i, '')}"`) as string;
  } catch {
    return text;
  }
}
