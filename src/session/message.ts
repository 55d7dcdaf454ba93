/** One message of a request, in any dialect, as far as conversations are told apart by it. */
import { isErrorResult } from '../core/tool-result.ts';
import { emptyMessage, MODEL_ROLES, scanMessage, SYSTEM_ROLES, type ReadMessage } from './scanned-message.ts';
/** Bytes. A longer message is an image or a file; only its ids are looked for. */
const MAX_PARSED = 64 * 1024;
/** Parts of one message that are looked at. */
const MAX_PARTS = 1000;

/** Items of the Responses API that have no role. */
const MODEL_ITEMS = /^(?:reasoning|.+_call|compaction|compaction_summary|item_reference)$/;
const RESULT_ROLES: ReadonlySet<string> = new Set(['tool', 'function']);
const RESULT_ITEMS = /^.+_call_output$|^mcp_approval_response$/;

type Fields = Readonly<Record<string, unknown>>;

/** @param bytes one message of `CutBody.messages`, as it stands in the body */
export function readMessage(bytes: Uint8Array): ReadMessage {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length > MAX_PARSED) return scanMessage(buffer.toString('latin1'));
  const message = emptyMessage();
  try {
    readInto(message, JSON.parse(buffer.toString('utf8')) as unknown);
  } catch {
    return scanMessage(buffer.toString('latin1'));
  }
  return message;
}

function readInto(message: ReadMessage, value: unknown): void {
  // The Responses API's `input` may be one text.
  if (typeof value === 'string') {
    message.isUser = true;
    message.texts.push(value);
    return;
  }
  const fields = fieldsOf(value);
  if (fields !== null) readFields(message, fields);
}

function readFields(message: ReadMessage, fields: Fields): void {
  const role = textAt(fields, 'role')?.toLowerCase() ?? '';
  const type = textAt(fields, 'type') ?? '';
  // Gemini's results are parts, whoever speaks them.
  const isResult = RESULT_ITEMS.test(type) || (RESULT_ROLES.has(role) && !Array.isArray(fields['parts']));
  message.isModel = role === '' ? !isResult && MODEL_ITEMS.test(type) : MODEL_ROLES.has(role);
  message.isUser = !message.isModel && !SYSTEM_ROLES.has(role);
  if (isResult) readResult(message, fields);
  else if (role === '' && message.isModel) readCall(message, fields);
  else readContent(message, fields);
}

function readContent(message: ReadMessage, fields: Fields): void {
  const content = fields['content'] ?? fields['parts'] ?? fields['message'];
  if (typeof content === 'string') message.texts.push(content);
  else if (Array.isArray(content)) for (const part of content.slice(0, MAX_PARTS)) readPart(message, part);
  const calls = fields['tool_calls'];
  if (Array.isArray(calls)) for (const call of calls.slice(0, MAX_PARTS)) readChatCall(message, call);
}

function readPart(message: ReadMessage, value: unknown): void {
  if (typeof value === 'string') {
    message.texts.push(value);
    return;
  }
  const part = fieldsOf(value);
  if (part === null) return;
  const text = part['text'];
  if (typeof text === 'string' && part['thought'] !== true) message.texts.push(text);
  const type = textAt(part, 'type') ?? '';
  if (type.endsWith('tool_use') || type === 'tool-call' || type === 'tool_call') readCall(message, part);
  else if (type.endsWith('tool_result')) readResult(message, part);
  else readTypelessPart(message, part);
}

/** Bedrock Converse and Gemini: the name of the member is the type. */
function readTypelessPart(message: ReadMessage, part: Fields): void {
  const called = fieldsOf(part['toolUse'] ?? part['functionCall'] ?? part['function_call']);
  if (called !== null) readCall(message, called);
  const result = fieldsOf(part['toolResult'] ?? part['functionResponse'] ?? part['function_response']);
  if (result !== null) readResult(message, result);
}

function readChatCall(message: ReadMessage, value: unknown): void {
  const call = fieldsOf(value);
  if (call === null) return;
  const name = textAt(fieldsOf(call['function']) ?? {}, 'name') ?? textAt(call, 'name');
  message.toolCalls.push({ id: textAt(call, 'id'), name });
}

function readCall(message: ReadMessage, call: Fields): void {
  const id = textAt(call, 'call_id') ?? textAt(call, 'toolUseId') ?? textAt(call, 'id');
  const name = textAt(call, 'name') ?? textAt(call, 'toolName');
  if (id !== null || name !== null) message.toolCalls.push({ id, name });
}

function readResult(message: ReadMessage, result: Fields): void {
  const id =
    textAt(result, 'tool_use_id') ??
    textAt(result, 'tool_call_id') ??
    textAt(result, 'call_id') ??
    textAt(result, 'toolUseId') ??
    textAt(result, 'id');
  const name = textAt(result, 'name') ?? textAt(result, 'tool_name');
  message.toolResults.push({ id, name, isError: isErrorResult(result) });
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function textAt(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
