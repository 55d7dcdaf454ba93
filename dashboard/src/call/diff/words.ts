/** Words of a message as one text, so that two of them can be held against each other. Pure. */
import type { ViewMessage, ViewPart } from '../../api/shapes.ts';
import { bytes } from '../../format/numbers.ts';
import { faithful } from '../conversation/tool-label.ts';

export function wordsOf({ parts }: Pick<ViewMessage, 'parts'>): string {
  return parts.map(partWords).join('\n\n');
}

function partWords(part: ViewPart): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'thinking':
      return part.redacted ? '[thinking, kept by the provider]' : `[thinking]\n${part.text}`;
    case 'tool_call':
      return `[calls ${part.name}]\n${pretty(part.arguments)}`;
    case 'tool_result':
      return `[result${part.is_error === true ? ', an error' : ''}]\n${part.parts.map(partWords).join('\n')}`;
    case 'image':
    case 'audio':
    case 'file':
      return `[${[part.type, part.name, part.mime, part.bytes === null ? part.ref : bytes(part.bytes)].filter((word) => word !== null).join(', ')}]`;
  }
}

export function pretty(json: string): string {
  const value = faithful(json);
  return value === undefined ? json : JSON.stringify(value, null, 2);
}

/** Equal for messages that say the same: ids of tool calls that the daemon made up, counts and cache marks apart. */
export function signatureOf({ role, name, parts }: ViewMessage): string {
  return JSON.stringify([role, name, parts.map(partSignature)]);
}

function partSignature(part: ViewPart): unknown[] {
  switch (part.type) {
    case 'text':
      return ['text', part.text];
    case 'thinking':
      return ['thinking', part.redacted, part.text];
    case 'tool_call':
      return ['call', part.id, part.name, part.arguments];
    case 'tool_result':
      return ['result', part.id, part.is_error, part.parts.map(partSignature)];
    case 'image':
    case 'audio':
    case 'file':
      return [part.type, part.ref, part.mime, part.bytes, part.name];
  }
}
