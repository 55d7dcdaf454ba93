/** What makes naive meters wrong at the providers, from errors inside a 200 on. */
import { describe, expect, it } from 'vitest';
import { mayIncludeUsage } from '../../src/gateway/include-usage.ts';
import { SeenAnswers } from '../../src/recorder/seen-answers.ts';
import { ANTHROPIC, BEDROCK, chat, chunk, counts, GEMINI, message, OPENAI, usageChunk } from './answers.ts';
import { bytesOf, meter, type Exchange } from './exchange.ts';

describe('more traps of providers', () => {
  it.each([
    [
      'Anthropic',
      { ...ANTHROPIC, events: [['error', { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }]] },
      'overloaded_error',
    ],
    ['OpenAI', { ...OPENAI, events: [{ error: { message: 'no', type: 'server_error', code: null } }] }, 'server_error'],
    [
      'Gemini',
      { ...GEMINI, events: [{ error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }] },
      'UNAVAILABLE',
    ],
    [
      'Ollama',
      {
        host: 'ollama.com',
        target: '/api/chat',
        body: '{"error":"model not found"}\n',
        headers: { 'content-type': 'application/x-ndjson' },
      },
      expect.any(String),
    ],
    [
      'MiniMax',
      {
        host: 'api.minimax.io',
        target: '/v1/text/chatcompletion_v2',
        body: { base_resp: { status_code: 1004, status_msg: 'auth failed' } },
      },
      expect.any(String),
    ],
    [
      'Cloudflare',
      {
        host: 'api.cloudflare.com',
        target: '/client/v4/accounts/a/ai/run/@cf/meta/llama',
        body: { result: null, success: false, errors: [{ code: 5007, message: 'No such model' }] },
      },
      expect.any(String),
    ],
    [
      'Groq',
      {
        host: 'api.groq.com',
        target: '/openai/v1/chat/completions',
        events: [chunk(null, { x_groq: { error: 'over capacity' } })],
      },
      expect.any(String),
    ],
    [
      'OpenRouter',
      {
        host: 'openrouter.ai',
        target: '/api/v1/chat/completions',
        events: [chunk(null, { error: { code: 502, message: 'upstream died' } })],
      },
      expect.anything(),
    ],
  ] as [string, Exchange, unknown][])('16: an error inside a 200 is an error (%s)', async (_name, exchange, type) => {
    const { error, status } = await meter(exchange);
    expect([status, error?.type]).toEqual([200, type]);
    expect(error?.message).not.toBe('');
  });

  it('17: every attempt of a retrying client is a call, and only the answered one has tokens', async () => {
    const failed = await meter({
      ...OPENAI,
      status: 529,
      body: { error: { message: 'busy', type: 'overloaded' } },
      requestHeaders: { 'x-stainless-retry-count': '0' },
    });
    const answered = await meter({
      ...OPENAI,
      body: chat({ prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }),
      requestHeaders: { 'x-stainless-retry-count': '1' },
    });
    expect([failed.isInference, failed.usage.state]).toEqual([true, 'none']);
    expect([answered.isInference, answered.usage.input_tokens]).toEqual([true, 9]);
  });

  it.each([
    ['a stored response', OPENAI.host, '/v1/responses/resp_1'],
    ['a stored completion', OPENAI.host, '/v1/chat/completions/chatcmpl-1'],
    ['a polled run', OPENAI.host, '/v1/threads/thread_1/runs/run_1'],
    ['a resumed stream', OPENAI.host, '/v1/responses/resp_1?stream=true&starting_after=5'],
    ['an interaction', GEMINI.host, '/v1beta/interactions/int_1'],
    ['batch results', ANTHROPIC.host, '/v1/messages/batches/b_1/results'],
  ])('18: %s is read again, not spent again', async (_name, host, target) => {
    const { reread, isInference } = await meter({ host, method: 'GET', target, body: {} });
    expect([reread, isInference]).toEqual([true, false]);
  });

  it.each([
    [ANTHROPIC.host, '/v1/messages/count_tokens', { input_tokens: 14 }],
    [OPENAI.host, '/v1/responses/input_tokens', { object: 'response.input_tokens', input_tokens: 14 }],
    [GEMINI.host, '/v1beta/models/gemini-3-pro:countTokens', { totalTokens: 14 }],
    [BEDROCK, '/model/anthropic.claude-3-haiku/count-tokens', { inputTokens: 14 }],
    [
      'us-east5-aiplatform.googleapis.com',
      '/v1/projects/p/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict',
      { input_tokens: 14 },
    ],
    [
      'api.cohere.com',
      '/v1/tokenize',
      { tokens: [1, 2], token_strings: ['a', 'b'], meta: { api_version: { version: '1' } } },
    ],
  ])('19: counting tokens at %s%s is free', async (host, target, body) => {
    const { usage, isInference } = await meter({ host, target, body });
    expect([usage.input_tokens, isInference]).toEqual([null, false]);
  });

  it('20: numbers in what the model says are words, also for the last resort', async () => {
    const quoted = 'The answer was {"usage": {"input_tokens": 123456, "output_tokens": 654321}}';
    const whole = message({ input_tokens: 1, output_tokens: 2 });
    const broken = JSON.stringify({ ...whole, content: [{ type: 'text', text: quoted }] }).slice(0, -40);
    const { usage } = await meter({ ...ANTHROPIC, body: broken, outcome: 'upstream_aborted' });
    expect(usage.input_tokens).not.toBe(123_456);
    const escaped = await meter({
      ...ANTHROPIC,
      body: JSON.stringify({ ...whole, content: [{ type: 'text', text: quoted }] }),
    });
    expect([escaped.usage.input_tokens, escaped.usage.output_tokens]).toEqual([1, 2]);
    const audio = await meter({
      ...OPENAI,
      target: '/v1/audio/speech',
      body: quoted,
      headers: { 'content-type': 'audio/mpeg' },
    });
    expect(audio.usage.input_tokens).toBeNull();
  });

  it('21: usage is found in documents of many megabytes, wherever it stands', async () => {
    const image = 'A'.repeat(20 * 1024 * 1024);
    const numbers = { input_tokens: 9, output_tokens: 4, total_tokens: 13, input_tokens_details: { text_tokens: 9 } };
    for (const body of [
      { usage: numbers, data: [{ b64_json: image }] },
      { data: [{ b64_json: image }], usage: numbers },
    ]) {
      expect(await counts({ ...OPENAI, target: '/v1/images/generations', body, pieces: [bytesOf({ body })] })).toEqual([
        9, 4,
      ]);
    }
  });

  it('22: bytes decide what a body is, not only its content type', async () => {
    const numbers = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
    const sse = bytesOf({ events: [chunk('Hi.'), usageChunk(numbers), '[DONE]'] }).toString();
    for (const type of ['application/json', 'application/octet-stream', 'text/event-stream;charset=UTF-8', '']) {
      expect(await counts({ ...OPENAI, body: sse, headers: { 'content-type': type } }), type).toEqual([9, 4]);
    }
    const lines =
      '{"model":"m","message":{"content":"a"},"done":false}\n{"model":"m","done":true,"prompt_eval_count":9,"eval_count":4}\n';
    for (const type of ['application/x-ndjson', 'application/json', 'text/plain']) {
      expect(
        await counts({ host: 'ollama.com', target: '/api/chat', body: lines, headers: { 'content-type': type } }),
        type,
      ).toEqual([9, 4]);
    }
  });

  it('23: protobuf of gRPC invents nothing', async () => {
    const { usage } = await meter({
      host: 'api.x.ai',
      target: '/xai_api.Chat/GetCompletion',
      body: Buffer.from([0, 0, 0, 0, 3, 10, 1, 7]),
      headers: { 'content-type': 'application/grpc' },
    });
    expect(usage.state).toBe('none');
  });

  it('24: an upgraded connection invents nothing', async () => {
    const { usage } = await meter({
      host: OPENAI.host,
      method: 'GET',
      target: '/v1/realtime?model=gpt-realtime',
      status: 101,
      headers: { upgrade: 'websocket' },
      outcome: 'upgraded',
    });
    expect(usage.state).toBe('none');
  });

  it.each([
    ['an Azure deployment', 'r.openai.azure.com', '/openai/deployments/my-gpt/embeddings?api-version=1', {}, 'my-gpt'],
    [
      'a Bedrock path',
      BEDROCK,
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
      {},
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      'a Bedrock ARN',
      BEDROCK,
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fabc/converse',
      {},
      'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc',
    ],
    [
      'a Vertex path',
      'us-east5-aiplatform.googleapis.com',
      '/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514:rawPredict',
      {},
      'claude-sonnet-4@20250514',
    ],
    ['a Gemini path', GEMINI.host, '/v1beta/models/gemini-3-pro:generateContent', {}, 'gemini-3-pro'],
    ['a Cohere request', 'api.cohere.com', '/v2/chat', { model: 'command-a' }, 'command-a'],
  ])('25: the model of %s is found where it is', async (_name, host, target, request, model) => {
    expect((await meter({ host, target, request, body: {} })).request_model).toBe(model);
  });

  it('26: the tier that was really used is kept for the price', async () => {
    const created = {
      type: 'response.created',
      response: { id: 'resp_1', object: 'response', model: 'gpt-5', service_tier: 'auto', usage: null },
    };
    const done = {
      type: 'response.completed',
      response: {
        id: 'resp_1',
        object: 'response',
        model: 'gpt-5',
        service_tier: 'flex',
        usage: { input_tokens: 9, output_tokens: 4, total_tokens: 13 },
      },
    };
    const events = [
      [created.type, created],
      [done.type, done],
    ];
    expect((await meter({ ...OPENAI, target: '/v1/responses', events })).service_tier).toBe('flex');
    const fast = await meter({
      ...ANTHROPIC,
      body: message({ input_tokens: 1, output_tokens: 2, service_tier: 'priority', speed: 'fast' }),
    });
    expect([fast.service_tier, fast.speed]).toEqual(['priority', 'fast']);
  });

  it('27: an answer from the cache of a gateway looks real and cost nothing', async () => {
    const gateway = { host: 'gateway.ai.cloudflare.com', target: '/v1/acct/gw/openai/chat/completions' };
    const body = chat({ prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 });
    expect((await meter({ ...gateway, body, headers: { 'cf-aig-cache-status': 'HIT' } })).billing).toBe(
      'cached_by_gateway',
    );
    expect((await meter({ ...gateway, body, headers: { 'cf-aig-cache-status': 'MISS' } })).billing).toBe('metered');
  });

  it('28: one answer that passes through us twice, by a gateway and by its provider, counts once', () => {
    const seen = new SeenAnswers(10);
    const inner = { responseId: 'chatcmpl-9f8e7d6c5b4a', upstream: 'api.openai.com:443', openedAt: 2, endedAt: 8 };
    const outer = { ...inner, upstream: 'gateway.local:4000', openedAt: 1, endedAt: 9 };
    expect([inner, outer].map((each) => seen.isDuplicate({ ...each, stated: '9 4' }))).toEqual([false, true]);
  });

  it('29: a signed request is never changed, also where a change was asked for', () => {
    const headers = [
      ['Content-Type', 'application/json'],
      ['Authorization', 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=content-type;host, Signature=c'],
    ] as const;
    const request = { method: 'POST', target: '/v1/chat/completions' };
    expect(mayIncludeUsage({ ...request, headers })).toBe(false);
    expect(mayIncludeUsage({ ...request, headers: headers.slice(0, 1) })).toBe(true);
  });

  it('30: nulls, missing fields and floats are what they are', async () => {
    const nulls = chat({
      prompt_tokens: 9,
      completion_tokens: 4,
      total_tokens: 13,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    });
    const { usage } = await meter({ ...OPENAI, body: nulls });
    expect([usage.input_tokens, usage.cache_read_tokens, usage.reasoning_tokens]).toEqual([9, null, null]);
    const cacheNull = await meter({
      ...ANTHROPIC,
      body: message({
        input_tokens: 9,
        output_tokens: 4,
        cache_read_input_tokens: null,
        cache_creation_input_tokens: null,
      }),
    });
    expect([cacheNull.usage.input_tokens, cacheNull.usage.cache_read_tokens]).toEqual([9, null]);
    const titan = await meter({
      host: BEDROCK,
      target: '/model/amazon.titan-text-lite-v1/invoke',
      body: { inputTextTokenCount: 28.0, results: [{ tokenCount: 5, outputText: 'x' }] },
    });
    expect([titan.usage.input_tokens, titan.usage.output_tokens]).toEqual([28, 5]);
    const half = await meter({
      ...OPENAI,
      body: chat({ prompt_tokens: 9.5, completion_tokens: 4, total_tokens: 13.5 }),
    });
    expect(half.usage.input_tokens).toBeNull();
  });
});
