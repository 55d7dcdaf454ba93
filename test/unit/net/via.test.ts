import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Counters } from '../../../src/core/counters.ts';
import { BaseUrls } from '../../../src/gateway/base-urls.ts';
import { Upstream } from '../../../src/net/upstream.ts';
import { parseUpstreamProxy } from '../../../src/net/upstream-proxy.ts';
import { Crowd, MANY, Via } from '../../../src/net/via.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';
import { strictNet } from '../../support/entrance.ts';
import { RecordingPort } from '../../support/recording-port.ts';

describe('net/via', () => {
  const bench = new EngineBench(openBareFrontDoor);
  const via = new Via('test');

  afterEach(() => bench.close());

  /** OpenAI's backend is the upstream, which is plain http. */
  async function start(): Promise<void> {
    await bench.start(answering(OK));
    const baseUrls = new BaseUrls({
      providers: {
        get: (id) => (id === 'openai' ? { id } : null),
        mount: () => null,
        lookup: () => null,
        isServer: () => false,
      },
      backends: { openai: `http://gateway.example:${bench.upstream.port}` },
      passthrough: null,
      intercept: [],
      bedrockRegion: null,
    });
    const net = { ...strictNet(new RecordingPort(), new Counters()), strict: false, via };
    await bench.restart({ baseUrls, net });
  }

  it('names us to a plain server of a base URL, behind the others, once very many come: it may send them back', async () => {
    await start();
    for (let clients = 1; clients <= MANY; clients += 1) {
      await bench.client().send('GET /v1/embeddings HTTP/1.1\r\nHost: h\r\nVia: 1.0 squid\r\n\r\n').hears('ok');
    }
    expect(Array.from({ length: MANY }, (_, client) => bench.sent(client)).join('')).not.toContain('llm-proxy');
    await bench.client().send('GET /v1/embeddings HTTP/1.1\r\nHost: h\r\nVia: 1.0 squid\r\n\r\n').hears('ok');
    expect(bench.sent(MANY)).toMatch(/\r\nVia: 1\.0 squid\r\n[^]*Via: 1\.1 llm-proxy-test\r\n/);
  });

  it('forgets clients that left', () => {
    const crowd = new Crowd(via);
    const clients = Array.from({ length: MANY }, () => new PassThrough());
    expect(clients.flatMap((client) => crowd.passedOn([], client))).toEqual([]);
    expect(crowd.passedOn(['A', 'b'], new PassThrough())).toEqual(['A', 'b', 'Via', '1.1 llm-proxy-test']);
    for (const client of clients) client.emit('close');
    expect(crowd.passedOn([], new PassThrough())).toEqual([]);
  });

  it('is not told to servers that a client names itself', async () => {
    await start();
    await bench.send('GET http://@/ HTTP/1.1\r\nHost: @\r\n\r\n').hears('ok');
    expect(bench.sent()).not.toMatch(/via/i);
  });

  it.each([
    'GET /v1/embeddings HTTP/1.1\r\nHost: h\r\nVia: 1.1 llm-proxy-test\r\nVia: 1.1 llm-proxy-other\r\n\r\n',
    'CONNECT api.other.example:443 HTTP/1.1\r\nHost: h\r\nVia: 1.1 llm-proxy-test, 1.1 squid\r\n\r\n',
    'CONNECT api.provider.example:443 HTTP/1.1\r\nHost: h\r\nVia: 1.1 llm-proxy-test\r\n\r\n',
  ])('refuses what has been here before: %j', async (request) => {
    await start();
    const asked = await bench.client().send(request).over();
    expect(asked.text).toMatch(/^HTTP\/1\.1 403 [^]*"type":"loop"/);
    expect(bench.upstream.sockets).toHaveLength(0);
  });

  it('names all to an upstream proxy', async () => {
    await bench.start((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n')));
    const upstream = new Upstream({
      context: () => {
        throw new Error('no TLS here');
      },
      connectTo: [],
      proxy: parseUpstreamProxy(`http://127.0.0.1:${bench.upstream.port}`),
      isOwnEndpoint: () => false,
      counters: new Counters(),
      via,
    });
    const socket = await upstream.connect({ host: 'api.other.example', port: 443 }, 'anywhere', '1.1 squid');
    socket.destroy();
    expect(bench.sent()).toContain('\r\nVia: 1.1 squid, 1.1 llm-proxy-test\r\n\r\n');
  });
});
