import { describe, expect, it, test } from 'vitest';
import { CASSETTES } from '../../support/cassettes.ts';
import { client, playSocket as play, recordings, server, statedCounts, type Frame } from '../../support/sockets.ts';

const usage = (input: number, output: number, cached = 0): object => ({
  total_tokens: input + output,
  input_tokens: input,
  output_tokens: output,
  input_token_details: { text_tokens: input, audio_tokens: 0, cached_tokens: cached },
  output_token_details: { text_tokens: output, audio_tokens: 0 },
});

const done = (id: string, counts: object, more: object = {}): object => ({
  type: 'response.done',
  response: { object: 'realtime.response', id, status: 'completed', output: [], usage: counts, ...more },
});

const transcribed = (item_id: string, counts: object | undefined): object => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  transcript: 'hi there',
  usage: counts,
});

describe('usage/socket-reader: Realtime', () => {
  const created = { type: 'session.created', session: { type: 'realtime', model: 'rt-1' } };

  it('gives one answer per response, each with its own counts', () => {
    const answers = play([
      ...server(created),
      ...client({ type: 'response.create' }),
      ...server(
        { type: 'response.created', response: { id: 'resp_1', usage: null } },
        { type: 'response.output_text.delta', response_id: 'resp_1', item_id: 'i1', delta: 'Hello' },
        done('resp_1', usage(10, 3)),
        { type: 'rate_limits.updated', rate_limits: [{ name: 'tokens', limit: 100, remaining: 3 }] },
        { type: 'response.created', response: { id: 'resp_2', usage: null } },
        done('resp_2', usage(15, 4, 8)),
      ),
    ]);
    expect(answers).toMatchObject([
      {
        kind: 'response',
        isInference: true,
        response_id: 'resp_1',
        response_model: 'rt-1',
        usage: { input_tokens: 10, output_tokens: 3, source: 'websocket', state: 'final', raw: usage(10, 3) },
        assembled: { text: 'Hello' },
        startedAt: 2,
        firstContentAt: 4,
        endedAt: 5,
      },
      { response_id: 'resp_2', usage: { input_tokens: 15, output_tokens: 4, cache_read_tokens: 8 }, startedAt: 7 },
    ]);
  });

  it('counts audio, pictures, what of them is cached, and reasoning as the parts that they are', () => {
    const counts = {
      total_tokens: 50,
      input_tokens: 30,
      output_tokens: 20,
      input_token_details: {
        text_tokens: 1,
        audio_tokens: 25,
        image_tokens: 4,
        cached_tokens: 14,
        cached_tokens_details: { text_tokens: 1, audio_tokens: 10, image_tokens: 3 },
      },
      output_token_details: { text_tokens: 5, audio_tokens: 15, reasoning_tokens: 4 },
    };
    const frames = server(created, { type: 'response.created', response: { id: 'r' } }, done('r', counts));
    expect(play(frames)[0]?.usage).toMatchObject({
      input_tokens: 30,
      output_tokens: 20,
      input_audio_tokens: 25,
      output_audio_tokens: 15,
      input_image_tokens: 4,
      cache_read_tokens: 14,
      cache_read_audio_tokens: 10,
      cache_read_image_tokens: 3,
      reasoning_tokens: 4,
    });
  });

  it('counts a response that the user interrupted, and says how one failed', () => {
    const failure = { type: 'failed', error: { type: 'server_error', code: 'x', message: 'broke' } };
    const answers = play(
      server(
        done('r1', usage(9, 2), {
          status: 'cancelled',
          status_details: { type: 'cancelled', reason: 'turn_detected' },
        }),
        done('r2', usage(9, 0), { status: 'failed', status_details: failure }),
      ),
    );
    expect(answers).toMatchObject([
      { stop_reason: 'cancelled', usage: { input_tokens: 9, output_tokens: 2, state: 'final' }, error: null },
      { stop_reason: 'failed', error: { type: 'server_error', message: 'broke' } },
    ]);
  });

  it('gives the transcription of what the user said apart, by tokens or by seconds, under its own model', () => {
    const transcription = { model: 'asr-1' };
    const answers = play(
      server(
        created,
        { type: 'session.updated', session: { model: 'rt-1', audio: { input: { transcription } } } },
        { type: 'response.created', response: { id: 'r' } },
        transcribed('i1', {
          type: 'tokens',
          total_tokens: 12,
          input_tokens: 9,
          output_tokens: 3,
          input_token_details: { audio_tokens: 9 },
        }),
        transcribed('i2', { type: 'duration', seconds: 4 }),
        transcribed('i3', undefined),
        done('r', usage(5, 1)),
      ),
    );
    expect(answers).toMatchObject([
      {
        kind: 'transcription',
        isInference: false,
        request_model: 'asr-1',
        response_model: null,
        response_id: 'i1',
        usage: { input_tokens: 9, output_tokens: 3, input_audio_tokens: 9, source: 'websocket' },
        assembled: { text: 'hi there' },
      },
      { kind: 'transcription', usage: { input_tokens: null, units: { audio_seconds: 4 } } },
      { kind: 'response', usage: { input_tokens: 5 } },
    ]);
  });

  it('takes the counts beside a response whose own usage is empty', () => {
    const event = { ...done('r', {}), usage: { ...usage(7, 5), output_audio_seconds: 0.5 } };
    expect(play(server(event))).toMatchObject([
      { response_id: 'r', usage: { input_tokens: 7, output_tokens: 5, units: { output_audio_seconds: 0.5 } } },
    ]);
  });

  it('counts nothing twice that comes again or late', () => {
    const answers = play(
      server(
        done('r', usage(7, 5)),
        done('r', usage(7, 5)),
        { type: 'response.output_audio.done', response_id: 'r' },
        { type: 'response.output_item.done', response_id: 'r', item: { id: 'i' } },
      ),
    );
    expect(answers).toHaveLength(1);
  });

  it('keeps tool calls, speech as its transcript, and knows sound by its event alone', () => {
    const [answer] = play(
      server(
        { type: 'response.created', response: { id: 'r' } },
        '{"type":"response.output_audio.delta","response_id":"r","delta":"AAAA',
        { type: 'response.output_audio_transcript.delta', response_id: 'r', delta: 'Hi.' },
        {
          type: 'response.output_item.added',
          response_id: 'r',
          item: { id: 'f', type: 'function_call', name: 'look', call_id: 'c' },
        },
        { type: 'response.function_call_arguments.delta', response_id: 'r', item_id: 'f', delta: '{}' },
        done('r', usage(1, 1), {
          output: [{ id: 'm', type: 'message', content: [{ type: 'output_audio', transcript: 'Hi.' }] }],
        }),
      ),
    );
    expect(answer).toMatchObject({
      firstContentAt: 2,
      assembled: { text: 'Hi.', toolCalls: [{ id: 'c', name: 'look', input: '{}' }] },
      tool_calls: [{ id: 'c', name: 'look' }],
    });
  });

  it('does not take an error about a message of the client for an answer', () => {
    const frames = [
      ...server(created),
      ...client({ type: 'response.create' }),
      ...server({ type: 'error', error: { type: 'invalid_request_error', message: 'no' } }),
      ...server({ type: 'response.created', response: { id: 'r' } }, done('r', usage(2, 1))),
    ];
    expect(play(frames)).toMatchObject([{ response_id: 'r', error: null, startedAt: 4 }]);
  });

  it('leaves what is open at the end partial, without counts', () => {
    const answers = play(
      server(
        { type: 'response.created', response: { id: 'r' } },
        { type: 'response.text.delta', response_id: 'r', delta: 'Hel' },
      ),
    );
    expect(answers).toMatchObject([
      {
        response_id: 'r',
        usage: { input_tokens: null, output_tokens: null, state: 'none', source: null },
        assembled: { text: 'Hel' },
        endedAt: 3,
      },
    ]);
  });
});

