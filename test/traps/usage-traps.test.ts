/** What made the numbers of other programs wrong, one test for each. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesOf, type Exchange, meter } from './exchange.ts';

const OPENAI = { host: 'api.openai.com', target: '/v1/chat/completions' };
const ANTHROPIC = { host: 'api.anthropic.com', target: '/v1/messages' };
const GEMINI = {
  host: 'generativelanguage.googleapis.com',
  target: '/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse',
};

const numbers = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const chunk = (content: string, more: object = {}): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...more,
});
const last = { ...chunk('', { usage: numbers }), choices: [] };
const counts = async (exchange: Exchange): Promise<(number | null)[]> => {
  const { usage } = await meter(exchange);
  return [usage.input_tokens, usage.output_tokens];
};

describe('traps of usage', () => {
  it('a: a data line may be longer than 64 KiB, and than a megabyte', async () => {
    for (const length of [70_000, 3_000_000]) {
      const events = [chunk('x'.repeat(length)), last, '[DONE]'];
      expect(await counts({ ...OPENAI, events, pieces: [bytesOf({ events })] })).toEqual([9, 4]);
    }
  });

  it('b: usage is split over message_start and several message_delta', async () => {
    const usage = { input_tokens: 5, cache_read_input_tokens: 100, output_tokens: 1 };
    const events = [
      ['message_start', { type: 'message_start', message: { id: 'msg_1', type: 'message', model: 'claude', usage } }],
      ['message_delta', { type: 'message_delta', delta: {}, usage: { output_tokens: 10 } }],
      ['message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 25 } }],
      ['message_stop', { type: 'message_stop' }],
    ];
    expect(await counts({ ...ANTHROPIC, events })).toEqual([105, 25]);
  });

  it('c: Gemini repeats its usage in every event', async () => {
    const events = [3, 7, 11].map((candidatesTokenCount, index) => ({
      candidates: [{ content: { parts: [{ text: 'x' }] }, ...(index === 2 ? { finishReason: 'STOP' } : {}) }],
      usageMetadata: { promptTokenCount: 20, candidatesTokenCount, totalTokenCount: 20 + candidatesTokenCount },
    }));
    expect(await counts({ ...GEMINI, events })).toEqual([20, 11]);
  });

  it('d: the last chunk of OpenAI has no choices', async () => {
    expect(await counts({ ...OPENAI, events: [chunk('Hi.'), last, '[DONE]'] })).toEqual([9, 4]);
  });

  it('e: without include_usage nothing is stated, so nothing exact is said', async () => {
    const { usage } = await meter({
      ...OPENAI,
      request: { model: 'm', stream: true },
      events: [chunk('Hi.'), '[DONE]'],
    });
    expect(usage.source === 'estimate' || usage.input_tokens === null).toBe(true);
    expect(usage.source === 'estimate' || usage.state === 'none').toBe(true);
  });

  it('f: a client that leaves behind the last words, before the usage, leaves a partial record', async () => {
    const { usage } = await meter({ ...OPENAI, events: [chunk('Hi.')], outcome: 'client_aborted' });
    expect(usage.state).not.toBe('final');
  });

  it('g: a stated zero is a zero, not a missing number', async () => {
    const zero = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    const { usage } = await meter({
      ...OPENAI,
      body: { object: 'chat.completion', choices: [], model: 'm', usage: zero },
    });
    expect([usage.input_tokens, usage.output_tokens, usage.state]).toEqual([0, 0, 'final']);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('h: event streams may come as %s', async (contentEncoding, compress) => {
    const events = [chunk('Hi.'), last, '[DONE]'];
    const bytes = compress(bytesOf({ events }));
    const pieces = [bytes.subarray(0, 11), bytes.subarray(11)];
    expect(await counts({ ...OPENAI, events, contentEncoding, pieces })).toEqual([9, 4]);
  });

  it('v: a Bedrock model id holds a colon, a percent sign or a whole ARN', async () => {
    const host = 'bedrock-runtime.eu-west-1.amazonaws.com';
    const body = { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, output: {}, stopReason: 'end_turn' };
    for (const [path, model] of [
      ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'],
      ['eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'],
      [
        'arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.amazon.nova-pro-v1%3A0',
        'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-pro-v1:0',
      ],
    ]) {
      const metered = await meter({ host, target: `/model/${path}/converse`, body });
      expect([metered.request_model, metered.usage.input_tokens]).toEqual([model, 3]);
    }
  });
});
