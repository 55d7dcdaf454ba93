import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { answeringJson, baseUrlsTo, json, ModesBench, post } from '../support/modes-bench.ts';
import { answeringRequests } from '../support/steered-bench.ts';

const ASK = { model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] };

describe('mode target', () => {
  const bench = new ModesBench();

  afterEach(() => bench.close());

  const ended = (index = 0): Promise<void> =>
    untilTrue(() => bench.exchanges[index]?.ends.length === 1, `the end of exchange ${index}`);

  it('sends a call to the target, and the provider hears nothing of it, not even a dial', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson(() => ({ from: 'target' })) }, (url) => ({
      target_url: url,
    }));
    const client = await bench.client();
    await client.send(post('/v1/messages', ASK)).hears('"target"');
    await client.forget().send(post('/v1/messages', ASK)).hears('"target"');
    expect(bench.upstream.sockets).toHaveLength(0);
    expect(bench.targetHeard().match(/POST \/v1\/messages HTTP\/1\.1/g)).toHaveLength(2);
    expect(bench.targetHeard()).toContain(`Host: 127.0.0.1:${bench.target.port}`);
    expect(bench.targetHeard()).toContain(JSON.stringify(ASK));
  });

  it('records where it went and why, and what was asked', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({
      target_url: `${url}/base/v1`,
      model: 'glm',
    }));
    await (await bench.client()).send(post('/v1/messages?beta=true', ASK)).hears('ok');
    await ended();
    const [exchange] = bench.exchanges;
    expect(bench.hostOf(exchange)).toBe(`127.0.0.1:${bench.target.port}`);
    expect(exchange?.requestHead).toMatch(/^POST \/base\/v1\/messages\?beta=true HTTP\/1\.1\r\n/);
    expect(exchange?.requestBody.toString()).toBe(JSON.stringify(ASK));
    expect(exchange?.ends).toMatchObject([
      {
        outcome: 'complete',
        steer: {
          mode: 'target',
          rule: 'mode',
          sentTo: `${bench.targetUrl}/base/v1/messages`,
          sentModel: 'glm',
          comparison: null,
        },
      },
    ]);
  });

  it('records the model that the client named in its path, where another one is asked for there', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({
      target_url: url,
      model: 'glm',
    }));
    await (await bench.client()).send(post('/v1beta/models/gemini-x:generateContent', {})).hears('ok');
    await ended();
    expect(bench.targetHeard()).toMatch(/^POST \/v1beta\/models\/glm:generateContent /);
    expect(bench.exchanges[0]?.ends).toMatchObject([{ steer: { askedModel: 'gemini-x', sentModel: 'glm' } }]);
  });

  it('forces the model, byte for byte nothing else', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({
      target_url: url,
      model: 'glm',
    }));
    const body = '{ "seed": 1.0, "model" : "claude-haiku", "messages":[{"role":"user","content":"\\u00e9"}] }';
    const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    await (await bench.client()).send(head + body).hears('ok');
    expect(bench.targetHeard()).toContain(body.replace('"claude-haiku"', '"glm"'));
  });

  it('gives the target its own key and none of those of the client', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({
      target_url: url,
      target: { auth: 'env:TARGET_KEY' },
      env: { TARGET_KEY: 'target-secret-1' },
    }));
    const secret = 'sk-ant-api03-abcdefghijklmnop-client';
    const headers = [
      `x-api-key: ${secret}`,
      `Authorization: Bearer ${secret}`,
      `Cookie: session=${secret}`,
      `X-Goog-Api-Key: ${secret}`,
      'OpenAI-Organization: org-client',
      `X-Whatever: Bearer ${secret}`,
      'anthropic-version: 2023-06-01',
    ];
    await (await bench.client()).send(post(`/v1/messages?key=${secret}&beta=true`, ASK, headers)).hears('ok');
    const heard = bench.targetHeard();
    expect(heard).not.toContain('client');
    expect(heard).toContain('x-api-key: target-secret-1');
    expect(heard).toContain('POST /v1/messages?beta=true ');
    expect(heard).toContain('anthropic-version: 2023-06-01');
    await ended();
    expect(JSON.stringify(bench.exchanges)).not.toContain('target-secret');
  });

  it('refuses an upgrade with words that clients fall back on', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({ target_url: url }));
    const client = await bench.client();
    await client
      .send('GET /v1/responses HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      .hears('426');
    expect(client.text).toContain('"type":"steered"');
    expect(bench.upstream.sockets).toHaveLength(0);
    expect(bench.target.sockets).toHaveLength(0);
  });

  it('streams an answer as it comes', async () => {
    await bench.startModes(
      {
        provider: answeringJson(),
        target: (socket) =>
          void socket.once('data', () => {
            socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
            socket.write('5\r\nfirst\r\n');
          }),
      },
      (url) => ({ target_url: url }),
    );
    const client = await bench.client();
    await client.send(post('/v1/messages', { ...ASK, stream: true })).hears('first');
    bench.target.sockets[0]?.write('6\r\nsecond\r\n0\r\n\r\n');
    await client.hears('0\r\n\r\n');
    await ended();
    expect(bench.exchanges[0]?.responseBody.toString()).toBe('firstsecond');
  });

  it('tells the client when the target cannot be reached, and asks nobody else', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, () => ({
      target_url: 'http://nowhere.example',
    }));
    const client = await bench.client();
    await client.send(post('/v1/messages', ASK)).hears('nowhere.example');
    expect(client.text).toMatch(/^HTTP\/1\.1 502 /);
    expect(bench.upstream.sockets).toHaveLength(0);
    await ended();
    expect(bench.exchanges[0]?.ends).toMatchObject([{ outcome: 'upstream_error', steer: { mode: 'target' } }]);
  });

  it('tries again what met a 503, and not what has an answer', async () => {
    let calls = 0;
    await bench.startModes(
      {
        provider: answeringJson(),
        target: answeringRequests(() => json({ call: ++calls }, calls === 1 ? '503 Busy' : '429 Slow down')),
      },
      (url) => ({ target_url: url, target: { retries: 3 } }),
    );
    const client = await bench.client();
    await client.send(post('/v1/messages', ASK)).hears('{"call":2}');
    expect(client.text).toMatch(/^HTTP\/1\.1 429 /);
    await ended();
    expect(bench.exchanges[0]?.ends[0]?.marks).toEqual(['target_retried']);
    expect(bench.exchanges).toHaveLength(1);
  });

  it('records what it refuses as well, and counts no call in flight that is over', async () => {
    await bench.startModes(
      { provider: answeringJson(), target: (socket) => void socket.once('data', () => socket.destroy()) },
      (url) => ({ target_url: url, target: { format: 'openai-chat' } }),
    );
    const ask = async (body: object): Promise<string> =>
      (await bench.client().then((client) => client.send(post('/v1/messages', body)).hears(/"error"[^]*"message"/)))
        .text;
    for (let call = 0; call < 5; call += 1) await ask({ ...ASK, max_tokens: 5 });
    expect(await ask({ ...ASK, max_tokens: 5 })).toMatch(/^HTTP\/1\.1 503 [^]*failed several times/);
    await ask({ ...ASK, container: 'c' });
    await untilTrue(() => bench.exchanges.filter(({ ends }) => ends.length === 1).length === 7, 'the ends');
    expect(bench.exchanges.map(({ ends }) => ends[0]?.error?.type).slice(4)).toEqual([
      'upstream_reset',
      'target_unavailable',
      'target_unavailable',
    ]);
    expect(bench.exchanges.at(-1)?.ends[0]?.steer).toMatchObject({ mode: 'target', rule: 'mode', sentTo: null });
    expect(bench.hostOf(bench.exchanges.at(-1))).toBe(`127.0.0.1:${bench.target.port}`);
    expect(bench.proxy.entrance.status().in_flight).toBe(0);
  });

  it('asks the models of the fallback in turn, before an answer has begun', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({
      target_url: 'http://nowhere.example',
      target: { fallback: ['spare'] },
      models: [{ id: 'spare', target_url: url, model: 'spare-1' }],
    }));
    await (await bench.client()).send(post('/v1/messages', ASK)).hears('ok');
    expect(bench.targetHeard()).toContain('"model":"spare-1"');
    await ended();
    expect(bench.hostOf(bench.exchanges[0])).toBe(`127.0.0.1:${bench.target.port}`);
    expect(bench.exchanges[0]?.ends).toMatchObject([
      { marks: ['target_fell_back'], steer: { sentModel: 'spare-1' }, outcome: 'complete' },
    ]);
  });

  it('says once that a client may go on, also where the provider says so to a call that was held and passes', async () => {
    const provider = answeringRequests(() => `HTTP/1.1 100 Continue\r\n\r\n${json({ ok: true })}`);
    await bench.startModes({ provider, target: answeringJson() }, (url) => ({
      mode: 'passthrough',
      models: [{ id: 'glm', target_url: url }],
    }));
    const client = await bench.client();
    const call = post('/v1/chat/completions', { model: 'gpt' }, ['Expect: 100-continue']);
    await client.send(call.slice(0, -1)).hears('100 Continue');
    await client.send(call.slice(-1)).hears('{"ok":true}');
    expect(client.text.match(/100 Continue/g)).toHaveLength(1);
  });

  it('lists the models of the registry with those of the server that is asked', async () => {
    const provider = answeringJson(() => ({ object: 'list', data: [{ id: 'gpt' }] }));
    await bench.startModes(
      { provider: answeringJson(), target: provider },
      (url) => ({
        mode: 'passthrough',
        models: [{ id: 'glm', target_url: 'http://nowhere.example' }],
        lookup: () => null,
        target_url: url,
      }),
      { baseUrls: baseUrlsTo(() => bench.targetUrl) },
    );
    const client = bench.plainClient();
    await client.send('GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n').hears('"gpt"');
    expect(client.text).toContain('"glm"');
    await client.forget().send('GET /v1/models/glm HTTP/1.1\r\nHost: x\r\n\r\n').hears('"glm"');
    expect(client.text).not.toContain('gpt');
    await ended();
    expect(bench.targetHeard().match(/GET /g)).toHaveLength(1);
    expect(bench.exchanges).toHaveLength(1);
  });

  it('lists those of the registry alone where nobody answers', async () => {
    await bench.startModes(
      { provider: answeringJson(), target: answeringJson() },
      () => ({
        mode: 'passthrough',
        models: [{ id: 'glm', target_url: 'http://nowhere.example' }],
        lookup: () => null,
      }),
      { baseUrls: baseUrlsTo(() => 'http://nowhere.example') },
    );
    const client = bench.plainClient();
    await client.send('GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n').hears('"glm"');
    expect(client.text).toMatch(/^HTTP\/1\.1 200 /);
  });
});
