/** What was said, as the conventions for generative AI have it: JSON texts of messages that are made of parts. */
import { parseJson } from '../decoders/parse-json.ts';
import { type ChatMessage, type ChatPart, type ChatTool, isInstruction } from './conversation/chat.ts';
import { type Attribute, textAttribute } from './otlp-attribute.ts';
import type { Said } from './said.ts';

export function messageAttributes({ input, answer, tools }: Said): Attribute[] {
  const system = input.filter(isInstruction).flatMap(partsOf);
  const asked = input.filter((message) => !isInstruction(message)).map(messageOf);
  if (answer === null && input.length === 0) return [];
  return [
    ...(system.length === 0 ? [] : [textAttribute('gen_ai.system_instructions', JSON.stringify(system))]),
    textAttribute('gen_ai.input.messages', JSON.stringify(asked)),
    ...(answer === null ? [] : [textAttribute('gen_ai.output.messages', JSON.stringify([messageOf(answer)]))]),
    ...(tools.length === 0 ? [] : [textAttribute('gen_ai.tool.definitions', JSON.stringify(tools.map(definitionOf)))]),
  ];
}

function definitionOf({ type, function: fields }: ChatTool): object {
  return { type, ...fields };
}

function messageOf(message: ChatMessage): object {
  return { role: message.role, parts: partsOf(message) };
}

function partsOf({ role, content, tool_calls: calls, tool_call_id: id }: ChatMessage): object[] {
  if (role === 'tool') return [{ type: 'tool_call_response', id, response: content }];
  const spoken = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  return [
    ...spoken.map(partOf),
    ...(calls ?? []).map((call) => ({
      type: 'tool_call',
      id: call.id,
      name: call.function.name,
      arguments: parseJson(call.function.arguments) ?? call.function.arguments,
    })),
  ];
}

function partOf(part: ChatPart): object {
  switch (part.type) {
    case 'text':
      return { type: 'text', content: part.text };
    case 'image_url':
      return mediaOf('image', part.image_url.url);
    case 'input_audio':
      return {
        type: 'blob',
        modality: 'audio',
        mime_type: `audio/${part.input_audio.format}`,
        content: part.input_audio.data,
      };
    case 'file':
      return part.file.file_data === undefined
        ? { type: 'file', modality: 'document', file_id: part.file.file_id ?? '' }
        : mediaOf('document', part.file.file_data);
  }
}

function mediaOf(modality: string, url: string): object {
  const [, mime, data] = /^data:([^;,]*);base64,(.*)$/s.exec(url) ?? [];
  return data === undefined
    ? { type: 'uri', modality, uri: url }
    : { type: 'blob', modality, mime_type: mime, content: data };
}
