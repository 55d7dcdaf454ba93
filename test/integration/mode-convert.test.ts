import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { answeringJson, json, ModesBench, post } from '../support/modes-bench.ts';
import { answeringRequests, chunked } from '../support/steered-bench.ts';

const ASK = { model: 'claude-x', max_tokens: 90, messages: [{ role: 'user', content: 'Hi' }] };
const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'qwen',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 },
};
const SSE_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const piece = (delta: object, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'qwen', choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`;

/** Of the answer that a client got. */
function bodyOf(text: string): Record<string, unknown> {
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
}

describe('a target that speaks another API', () => {
  const bench = new ModesBench();

  afterEach(() => bench.close());

  const start = (target: (socket: import('node:net').Socket) => void): Promise<void> =>
    bench.startModes({ provider: answeringJson(), target }, (url) => ({
      target_url: `${url}/v1`,
      model: 'qwen',
      target: { format: 'openai-chat', auth: 'env:KEY' },
      env: { KEY: 'own-key' },
    }));
  const ended = (): Promise<void> => untilTrue(() => bench.exchanges[0]?.ends.length === 1, 'the end');

  it('gets the call in its own words, and the client the answer in its own', async () => {
    await start(answeringJson(() => COMPLETION));
    const client = await bench.client();
    await client
      .send(post('/v1/messages', ASK, ['anthropic-version: 2023-06-01', 'x-api-key: theirs']))
      .hears('Hello.');
    const heard = bench.targetHeard();
    expect(heard).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    expect(heard).toContain('Authorization: Bearer own-key');
    expect(heard).not.toMatch(/theirs|anthropic/i);
    expect(bodyOf(heard)).toMatchObject({ model: 'qwen', messages: [{ role: 'user', content: 'Hi' }] });
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(bodyOf(client.text)).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 11, output_tokens: 3 },
    });
  });

  it('may announce trailers behind an answer that becomes another one', async () => {
    const head =
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n';
    await start(answeringRequests(() => `${head}${chunked(JSON.stringify(COMPLETION))}0\r\nX-T: 1\r\n\r\n`));
    const client = await bench.client();
    await client.send(post('/v1/messages', ASK)).hears('Hello.');
    expect(client.text).not.toMatch(/trailer|X-T/i);
  });

  it('is recorded with what was asked and what came back, so that its own counts are read', async () => {
    await start(answeringJson(() => COMPLETION));
    await (
      await bench.client()
    )
      .send(post('/v1/messages', { ...ASK, metadata: { user_id: 'u', x: 1 } }))
      .hears('Hello.');
    await ended();
    const [exchange] = bench.exchanges;
    expect(exchange?.requestHead).toMatch(/^POST \/v1\/chat\/completions /);
    expect(exchange?.requestBody.toString()).toContain('claude-x');
    expect(exchange?.responseBody.toString()).toBe(JSON.stringify(COMPLETION));
    expect(exchange?.ends[0]?.marks).toContain('converted');
    expect(exchange?.ends[0]?.steer?.sentTo).toBe(`${bench.targetUrl}/v1/chat/completions`);
  });

  it('streams: each piece as it comes', async () => {
    await start(
      (socket) => void socket.once('data', () => socket.write(SSE_HEAD + chunked(piece({ content: 'Hel' })))),
    );
    const client = await bench.client();
    await client.send(post('/v1/messages', { ...ASK, stream: true })).hears('"Hel"');
    expect(client.text).toContain('event: message_start');
    const rest = [piece({ content: 'lo.' }), piece({}, { finish_reason: 'stop' }), 'data: [DONE]\n\n'];
    bench.target.sockets[0]?.write(`${chunked(...rest)}0\r\n\r\n`);
    await client.hears('event: message_stop');
    await client.hears('0\r\n\r\n');
    await ended();
    expect(bench.exchanges[0]?.ends[0]?.outcome).toBe('complete');
  });

  it('is said to have been cut off where it was', async () => {
    await start(
      (socket) => void socket.once('data', () => socket.write(SSE_HEAD + chunked(piece({ content: 'Hel' })))),
    );
    const client = await bench.client();
    await client.send(post('/v1/messages', { ...ASK, stream: true })).hears('"Hel"');
    bench.target.sockets[0]?.destroy();
    await client.over();
    expect(client.text).not.toContain('message_stop');
    expect(client.text).not.toContain('0\r\n\r\n');
    await ended();
    expect(bench.exchanges[0]?.ends[0]?.outcome).toBe('upstream_aborted');
  });

  it('has its errors told in the words of the client', async () => {
    await start(answeringRequests(() => json({ error: { message: 'no such model', type: 'invalid' } }, '404 No')));
    const client = await bench.client();
    await client.send(post('/v1/messages', ASK)).hears('no such model');
    expect(client.text).toMatch(/^HTTP\/1\.1 404 /);
    expect(bodyOf(client.text)).toMatchObject({ type: 'error', error: { message: 'no such model' } });
  });

  it('is not asked for what it cannot be told', async () => {
    await start(answeringJson());
    const client = await bench.client();
    const file = { type: 'document', source: { type: 'file', file_id: 'file_1' } };
    await client
      .send(post('/v1/messages', { ...ASK, messages: [{ role: 'user', content: [file] }] }))
      .hears('\r\n\r\n');
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(client.text).toContain('not_convertible');
    expect(bench.target.sockets).toHaveLength(0);
    expect(bench.upstream.sockets).toHaveLength(0);
  });

  it('is asked as it is for what needs no conversion', async () => {
    await start(answeringJson(() => COMPLETION));
    const client = await bench.client();
    await client.send(post('/v1/chat/completions', { model: 'gpt', messages: [] })).hears('Hello.');
    expect(bodyOf(client.text)).toEqual(COMPLETION);
  });
});
