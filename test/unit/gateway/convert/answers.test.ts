import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { AnswerBody } from '../../../../src/gateway/convert/answer-conversion.ts';
import { type Format, FORMATS } from '../../../../src/gateway/convert/model.ts';
import { ANTHROPIC, CHAT, RESPONSES } from '../../../support/answers.ts';
import { Direction, eventsOf, through } from '../../../support/conversions.ts';

const STREAMS: Readonly<Record<Format, string>> = {
  'anthropic-messages': ANTHROPIC,
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
};

const HELLO = [{ role: 'user', content: 'x' }];
const ASKED: Readonly<Record<Format, object>> = {
  'anthropic-messages': {
    model: 'm',
    max_tokens: 2000,
    thinking: { type: 'enabled', budget_tokens: 1024 },
    messages: HELLO,
  },
  'openai-chat': { model: 'm', messages: HELLO },
  'openai-responses': { model: 'm', input: HELLO },
};

const DIRECTIONS = FORMATS.flatMap((client) =>
  FORMATS.filter((each) => each !== client).map((target) => ({ client, target })),
);

interface Way {
  client: Format;
  target: Format;
}

function answering(
  { client, target }: Way,
  members: object = {},
  status = 200,
  type = 'text/event-stream',
): AnswerBody {
  return new Direction(client, target).request({ ...ASKED[client], ...members }).answer.begin(status, type);
}

/** Chat tells the usage of a stream to those who ask. */
const USAGE_TOO: Readonly<Record<Format, object>> = {
  'anthropic-messages': {},
  'openai-chat': { stream_options: { include_usage: true } },
  'openai-responses': {},
};

function streamed(way: Way, pieces: readonly (string | Uint8Array)[] = [STREAMS[way.target]]): string {
  return through(answering(way, { stream: true, ...USAGE_TOO[way.client] }), pieces);
}

/** Without the time, and without what a provider puts beside its thoughts: that is wrapped once more each time. */
function plain(answer: object): unknown {
  const left = ['created', 'created_at', 'signature', 'reasoning_details', 'encrypted_content'];
  return JSON.parse(JSON.stringify(answer, (key, value: unknown) => (left.includes(key) ? undefined : value)));
}

/** What the client's official SDK makes of an answer. */
async function seenBySdk(client: Format, body: string): Promise<unknown> {
  const fetch = (): Promise<Response> =>
    Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  const options = { apiKey: 'k', fetch, maxRetries: 0 };
  if (client === 'anthropic-messages') {
    const stream = new Anthropic(options).messages.stream({
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'x' }],
    });
    const { content, stop_reason: stop, usage } = await stream.finalMessage();
    return {
      parts: content.map(anthropicPart),
      stop,
      input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
    };
  }
  if (client === 'openai-chat') {
    const stream = new OpenAI(options).chat.completions.stream({
      model: 'm',
      messages: [{ role: 'user', content: 'x' }],
    });
    const { choices, usage } = await stream.finalChatCompletion();
    const { message, finish_reason: stop } = choices[0]!;
    const calls = (message.tool_calls ?? []).map((call) => [
      call.id,
      call.function.name,
      JSON.parse(call.function.arguments),
    ]);
    return {
      parts: ['Two cities.', message.content, ...calls],
      stop: stop === 'tool_calls' ? 'tool_use' : stop,
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
    };
  }
  const stream = new OpenAI(options).responses.stream({ model: 'm', input: 'x' });
  const { output, status, usage } = await stream.finalResponse();
  return {
    parts: output.map(responsesPart),
    stop: status === 'completed' ? 'tool_use' : status,
    input: usage?.input_tokens,
    output: usage?.output_tokens,
  };
}

function anthropicPart(block: Anthropic.ContentBlock): unknown {
  if (block.type === 'text') return block.text;
  if (block.type === 'thinking') return block.thinking;
  return block.type === 'tool_use' ? [block.id, block.name, block.input] : block.type;
}

function responsesPart(item: OpenAI.Responses.ResponseOutputItem): unknown {
  if (item.type === 'reasoning') return item.summary.map(({ text }) => text).join('');
  if (item.type === 'message')
    return item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join('');
  return item.type === 'function_call' ? [item.call_id, item.name, JSON.parse(item.arguments)] : item.type;
}

