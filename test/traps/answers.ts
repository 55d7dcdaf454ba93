/** Answers of providers, as short as they can be. */
import { type Exchange, meter } from './exchange.ts';

export const OPENAI = { host: 'api.openai.com', target: '/v1/chat/completions' };
export const ANTHROPIC = { host: 'api.anthropic.com', target: '/v1/messages' };
export const GEMINI = {
  host: 'generativelanguage.googleapis.com',
  target: '/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse',
};
export const BEDROCK = 'bedrock-runtime.us-east-1.amazonaws.com';

export const chat = (usage: unknown, more: object = {}): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  usage,
  ...more,
});
export const chunk = (content: string | null, more: object = {}): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason: content === null ? 'stop' : null }],
  ...more,
});
export const usageChunk = (usage: object): object => ({ ...chunk(null), choices: [], usage });
export const message = (usage: unknown): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'Hi.' }],
  stop_reason: 'end_turn',
  usage,
});
export const start = (usage: unknown): [string, object] => [
  'message_start',
  { type: 'message_start', message: message(usage) },
];
export const delta = (usage: unknown): [string, object] => [
  'message_delta',
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
];
export const stop: [string, object] = ['message_stop', { type: 'message_stop' }];
export const said = (text: string): [string, object] => [
  'content_block_delta',
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
];
export const counts = async (exchange: Exchange): Promise<(number | null)[]> => {
  const { usage } = await meter(exchange);
  return [usage.input_tokens, usage.output_tokens];
};

export const part = (text: string, usageMetadata: object, finishReason?: string): object => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, ...(finishReason ? { finishReason } : {}) }],
  modelVersion: 'gemini-3-pro',
  responseId: 'r1',
  usageMetadata,
});
