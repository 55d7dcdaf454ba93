/**
 * A thought that is shown to a client comes back with its next request, and its provider wants it as it was. What the
 * client's format has no member for travels in the one that it must not look into: Anthropic's `signature`, the Responses
 * API's `encrypted_content`, OpenRouter's `reasoning_details`.
 */
import { isObject, stringAt, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { type Seal, THOUGHT_MEMBERS } from './model.ts';

const PREFIX = 'llm-proxy.1.';

/** For a member that holds a text. */
export function sealed(seal: Seal): string {
  return PREFIX + Buffer.from(JSON.stringify(seal)).toString('base64url');
}

/** Anthropic's `signature`: its own as it is. */
export function signatureOf(seal: Seal): string {
  return seal.by === 'anthropic-messages' && 'signature' in seal ? seal.signature : sealed(seal);
}

/** What `signatureOf` made. */
export function opened(text: string): Seal {
  return ownSeal(text) ?? { by: 'anthropic-messages', signature: text };
}

/** Null = not from here. */
export function ownSeal(text: string): Seal | null {
  if (!text.startsWith(PREFIX)) return null;
  const value = parsed(Buffer.from(text.slice(PREFIX.length), 'base64url').toString('utf8'));
  return value === null ? null : sealOf(value);
}

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function sealOf(value: JsonObject): Seal | null {
  switch (valueAt(value, 'by')) {
    case 'anthropic-messages': {
      const redacted = stringAt(value, 'redacted');
      const signature = stringAt(value, 'signature');
      if (redacted !== null) return { by: 'anthropic-messages', redacted };
      return signature === null ? null : { by: 'anthropic-messages', signature };
    }
    case 'openai-responses': {
      const id = stringAt(value, 'id');
      return id === null ? null : { by: 'openai-responses', id, encrypted: stringAt(value, 'encrypted') };
    }
    case 'openai-chat': {
      const member = THOUGHT_MEMBERS.find((name) => name === valueAt(value, 'member'));
      return member === undefined ? null : { by: 'openai-chat', member, details: valueAt(value, 'details') ?? null };
    }
    default:
      return null;
  }
}
