/** What makes naive meters wrong at the providers, one test for each trap that we know of; the others: more-provider-traps. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  ANTHROPIC,
  BEDROCK,
  chat,
  chunk,
  counts,
  delta,
  GEMINI,
  message,
  OPENAI,
  part,
  said,
  start,
  stop,
  usageChunk,
} from './answers.ts';
import { bytesOf, meter, type Exchange } from './exchange.ts';

describe('traps of providers', () => {
  it('1: input_tokens includes the cache in Responses and excludes it in Messages', async () => {
    const responses = {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      model: 'gpt-5',
      output: [],
      usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 80 }, output_tokens: 5, total_tokens: 105 },
    };
    expect(await counts({ ...OPENAI, target: '/v1/responses', body: responses })).toEqual([100, 5]);
    const messages = message({ input_tokens: 100, cache_read_input_tokens: 80, output_tokens: 5 });
    expect(await counts({ ...ANTHROPIC, body: messages })).toEqual([180, 5]);
  });

  it('2: subsets are not added, what is outside is, and the total of the provider is the arbiter', async () => {
    const inside = chat({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 80, audio_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 40 },
    });
    expect(await counts({ ...OPENAI, body: inside })).toEqual([100, 50]);
    const outside = chat({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 190,
      completion_tokens_details: { reasoning_tokens: 40 },
    });
    expect(await counts({ host: 'api.x.ai', target: '/v1/chat/completions', body: outside })).toEqual([100, 90]);
    const neither = await meter({
      ...OPENAI,
      body: chat({ prompt_tokens: 100, completion_tokens: 50, total_tokens: 999 }),
    });
    expect(neither.anomalies).toContain('total_mismatch');
    expect(neither.usage.output_tokens).toBeNull();
  });

  it('3: the same number twice on the wire counts once', async () => {
    const deepseek = chat({
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 105,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
      prompt_tokens_details: { cached_tokens: 64 },
    });
    const { usage } = await meter({ host: 'api.deepseek.com', target: '/chat/completions', body: deepseek });
    expect([usage.input_tokens, usage.cache_read_tokens]).toEqual([100, 64]);
    const numbers = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
    const groq = [
      chunk('Hi.'),
      chunk(null, { x_groq: { id: 'req_1', usage: numbers } }),
      usageChunk(numbers),
      '[DONE]',
    ];
    expect(await counts({ host: 'api.groq.com', target: '/openai/v1/chat/completions', events: groq })).toEqual([9, 4]);
    const converse = {
      output: { message: { role: 'assistant', content: [{ text: 'Hi.' }] } },
      stopReason: 'end_turn',
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 45,
        cacheReadInputTokens: 30,
        cacheReadInputTokenCount: 30,
      },
    };
    expect(await counts({ host: BEDROCK, target: '/model/x.y-v1%3A0/converse', body: converse })).toEqual([40, 5]);
  });

  it('4: cumulative counts overwrite, never add', async () => {
    const anthropic = [
      start({ input_tokens: 10, output_tokens: 1 }),
      said('Hi'),
      delta({ output_tokens: 20 }),
      delta({ output_tokens: 35 }),
      stop,
    ];
    expect(await counts({ ...ANTHROPIC, events: anthropic })).toEqual([10, 35]);
    const grown = [5, 9, 14].map((output, index) =>
      chunk(index === 2 ? null : 'x', {
        usage: { prompt_tokens: 7, completion_tokens: output, total_tokens: 7 + output },
      }),
    );
    expect(await counts({ host: 'api.perplexity.ai', target: '/chat/completions', events: grown })).toEqual([7, 14]);
  });

  it('5: Gemini counts go down, and fields vanish in the last event', async () => {
    const down = [
      part('a', { promptTokenCount: 145, candidatesTokenCount: 9, totalTokenCount: 154 }),
      part('b', { promptTokenCount: 85, candidatesTokenCount: 30, totalTokenCount: 115 }, 'STOP'),
    ];
    expect(await counts({ ...GEMINI, events: down })).toEqual([85, 30]);
    const vanished = [
      part('a', { promptTokenCount: 10, candidatesTokenCount: 9, totalTokenCount: 19 }),
      part('b', { promptTokenCount: 10, totalTokenCount: 19 }, 'STOP'),
    ];
    expect(await counts({ ...GEMINI, events: vanished })).toEqual([10, 9]);
  });

  it('6: output_tokens of message_start is a placeholder; the 5 m / 1 h split is only there', async () => {
    const split = {
      input_tokens: 3,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 4,
    };
    const events = [start(split), said('Hi'), delta({ output_tokens: 77 }), stop];
    const { usage } = await meter({ ...ANTHROPIC, events });
    expect(usage).toMatchObject({ output_tokens: 77, cache_write_5m_tokens: 100, cache_write_1h_tokens: 200 });
    const cutOff = await meter({ ...ANTHROPIC, events: events.slice(0, 2), outcome: 'upstream_aborted' });
    expect(cutOff.usage.output_tokens === null || cutOff.usage.output_tokens !== 4).toBe(true);
    expect(cutOff.usage.state).toBe('partial');
  });

  it('7: a stream without usage is not a stream of nothing', async () => {
    const { usage } = await meter({
      ...OPENAI,
      request: { model: 'm', stream: true },
      events: [chunk('Hi.'), chunk(null), '[DONE]'],
    });
    if (usage.source !== 'estimate')
      expect([usage.input_tokens, usage.output_tokens, usage.state]).toEqual([null, null, 'none']);
  });

  it('8: the usage may sit in any chunk, and null erases nothing', async () => {
    const numbers = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
    const places = [
      [chunk('Hi.', { usage: null }), chunk(null, { usage: null }), usageChunk(numbers), '[DONE]'],
      [chunk('Hi.', { usage: null }), chunk(null, { usage: numbers }), '[DONE]'],
      [chunk('Hi.', { usage: numbers }), chunk(null, { usage: null }), '[DONE]'],
      [chunk('Hi.'), usageChunk(numbers), { ...chunk(null), choices: [] }, '[DONE]'],
    ];
    for (const events of places) expect(await counts({ ...OPENAI, events })).toEqual([9, 4]);
  });

  it('9: the first chunk of Azure names no model', async () => {
    const events = [
      { choices: [], model: '', id: '', prompt_filter_results: [{ prompt_index: 0 }] },
      chunk('Hi.', { model: 'gpt-4o-2024-11-20' }),
      usageChunk({ prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }),
      '[DONE]',
    ];
    const azure = { host: 'r.openai.azure.com', target: '/openai/deployments/mine/chat/completions?api-version=1' };
    const metered = await meter({ ...azure, events });
    expect([metered.response_model, metered.response_id, metered.usage.output_tokens]).toEqual([
      expect.stringMatching(/^(?:gpt-4o-2024-11-20|m)$/),
      'chatcmpl-1',
      4,
    ]);
  });

  it('10: a cut stream keeps what came and says that it is partial', async () => {
    const events = [start({ input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 }), said('Hi')];
    const { usage } = await meter({ ...ANTHROPIC, events, outcome: 'client_aborted' });
    expect([usage.input_tokens, usage.state]).toEqual([15, 'partial']);
  });

  it('11: streams may be compressed, deflate is of two kinds, codings are stacked, the end may be missing', async () => {
    const plain = bytesOf({
      events: [start({ input_tokens: 10, output_tokens: 1 }), said('Hi'), delta({ output_tokens: 35 }), stop],
    });
    const coded: [string, Buffer][] = [
      ['gzip', gzipSync(plain)],
      ['br', brotliCompressSync(plain)],
      ['deflate', deflateSync(plain)],
      ['deflate', deflateRawSync(plain)],
      ['gzip, br', brotliCompressSync(gzipSync(plain))],
    ];
    for (const [contentEncoding, bytes] of coded) {
      const exchange: Exchange = {
        ...ANTHROPIC,
        events: [],
        contentEncoding,
        pieces: [bytes.subarray(0, 9), bytes.subarray(9)],
      };
      expect(await counts(exchange), contentEncoding).toEqual([10, 35]);
    }
    const pieces = [gzipSync(plain).subarray(0, -6)];
    expect(
      await counts({ ...ANTHROPIC, events: [], contentEncoding: 'gzip', pieces, outcome: 'upstream_aborted' }),
    ).toEqual([10, 35]);
  });

  it('12: characters, line ends and events are cut anywhere, and a byte order mark comes first', async () => {
    const text = `\uFEFF${bytesOf({
      events: [start({ input_tokens: 10, output_tokens: 1 }), said('héé 🙂'), delta({ output_tokens: 35 }), stop],
    })
      .toString()
      .replaceAll('\n', '\r\n')}`;
    const bytes = Buffer.from(text);
    const pieces = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
    const { usage, assembled } = await meter({ ...ANTHROPIC, events: [], pieces });
    expect([usage.input_tokens, usage.output_tokens, assembled?.text]).toEqual([10, 35, 'Hi.héé 🙂']);
  });

  it('13: [DONE] is no JSON, with a space or without, and nothing behind it counts', async () => {
    const numbers = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
    const text = `data:${JSON.stringify(usageChunk(numbers))}\n\ndata:[DONE]\n\ndata: ${JSON.stringify(usageChunk({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }))}\n\n`;
    const metered = await meter({ ...OPENAI, body: text, headers: { 'content-type': 'text/event-stream' } });
    expect([metered.usage.input_tokens, metered.anomalies]).toEqual([9, []]);
  });

  it('14: keep-alives of every kind are no events', async () => {
    const numbers = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
    const text = `: OPENROUTER PROCESSING\n\n:\n\n: keep-alive\n\nevent: ping\ndata: {"type": "ping"}\n\n${bytesOf({ events: [chunk('Hi.'), usageChunk(numbers), '[DONE]'] }).toString()}`;
    expect(
      await counts({
        host: 'openrouter.ai',
        target: '/api/v1/chat/completions',
        body: text,
        headers: { 'content-type': 'text/event-stream' },
      }),
    ).toEqual([9, 4]);
    const blanks = `\n\n\n   \n${JSON.stringify(chat(numbers))}`;
    expect(await counts({ host: 'api.deepseek.com', target: '/chat/completions', body: blanks })).toEqual([9, 4]);
  });

  it('15: padding changes nothing', async () => {
    const numbers = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
    const events = [
      chunk('Hi.', { obfuscation: 'x'.repeat(99), p: 'abcdef' }),
      { ...usageChunk(numbers), obfuscation: 'q' },
      '[DONE]',
    ];
    expect(await counts({ ...OPENAI, events })).toEqual([9, 4]);
    const padded = `data: ${JSON.stringify(message({ input_tokens: 1, output_tokens: 2 }))}${' '.repeat(200)}`;
    expect(await counts({ ...ANTHROPIC, body: padded.slice(6) })).toEqual([1, 2]);
  });
});