describe('gateway/convert/answer-conversion', () => {
  it.each(DIRECTIONS)('lets the SDK of a $client client read the stream of a $target target', async (way) => {
    const prefix = way.target === 'anthropic-messages' ? 'toolu' : 'call';
    expect(await seenBySdk(way.client, streamed(way))).toEqual({
      parts: [
        'Two cities.',
        'I lóok it up.',
        [`${prefix}_1`, 'weather', { city: 'Bonn' }],
        [`${prefix}_2`, 'time', {}],
      ],
      stop: 'tool_use',
      input: 42,
      output: 25,
    });
  });

  it.each(DIRECTIONS)('writes the same byte after byte: $target for $client', (way) => {
    const bytes = Buffer.from(STREAMS[way.target]);
    expect(
      streamed(
        way,
        Array.from(bytes, (byte) => Buffer.of(byte)),
      ),
    ).toBe(streamed(way));
  });

  it.each(DIRECTIONS)('holds no piece back: $target for $client', (way) => {
    const answer = answering(way, { stream: true });
    let before = 0;
    for (const event of STREAMS[way.target].split(/(?<=\n\n)/)) {
      const out = answer.push(Buffer.from(event)).toString();
      if (/lóok|nn\\"\}/.test(event) && /delta/i.test(event)) expect(out).toMatch(/lóok|nn\\"\}/);
      before += out.length;
    }
    expect(before).toBeGreaterThan(500);
  });

  it.each(DIRECTIONS)('makes a document of a stream and a stream of a document: $target for $client', (way) => {
    const whole = JSON.parse(through(answering(way), [STREAMS[way.target]])) as object;
    const back = { client: way.target, target: way.client };
    const members = { stream: true, ...USAGE_TOO[back.client] };
    const stream = through(answering(back, members, 200, 'application/json'), [JSON.stringify(whole)]);
    const again = JSON.parse(through(answering(way), [stream])) as object;
    expect(plain(again)).toEqual(plain(whole));
  });

  it.each(DIRECTIONS)('gives the client no end after a cut: $target for $client', (way) => {
    const answer = answering(way, { stream: true });
    const half = STREAMS[way.target].slice(0, STREAMS[way.target].length / 2);
    const text = through(answer, [half], false);
    expect(text).not.toMatch(/message_stop|\[DONE\]|response\.completed|"error":\{/);
  });

  it.each(DIRECTIONS)('says so where the target ends before it has finished: $target for $client', (way) => {
    const events = STREAMS[way.target].split(/(?<=\n\n)/);
    const text = through(answering(way, { stream: true }), events.slice(0, 6), true);
    expect(text).toContain('the answer was cut off');
    expect(text).not.toMatch(/message_stop|\[DONE\]|response\.completed/);
  });

  it.each(DIRECTIONS)('tells an error amid the stream in the words of the client: $target for $client', (way) => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'too busy' } };
    const events = STREAMS[way.target].split(/(?<=\n\n)/);
    const text = through(answering(way, { stream: true }), [
      ...events.slice(0, 8),
      `event: error\ndata: ${JSON.stringify(error)}\n\n`,
      ...events.slice(8),
    ]);
    const last = eventsOf(text).at(-1) as {
      type?: string;
      error?: object;
      response?: { status: string; error: object };
    };
    if (way.client === 'anthropic-messages') expect(last).toEqual(error);
    else if (way.client === 'openai-chat')
      expect(last.error).toMatchObject({ message: 'too busy', type: 'server_error' });
    else
      expect(last).toMatchObject({
        type: 'response.failed',
        response: { status: 'failed', error: { message: 'too busy' } },
      });
  });

  it('converts errors by their status', () => {
    const cases: [Way, number, string, object][] = [
      [
        { client: 'anthropic-messages', target: 'openai-chat' },
        429,
        '{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}',
        { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
      ],
      [
        { client: 'anthropic-messages', target: 'openai-responses' },
        400,
        '{"error":{"message":"bad","type":"invalid_request_error"}}',
        { type: 'error', error: { type: 'invalid_request_error', message: 'bad' } },
      ],
      [
        { client: 'openai-chat', target: 'anthropic-messages' },
        401,
        '{"type":"error","error":{"type":"authentication_error","message":"no key"}}',
        { error: { message: 'no key', type: 'authentication_error', param: null, code: 'invalid_api_key' } },
      ],
      [
        { client: 'openai-responses', target: 'anthropic-messages' },
        529,
        '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}',
        { error: { message: 'busy', type: 'server_error', param: null, code: 'overloaded_error' } },
      ],
      [
        { client: 'openai-chat', target: 'anthropic-messages' },
        502,
        '<html>Bad Gateway</html>',
        { error: { message: '<html>Bad Gateway</html>', type: 'server_error', param: null, code: null } },
      ],
    ];
    for (const [way, status, body, expected] of cases) {
      const answer = answering(way, { stream: true }, status, 'application/json');
      expect(JSON.parse(through(answer, [body]))).toEqual(expected);
      expect(answer).toMatchObject({ status, contentType: 'application/json', isWhole: true });
    }
  });

  it('answers with an error where a document holds one, is none, or is cut', () => {
    const way: Way = { client: 'anthropic-messages', target: 'openai-chat' };
    for (const [body, whole] of [
      ['{"error":{"message":"no"}}', true],
      ['nothing', true],
      ['{"object":"list","data":[]}', true],
      ['{"id":', false],
    ] as const) {
      const answer = answering(way, {}, 200, 'application/json');
      expect(JSON.parse(through(answer, [body], whole))).toMatchObject({ type: 'error', error: { type: 'api_error' } });
      expect(answer.status).toBe(502);
    }
  });

  it('makes no document of a stream that was cut', () => {
    const way: Way = { client: 'openai-chat', target: 'anthropic-messages' };
    const answer = answering(way);
    const half = ANTHROPIC.slice(0, ANTHROPIC.length / 2);
    expect(JSON.parse(through(answer, [half], false))).toMatchObject({ error: { message: 'the answer was cut off' } });
    expect(answer.status).toBe(502);
  });
});