describe('usage/socket-reader: anything else', () => {
  it('never throws', () => {
    const noise = [
      '',
      '{',
      '[]',
      'null',
      '{"type":5}',
      '{"type":"response.done"}',
      '{"type":"response.done","response":7}',
      '{"type":"response.done","response":{"id":"r","usage":{"input_tokens":-1,"output_tokens":1e400}}}',
      '{"serverContent":[],"usageMetadata":{"promptTokenCount":"12"}}',
      '{"type":"__proto__"}',
      '{"setup":{"model":{}}}',
      '{"type":"error"}',
      `{"type":"response.created","response":{"id":"${'x'.repeat(1_000_001)}"}}`,
    ];
    const frames = noise.flatMap((text): Frame[] => [
      ['client', text],
      ['server', text],
    ]);
    for (const answer of play(frames)) {
      expect(answer.usage.input_tokens).toBeNull();
      expect(answer.usage.output_tokens).toBeNull();
    }
  });
});

describe.skipIf(CASSETTES === null)('usage/socket-reader: recorded sockets', () => {
  test.each([false, true])('state what the provider stated, response by response (binary frames: %s)', (binary) => {
    const wrong: string[] = [];
    for (const { id, frames, truth } of recordings()) {
      const answers = play(
        frames.map(({ dir, text, base64 }): Frame => [
          dir === 'send' ? 'client' : 'server',
          text ?? Buffer.from(base64 ?? '', 'base64').toString('utf8'),
        ]),
        { binary },
      );
      const stated = (truth?.usages ?? []).map((each) => ({
        ...statedCounts(each.usage),
        transcription: each.type.startsWith('conversation'),
      }));
      const ours = answers.map(({ kind, usage }) => ({
        input: usage.input_tokens,
        output: usage.output_tokens,
        transcription: kind === 'transcription',
      }));
      // xAI leaves the usage inside the response empty: truth has none, we read the one beside it.
      const differ = stated.some(
        (each, index) => each.input !== null && JSON.stringify(each) !== JSON.stringify(ours[index]),
      );
      if (differ || ours.length !== stated.length)
        wrong.push(`${id}: ${JSON.stringify(ours)} not ${JSON.stringify(stated)}`);
      if (answers.some(({ usage }) => usage.input_tokens === null || usage.state !== 'final'))
        wrong.push(`${id}: no counts`);
    }
    expect(wrong).toEqual([]);
  });
});
