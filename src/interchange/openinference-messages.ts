/** Messages as OpenInference flattens them. */
import type { ChatMessage, ChatPart } from './conversation/chat.ts';
import { type Attribute, attributesFrom, type Value } from './otlp-attribute.ts';

/** Characters of a picture or sound in base64, as its SDKs have it by default (OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH). */
const MAX_BASE64 = 32_000;

/** @param at `llm.input_messages.0` */
export function messageGroup(at: string, message: ChatMessage): Attribute[] {
  const { role, content, tool_calls: calls = [] } = message;
  const texts = typeof content === 'string' ? { 'message.content': content } : {};
  const parts = typeof content === 'string' ? [] : (content ?? []);
  return attributesFrom(
    under(`${at}.`, {
      'message.role': role,
      'message.name': message.name ?? null,
      'message.tool_call_id': message.tool_call_id ?? null,
      ...texts,
      ...merged(parts.map((part, index) => under(`message.contents.${index}.message_content.`, contentOf(part)))),
      ...merged(
        calls.map(({ id, function: { name, arguments: input } }, index) =>
          under(`message.tool_calls.${index}.tool_call.`, {
            id,
            'function.name': name,
            'function.arguments': input,
          }),
        ),
      ),
    }),
  );
}

type Values = Record<string, Value>;

function under(prefix: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

function merged(all: readonly Values[]): Values {
  return Object.assign({}, ...all) as Values;
}

function contentOf(part: ChatPart): Values {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image_url': {
      const { url } = part.image_url;
      return isTooLong(url) ? placeholder('image', url) : { type: 'image', 'image.image.url': url };
    }
    case 'input_audio': {
      const { data, format } = part.input_audio;
      const mime = `audio/${format}`;
      const url = `data:${mime};base64,${data}`;
      if (isTooLong(url)) return placeholder('audio', url);
      return { type: 'audio', 'audio.audio.url': url, 'audio.audio.mime_type': mime };
    }
    case 'file': {
      const { filename, file_id: id } = part.file;
      return { type: 'text', text: `[file: ${filename ?? id ?? 'without a name'}]` };
    }
  }
}

function isTooLong(url: string): boolean {
  return url.startsWith('data:') && url.length > MAX_BASE64;
}

function placeholder(what: string, url: string): Values {
  return { type: 'text', text: `[${what}: ${url.length} characters of base64, left out]` };
}

/** What the user asked last, in words. */
export function questionText(messages: readonly ChatMessage[]): string | null {
  const asked = messages.filter(({ role }) => role === 'user').map(({ content }) => wordsOf(content));
  return asked.findLast((text) => text !== '') ?? null;
}

/** The words, or the calls where there are none. */
export function answerText({ content, tool_calls: calls }: ChatMessage): string | { json: unknown } {
  const text = wordsOf(content);
  return text === '' && calls !== undefined ? { json: { tool_calls: calls } } : text;
}

function wordsOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}
