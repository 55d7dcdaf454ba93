import { describe, expect, it, test } from 'vitest';
import { client, playSocket as play, server } from '../../support/sockets.ts';

const completed = (id: string, input: number, output: number, cached: number): object => ({
  type: 'response.completed',
  response: {
    id,
    object: 'response',
    model: 'gpt-x-2026-01-01',
    status: 'completed',
    service_tier: 'priority',
    output: [],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    },
  },
});

const created = (id: string): object => ({
  type: 'response.created',
  response: { id, object: 'response', usage: null },
});

const said = (text: string): object => ({ serverContent: { outputTranscription: { text } } });

describe('usage/socket-reader: Responses', () => {
  it('keeps a warm-up and the true turn apart, and both their counts', () => {
    const answers = play([
      ...client({ type: 'response.create', model: 'gpt-x', generate: false, input: [] }),
      ...server(created('w'), completed('w', 900, 0, 0)),
      ...client({
        type: 'response.create',
        model: 'gpt-x',
        previous_response_id: 'w',
        input: [{ text: '"model":"no"' }],
      }),
      ...server(
        created('t'),
        { type: 'response.output_item.added', item: { id: 'm', type: 'message' } },
        { type: 'response.output_text.delta', item_id: 'm', delta: 'yes' },
        completed('t', 1600, 6, 340),
      ),
    ]);
    expect(answers).toMatchObject([
      { isInference: false, request_model: 'gpt-x', response_id: 'w', usage: { input_tokens: 900, output_tokens: 0 } },
      {
        isInference: true,
        request_model: 'gpt-x',
        response_model: 'gpt-x-2026-01-01',
        response_id: 't',
        service_tier: 'priority',
        usage: { input_tokens: 1600, output_tokens: 6, cache_read_tokens: 340, state: 'final' },
        assembled: { text: 'yes' },
        startedAt: 4,
      },
    ]);
  });

  it('puts deltas to their response by its items when several are open', () => {
    const answers = play(
      server(
        created('a'),
        { type: 'response.output_item.added', response_id: 'a', item: { id: 'ia', type: 'message' } },
        created('b'),
        { type: 'response.output_text.delta', item_id: 'ia', delta: 'for a' },
        completed('b', 1, 1, 0),
        completed('a', 2, 2, 0),
      ),
    );
    expect(answers).toMatchObject([
      { response_id: 'b', assembled: null },
      { response_id: 'a', assembled: { text: 'for a' } },
    ]);
  });

  it('makes an answer of an error that came instead of one', () => {
    const answers = play([
      ...client({ type: 'response.create', model: 'gpt-x' }),
      ...server({ type: 'error', status: 429, error: { type: 'rate_limit', message: 'slow down' } }),
      ...server({ type: 'error', code: 'unasked', message: 'nobody asked' }),
      ...client({ type: 'response.create', model: 'gpt-x' }),
      ...server(created('r'), completed('r', 3, 1, 0)),
    ]);
    expect(answers).toMatchObject([
      {
        response_id: null,
        request_model: 'gpt-x',
        error: { type: 'rate_limit', message: 'slow down' },
        usage: { state: 'none' },
      },
      { response_id: 'r', error: null, usage: { input_tokens: 3 } },
    ]);
    expect(answers).toHaveLength(2);
  });

  it('bounds what it remembers, however many answers are begun', () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `r${index}`);
    const frames = [...client(...ids.map(() => ({ type: 'response.create' }))), ...server(...ids.map(created))];
    const answers = play(frames);
    expect(answers).toHaveLength(5000);
    expect(answers[0]?.endedAt).toBeLessThan(5100);
  });
});

const called = (...functionCalls: object[]): object => ({ toolCall: { functionCalls } });

describe('usage/socket-reader: Gemini Live', () => {
  const setup = { setup: { model: 'models/live-1', generationConfig: {} } };
  const sound = { serverContent: { modelTurn: { parts: [{ inlineData: { mimeType: 'audio/pcm', data: 'AAAA' } }] } } };

  test.each([false, true])('gives one answer per turn, also in binary frames (%s)', (binary) => {
    const answers = play(
      [
        ...client(setup, { realtime_input: { audio: { data: 'AAAA' } } }),
        ...server(
          { setupComplete: {} },
          sound,
          said('Hi'),
          { serverContent: { generationComplete: true } },
          {
            serverContent: { turnComplete: true },
            usageMetadata: {
              promptTokenCount: 100,
              responseTokenCount: 20,
              thoughtsTokenCount: 7,
              totalTokenCount: 120,
              promptTokensDetails: [
                { modality: 'TEXT', tokenCount: 90 },
                { modality: 'AUDIO', tokenCount: 10 },
              ],
              responseTokensDetails: [{ modality: 'AUDIO', tokenCount: 20 }],
            },
          },
          { toolCall: { functionCalls: [{ id: 'f1', name: 'look', args: { a: 1 } }] } },
          { serverContent: { interrupted: true } },
          { serverContent: { turnComplete: true }, usageMetadata: { promptTokenCount: 130, totalTokenCount: 130 } },
          { serverContent: { turnComplete: true } },
        ),
      ],
      { binary },
    );
    expect(answers).toMatchObject([
      {
        dialect: 'gemini-live',
        request_model: 'live-1',
        usage: {
          input_tokens: 100,
          output_tokens: 27,
          reasoning_tokens: 7,
          input_audio_tokens: 10,
          output_audio_tokens: 20,
          source: 'websocket',
          state: 'final',
        },
        anomalies: [],
        assembled: { text: 'Hi' },
        stop_reason: 'turn_complete',
        startedAt: 4,
        firstContentAt: 4,
      },
      {
        usage: { input_tokens: 130, output_tokens: 0 },
        stop_reason: 'interrupted',
        tool_calls: [{ id: 'f1', name: 'look' }],
      },
    ]);
    expect(answers).toHaveLength(2);
  });

  it('counts a call once whose arguments come in parts, and one that is repeated', () => {
    const whole = { id: 'f2', name: 'go', args: { b: 2 } };
    const answers = play([
      ...client(setup),
      ...server(
        { setupComplete: {} },
        called({ id: 'f1', name: 'look', willContinue: true }),
        called({ id: 'f1', partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }] }, whole),
        called(whole),
        { serverContent: { turnComplete: true }, usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } },
      ),
    ]);
    expect(answers.map(({ assembled }) => assembled?.toolCalls)).toEqual([
      [
        { id: 'f1', name: 'look', input: '{"a":"x"}' },
        { id: 'f2', name: 'go', input: '{"b":2}' },
      ],
    ]);
  });

  it('reads the names of Vertex AI, and models under any path', () => {
    const answers = play([
      ...client({ setup: { model: 'projects/p/locations/l/publishers/google/models/live-2' } }),
      ...server({
        serverContent: { turnComplete: true },
        usageMetadata: {
          promptTokenCount: 12,
          candidatesTokenCount: 3,
          candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 3 }, { modality: 'AUDIO' }],
          trafficType: 'ON_DEMAND',
        },
      }),
    ]);
    expect(answers).toMatchObject([
      { request_model: 'live-2', service_tier: 'ON_DEMAND', usage: { input_tokens: 12, output_tokens: 3 } },
    ]);
  });

  it('leaves a turn without its end partial', () => {
    expect(play(server(said('Hel')))).toMatchObject([{ usage: { state: 'none' }, assembled: { text: 'Hel' } }]);
  });
});
