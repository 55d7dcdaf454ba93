import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { BaseUrls } from '../../../src/gateway/base-urls.ts';
import { bedrockTarget } from '../../../src/gateway/bedrock.ts';
import { BedrockSigner, type BedrockSignerOptions } from '../../../src/net/bedrock-signing.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';
import type { RawClient } from '../../support/raw-client.ts';

const PATH = '/model/amazon.nova-micro-v1:0/converse';
const TARGET = bedrockTarget(PATH, 'us-east-1') ?? expect.fail();
const FRAMED = 'Content-Type | application/json | Transfer-Encoding | chunked | Expect | 100-continue';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: null };

function signer(options: Partial<BedrockSignerOptions> = {}): BedrockSigner {
  return new BedrockSigner({
    credentials: { get: () => Promise.resolve(CREDENTIALS) },
    clock: systemClock,
    ...options,
  });
}

const raw = (text: string): string[] => text.split(/ \| /);

const requested = (authorization: string): string[] =>
  raw(
    `Host | 127.0.0.1:8080 | Authorization | ${authorization} | X-Api-Key | sk-1 | Cookie | a=b | ${FRAMED} | X-Task-ID | 1`,
  );
const sent = (authorization: string): string[] =>
  raw(`Host | ${TARGET.host} | ${FRAMED} | Authorization | ${authorization}`);

describe('net/bedrock-signing', () => {
  describe('with an API key', () => {
    it.each(['Bearer ABSKQmVkcm9ja0FQSUtleQ==', 'Bearer bedrock-api-key-YmVkcm9jaw=='])(
      'of the client, %s, sends that on, holds nothing and lends none of ours',
      (key) => {
        for (const apiKey of [null, 'ours'])
          expect(signer({ apiKey }).plan('POST', TARGET, requested(key))).toEqual({ headers: sent(key), edit: null });
      },
    );

    it('of ours, puts it in the place of whatever the client has', () => {
      for (const theirs of ['Bearer sk-ant-1', 'Basic x', 'AWS4-HMAC-SHA256 Credential=x'])
        expect(signer({ apiKey: 'ours' }).plan('POST', TARGET, requested(theirs))).toEqual({
          headers: sent('Bearer ours'),
          edit: null,
        });
    });
  });

  it('has so much room, and has it again when a body is gone', async () => {
    const all = signer({ limits: { maxEachBytes: 10, maxAllBytes: 15 } });
    const one = all.plan('POST', TARGET, []).edit ?? expect.fail();
    const other = all.plan('POST', TARGET, []).edit ?? expect.fail();
    one.hold(Buffer.alloc(10));
    expect(() => one.hold(Buffer.alloc(1))).toThrow('32 MB');
    expect(() => other.hold(Buffer.alloc(6))).toThrow('32 MB');
    one.release();
    one.release();
    const third = all.plan('POST', TARGET, []).edit ?? expect.fail();
    expect(third.hold(Buffer.alloc(10))).toBe(true);
    const { headers } = (await third.decide()) ?? expect.fail();
    expect(headers.slice(-2)).toEqual(['Content-Length', '10']);
  });

  describe('behind the engine', () => {
    const bench = new EngineBench(openBareFrontDoor);

    afterEach(() => bench.close());

    async function ask(head: string, options: Partial<BedrockSignerOptions> = {}): Promise<RawClient> {
      const providers = { get: () => null, mount: () => null, lookup: () => null, isServer: () => false };
      const urls = { providers, backends: {}, passthrough: null, intercept: [], bedrockRegion: 'us-east-1' };
      await bench.start(answering(OK));
      await bench.restart({ baseUrls: new BaseUrls(urls), bedrock: signer(options) });
      return bench.client().send(`POST ${PATH} HTTP/1.1\r\nHost: h\r\n${head}\r\n\r\n`);
    }

    it('asks for a body that its client announces, since nobody else does', async () => {
      const asked = await ask('Expect: 100-continue\r\nContent-Length: 2');
      await asked.hears('HTTP/1.1 100 Continue\r\n\r\n');
    });

    it('answers where the request cannot be written, and leaves no exchange open', async () => {
      const credentials = { ...CREDENTIALS, sessionToken: 'pasted “token”' };
      const asked = await ask('Content-Length: 0', { credentials: { get: () => Promise.resolve(credentials) } });
      expect((await asked.over()).text).toMatch(/^HTTP\/1\.1 400 .*Invalid character/);
      expect(asked.text).not.toContain('pasted');
      expect(bench.proxy.entrance.status().in_flight).toBe(0);
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ error: { type: 'request_malformed' } }]);
    });
  });
});
