/** Conversations as datasets have them: the chat lines of OpenAI, and ShareGPT. */
import { parseJson } from '../decoders/parse-json.ts';
import type { StoredExchange } from '../core/transfer.ts';
import { answerOf, type MeterDirectory } from './answer-of.ts';
import { withAnswer } from './conversation/answer.ts';
import { type ChatMessage, type ChatPart, type Conversation, isInstruction } from './conversation/chat.ts';
import { conversationOf } from './conversation/request.ts';
import type { Formatter } from './formats.ts';

type LineOf = (conversation: Conversation) => object;

/** One line for each call that was answered: its messages, the answer as the last one, and its tools. */
export function createChatLines(directory: MeterDirectory, lineOf: LineOf): Formatter {
  return {
    start: () => '',
    call: async (exchange) => {
      try {
        const conversation = await answeredConversation(exchange, directory);
        return conversation === null ? null : `${JSON.stringify(lineOf(conversation))}\n`;
      } catch {
        // Nested deeper than the stack: it costs its own line.
        return null;
      }
    },
    end: () => '',
  };
}

/** Null when the call is no conversation, was not answered, or is not kept whole. */
export async function answeredConversation(
  exchange: StoredExchange,
  directory: MeterDirectory,
): Promise<Conversation | null> {
  const { record, request, response } = exchange;
  if (record.error !== null || request?.body == null || request.truncated || response?.truncated === true) return null;
  const conversation = conversationOf(parseJson(Buffer.from(request.body).toString('utf8')));
  if (conversation === null) return null;
  const answer = await answerOf(exchange, directory);
  return answer === null ? null : withAnswer(conversation, answer);
}

export function openaiLine({ messages, tools }: Conversation): object {
  return { messages, ...(tools.length === 0 ? {} : { tools }) };
}

/** Tools and system prompt stand beside the turns, as LLaMA-Factory and Axolotl expect them. */
export function sharegptLine({ messages, tools }: Conversation): object {
  const system = messages.filter(isInstruction).map(({ content }) => textOf(content));
  return {
    conversations: messages.filter((message) => !isInstruction(message)).flatMap(turnsOf),
    ...(system.length === 0 ? {} : { system: system.join('\n\n') }),
    ...(tools.length === 0 ? {} : { tools: JSON.stringify(tools.map((tool) => tool.function)) }),
  };
}

interface Turn {
  from: 'human' | 'gpt' | 'function_call' | 'observation';
  value: string;
}

function turnsOf({ role, content, tool_calls: calls }: ChatMessage): Turn[] {
  const value = textOf(content);
  if (role === 'tool') return [{ from: 'observation', value }];
  if (role !== 'assistant') return [{ from: 'human', value }];
  const made = (calls ?? []).map((call): Turn => {
    const { name, arguments: input } = call.function;
    // Of arguments that are no JSON the text is kept.
    return { from: 'function_call', value: JSON.stringify({ name, arguments: parseJson(input) ?? input }) };
  });
  return [...(value === '' && made.length > 0 ? [] : [{ from: 'gpt' as const, value }]), ...made];
}

/** ShareGPT is text; media are named, as training programs do. */
function textOf(content: ChatMessage['content']): string {
  if (content === null) return '';
  return typeof content === 'string' ? content : content.map(placeholderOf).join('\n');
}

function placeholderOf(part: ChatPart): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'image_url':
      return '<image>';
    case 'input_audio':
      return '<audio>';
    case 'file':
      return '<file>';
  }
}
