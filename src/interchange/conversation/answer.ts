import type { AssembledOutput } from '../../core/capture.ts';
import type { ChatMessage, Conversation } from './chat.ts';

/** The conversation with the answer as its last message. Thinking is left out: no reader of datasets has a place for it. */
export function withAnswer({ messages, tools }: Conversation, answer: AssembledOutput): Conversation {
  const calls = answer.toolCalls.map(({ id, name, input }, index) => ({
    id: id ?? `call_answer_${index + 1}`,
    type: 'function' as const,
    function: { name, arguments: input === '' ? '{}' : input },
  }));
  const last: ChatMessage = {
    role: 'assistant',
    content: answer.text === '' && calls.length > 0 ? null : answer.text,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return { messages: [...messages, last], tools };
}
