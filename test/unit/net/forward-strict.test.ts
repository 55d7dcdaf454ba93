import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Counters } from '../../../src/core/counters.ts';
import { untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';
import { strictNet } from '../../support/entrance.ts';
import { HoldingPort } from '../../support/holding-port.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('net/forward with durability = "strict"', () => {
  const bench = new EngineBench(openBareFrontDoor);
  let recorder = new HoldingPort();

  afterEach(() => bench.close());

  async function start(script: (socket: Socket, index: number) => void): Promise<void> {
    recorder = new HoldingPort();
    await bench.start(script, { net: strictNet(recorder, new Counters()) });
  }

  const ask = (method = 'GET'): ReturnType<EngineBench['send']> =>
    bench.send(`${method} http://@/v1/x HTTP/1.1\r\nHost: @\r\n\r\n`);

  /** Another client has been served meanwhile: what was written before has arrived. */
  async function quiet(method = 'GET'): Promise<void> {
    const before = recorder.waiting.length;
    ask(method);
    await untilTrue(() => recorder.waiting.length > before);
    recorder.waiting.length = before;
  }

  it.each<[string, string, string, RegExp, RegExp]>([
    ['the last byte of a body with a length', 'GET', OK, /\r\n\r\no$/, /\r\n\r\nok$/],
    ['the last chunk', 'GET', `${CHUNKED}2\r\nok\r\n0\r\n\r\n`, /\r\nok\r\n$/, /\r\nok\r\n0\r\n\r\n$/],
    [
      'the last chunk and its trailers',
      'GET',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`,
      /\r\nok\r\n$/,
      /\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n$/,
    ],
    ['a head without a body', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', /^$/, /\r\n\r\n$/],
    ['the answer to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', /^$/, /\r\n\r\n$/],
    ['an answer with an empty body', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', /^$/, /\r\n\r\n$/],
  ])('holds %s until the call is on record', async (_, method, answer, before, after) => {
    await start(answering(answer));
    const asked = ask(method);
    await untilTrue(() => recorder.waiting.length === 1);
    await quiet(method);
    expect(asked.text).toMatch(before);
    recorder.settle();
    await asked.hears(after);
  });

  it('holds the last byte of a body of many reads', async () => {
    const body = 'a'.repeat(300_000);
    await start(answering(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    const asked = ask();
    await untilTrue(() => recorder.waiting.length === 1 && asked.text.endsWith('a'.repeat(299_999)));
    expect(asked.text.endsWith(body)).toBe(false);
    recorder.settle();
    await asked.hears(body);
  });

  it('tells of an upstream that cannot be reached when that is on record', async () => {
    await start(answering(OK));
    const asked = bench.client().send('GET http://nowhere.example.provider.example:1/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await untilTrue(() => recorder.waiting.length === 1);
    expect(asked.text).toBe('');
    recorder.settle();
    await asked.hears('HTTP/1.1 502');
  });

  it('keeps the order of pipelined requests', async () => {
    await start(answering(OK));
    const asked = bench.send('GET http://@/1 HTTP/1.1\r\nHost: @\r\n\r\nGET http://@/2 HTTP/1.1\r\nHost: @\r\n\r\n');
    for (let answered = 1; answered <= 2; answered += 1) {
      await untilTrue(() => recorder.waiting.length === 1);
      recorder.settle();
      await untilTrue(() => asked.text.split('ok').length === answered + 1);
    }
  });

  it('survives a client that left meanwhile', async () => {
    await start(answering(OK));
    const asked = ask();
    await untilTrue(() => recorder.waiting.length === 1);
    asked.destroy();
    await quiet();
    recorder.settle();
    const next = ask();
    await untilTrue(() => recorder.waiting.length === 1);
    recorder.settle();
    await next.hears('ok');
  });
});
