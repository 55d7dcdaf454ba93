import { afterEach, describe, expect, it } from 'vitest';
import { BaseUrls } from '../../../src/gateway/base-urls.ts';
import { untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';

const PROVIDERS = ['openai', 'anthropic'];

describe('net/http-engine, base URLs', () => {
  const bench = new EngineBench(openBareFrontDoor);

  afterEach(() => bench.close());

  /** Both providers have the upstream for their backend. */
  async function start(): Promise<void> {
    await bench.start(answering(OK));
    const backend = `http://gateway.example:${bench.upstream.port}`;
    const providers = {
      get: (id: string) => (PROVIDERS.includes(id) ? { id } : null),
      mount: () => null,
      lookup: () => null,
      isServer: () => false,
    };
    const baseUrls = new BaseUrls({
      providers,
      backends: { openai: backend, anthropic: backend },
      passthrough: null,
      intercept: [],
      bedrockRegion: null,
    });
    await bench.restart({ baseUrls });
  }

  it('names the provider of each call, where several share a backend and a client one connection', async () => {
    await start();
    const asked = await bench.client().send('GET /v1/embeddings HTTP/1.1\r\nHost: h\r\n\r\n').hears('ok');
    for (const path of ['/v1/messages', '/v1/embeddings'])
      await asked.forget().send(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).hears('ok');
    const { connections, exchanges } = bench.proxy.recorder;
    expect(exchanges.map(({ connection }) => connections.get(connection)?.provider)).toEqual([
      'openai',
      'anthropic',
      'openai',
    ]);
    expect([connections.size, bench.upstream.sockets.length]).toEqual([2, 1]);
  });

  it('refuses a target with blanks, and leaves no exchange open', async () => {
    await start();
    const target = `http://gateway.example:${bench.upstream.port}/v1/a b`;
    const asked = await bench
      .client()
      .send(`GET /proxy HTTP/1.1\r\nHost: h\r\nX-LLMObserve-Target-URL: ${target}\r\n\r\n`)
      .over();
    expect(asked.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(bench.proxy.entrance.status().in_flight).toBe(0);
  });

  it('refuses a web page of another site what only this machine may reach', async () => {
    await start();
    const ask = (origin: string): Promise<{ text: string }> =>
      bench
        .client()
        .send(`POST /v1/messages HTTP/1.1\r\nHost: h\r\nOrigin: ${origin}\r\nContent-Length: 0\r\n\r\n`)
        .hears('\r\n\r\n');
    expect((await ask('https://evil.example')).text).toMatch(/^HTTP\/1\.1 403 .*another site/);
    expect(bench.upstream.sockets).toHaveLength(0);
    expect((await ask('http://localhost:3000')).text).toMatch(/^HTTP\/1\.1 200 /);
    await untilTrue(() => bench.upstream.sockets.length === 1, 'the call of the page of this machine');
  });
});
