/** Fields that hold the conversation, by dialect: Anthropic and chat, Responses, Gemini. */
const CONVERSATIONS = ['messages', 'input', 'contents'];
/** Sent again with every turn. */
const REPEATED = ['system', 'instructions', 'tools', 'systemInstruction', 'system_instruction'];

/**
 * A request body with only what is new in it: the messages after the last turn of the model. The first turn, and what is no
 * conversation, stays as it is.
 */
export function newMessagesOf(text: string | null): string | null {
  const body = text === null ? null : parseObject(text);
  if (body === null) return text;
  for (const field of CONVERSATIONS) {
    const messages = body[field];
    if (!Array.isArray(messages)) continue;
    const last = messages.findLastIndex(isFromModel);
    if (last < 0) return text;
    const short: Record<string, unknown> = {
      ...body,
      [field]: [`[${last + 1} earlier messages]`, ...messages.slice(last + 1)],
    };
    for (const name of REPEATED) if (name in short) short[name] = '[as before]';
    return stringify(short) ?? text;
  }
  return text;
}

/** Also the Responses API's items without a role: `function_call`, `reasoning`. */
function isFromModel(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const role: unknown = Reflect.get(message, 'role');
  const type: unknown = Reflect.get(message, 'type');
  return role === 'assistant' || role === 'model' || type === 'function_call' || type === 'reasoning';
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Null when it is nested deeper than the stack allows. */
function stringify(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
