import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../../src/delivery/destination.ts';
import type { Destination } from '../../../src/delivery/destination.ts';
import { createLoki, type LokiDeps, type LokiOptions, payloadOf } from '../../../src/delivery/loki.ts';
import type { LokiEntry } from '../../../src/delivery/loki-entries.ts';
import { anAgentStep } from '../../support/captures.ts';
import { type LokiReceiver, startLokiReceiver } from '../../support/loki-receiver.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

const DEPS: LokiDeps = { ca: null, version: '1.2.3', machine: 'ana@box' };
const { signal } = new AbortController();

let loki: LokiReceiver;
let opened: Destination[];
beforeEach(async () => {
  loki = await startLokiReceiver();
  opened = [];
});
afterEach(async () => {
  for (const destination of opened) await destination.close();
  await loki.close();
});

function open(over: Partial<LokiOptions> = {}, deps: Partial<LokiDeps> = {}): Destination {
  const options = { url: loki.url, authToken: null, headers: {}, environment: 'test', machine: '', gzip: false };
  const destination = createLoki({ ...options, batchSize: 100, bodies: true, ...over }, { ...DEPS, ...deps });
  opened.push(destination);
  return destination;
}

const verdictOf = async (sent: Promise<unknown>): Promise<DeliveryError> => {
  const error = await sent.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DeliveryError)) throw new Error(`no DeliveryError: ${String(error)}`);
  return error;
};

/** Calls of one stream that began at these milliseconds. */
const calls = (...starts: number[]): ReturnType<typeof aStoredExchange>[] =>
  starts.map((at) =>
    aStoredExchange({
      id: `call_${at}`,
      started_at: new Date(Date.parse('2026-11-21T12:00:00Z') + at).toISOString(),
      agent_facts: anAgentStep(),
    }),
  );

const anEntryAt = (time: bigint, name: string): LokiEntry => ({ labels: { app: name }, time, line: `${name}${time}` });

describe('delivery/loki', () => {
  it('says what it is', () => {
    const destination = open({ url: 'https://me:secret@loki.test/tenant/?x=1', bodies: false, batchSize: 40 });
    expect(destination).toMatchObject({
      name: 'loki',
      address: 'https://loki.test/tenant/loki/api/v1/push',
      wantsBodies: false,
      batchSize: 10,
    });
  });

  it.each([
    [1000, true, 25],
    [1000, false, 250],
    [20, true, 5],
    [1, true, 1],
  ])('takes, of %i lines a request (bodies: %s), %i calls at once', (batchSize, bodies, expected) => {
    expect(open({ batchSize, bodies }).batchSize).toBe(expected);
  });

  it('sends no more lines at once than it is told', async () => {
    await open({ batchSize: 5 }).send(calls(0, 1, 2), signal);
    expect(loki.statuses).toHaveLength(3);
    expect(loki.entries).toHaveLength(12);
  });

  it.each([
    ['http://loki:3100', 'http://loki:3100/loki/api/v1/push'],
    ['http://loki:3100/', 'http://loki:3100/loki/api/v1/push'],
    ['http://loki:3100/loki/api/v1/push', 'http://loki:3100/loki/api/v1/push'],
    ['http://gate/a/loki/api/v1/push', 'http://gate/a/loki/api/v1/push'],
  ])('sends to %s as %s', (url, address) => {
    expect(open({ url }).address).toBe(address);
  });

  it.each(['loki:3100', 'not a url', 'ftp://loki/'])('refuses %s as an address, without repeating it', (url) => {
    expect(() => open({ url })).toThrow(/no http or https address/);
    expect(() => open({ url })).not.toThrow(url);
  });

  it.each([false, true])('sends what Loki takes, in streams of equal labels (gzip: %s)', async (gzip) => {
    const receipt = await open({ gzip }).send(calls(5, 0, 3), signal);
    expect(receipt).toEqual({ refused: 0, reason: null });
    expect(loki.statuses).toEqual([204]);
    expect(loki.requests[0]?.['content-encoding']).toBe(gzip ? 'gzip' : undefined);
    expect(loki.requests[0]?.['user-agent']).toBe('llm-proxy/1.2.3');
    const requests = loki.entries.filter(({ labels }) => labels['log_type'] === 'request');
    expect(requests.map(({ line }) => (JSON.parse(line) as { _meta: { ts: string } })._meta.ts)).toEqual([
      '2026-11-21T12:00:00.000Z',
      '2026-11-21T12:00:00.003Z',
      '2026-11-21T12:00:00.005Z',
    ]);
    expect(loki.entries).toHaveLength(12);
    expect(loki.entries[0]?.labels).toMatchObject({ machine: 'ana@box', environment: 'test' });
  });

  it('sends the same again, of which Loki keeps one', async () => {
    const destination = open();
    await destination.send(calls(0, 3), signal);
    const before = loki.entries;
    await destination.send(calls(0, 3), signal);
    await open().send(calls(3), signal);
    expect(loki.statuses).toEqual([204, 204, 204]);
    expect(loki.entries).toEqual(before);
  });

  it.each([
    ['', { authToken: 'tok-1' }, 'Bearer tok-1'],
    ['', { authToken: '' }, undefined],
    ['7:p%40ss@', {}, `Basic ${Buffer.from('7:p@ss').toString('base64')}`],
    ['7:100%@', {}, `Basic ${Buffer.from('7:100%').toString('base64')}`],
    ['', { authToken: 'tok-1', headers: { Authorization: 'Basic abc' } }, 'Basic abc'],
  ])('authenticates with "%s" in its address and %j', async (user, over, expected) => {
    await open({ ...over, url: loki.url.replace('http://', `http://${user}`) }).send(calls(0), signal);
    expect(loki.requests[0]?.authorization).toBe(expected);
  });

  it('sends the headers that it is given', async () => {
    await open({ headers: { 'X-Scope-OrgID': 'team-a' } }).send(calls(0), signal);
    expect(loki.requests[0]?.['x-scope-orgid']).toBe('team-a');
  });

  it('sends no more than a megabyte at once, and no line that is too long', async () => {
    const long = aStoredMessage('POST /v1/messages HTTP/1.1', JSON.stringify({ text: 'x'.repeat(300_000) }));
    const many = calls(0, 1, 2, 3).map((call) => ({ ...call, request: long }));
    await open().send(many, signal);
    expect(loki.statuses).toEqual([204, 204]);
    for (const size of loki.sizes) expect(size).toBeLessThanOrEqual(1_000_000);
    expect(loki.entries).toHaveLength(16);
    expect(loki.entries.filter(({ line }) => line.includes('"truncated":true'))).toHaveLength(4);
  });

  it('goes on behind what was taken when calls come again that are more than Loki takes at once', async () => {
    const destination = open({ batchSize: 5 });
    loki.pass(2);
    loki.fail({ status: 429, body: 'ingestion rate limit exceeded' });
    expect((await verdictOf(destination.send(calls(0, 1, 2, 3), signal))).verdict).toBe('retry');
    expect(loki.statuses).toEqual([204, 204, 429]);
    await destination.send(calls(0, 1, 2, 3, 4), signal);
    expect(loki.statuses).toEqual([204, 204, 429, 204, 204]);
    expect(loki.entries).toHaveLength(20);
    await destination.send(calls(0, 1, 2, 3, 4), signal);
    expect(loki.statuses).toHaveLength(9);
  });

  it('sends no bodies where they are not wanted', async () => {
    await open({ bodies: false }).send(calls(0), signal);
    expect(loki.entries.some(({ line }) => line.includes('Hello'))).toBe(false);
    expect(loki.entries).toHaveLength(4);
  });

  it.each([
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
    [401, 'settings'],
    [404, 'settings'],
    [400, 'refused'],
    [413, 'too_large'],
  ])('takes HTTP %i for %s', async (status, verdict) => {
    loki.fail({ status, body: 'because', headers: { 'retry-after': '7' } });
    const error = await verdictOf(open().send(calls(0), signal));
    expect(error).toMatchObject({ verdict, retryAfterMs: 7000 });
    expect(error.message).toContain('because');
  });

  it('says that it is away, and does not say its key', async () => {
    const destination = open({ authToken: 'glsa_SECRETSECRETSECRETSECRET' });
    await loki.close();
    const error = await verdictOf(destination.send(calls(0), signal));
    expect(error.verdict).toBe('retry');
    expect(error.message).not.toContain('SECRET');
  });

  it('ends when it is told to', async () => {
    const stopped = new AbortController();
    stopped.abort();
    expect((await verdictOf(open().send(calls(0), stopped.signal))).verdict).toBe('retry');
    expect(loki.statuses).toEqual([]);
  });

  it('has what Loki found too old refused, while the others are stored', async () => {
    const strict = await startLokiReceiver({ oldest: BigInt(Date.parse('2026-11-21T12:00:00Z')) * 1_000_000n });
    const error = await verdictOf(open({ url: strict.url }).send(calls(-90_000, 0), signal));
    expect(error).toMatchObject({
      verdict: 'refused',
      message: expect.stringContaining('timestamp too old') as string,
    });
    expect(strict.entries).toHaveLength(4);
    await strict.close();
  });

  it('counts a call that cannot be written, and sends the others', async () => {
    const broken = aStoredExchange({ id: 'call_broken', started_at: 'yesterday' });
    const receipt = await open().send([broken, ...calls(0)], signal);
    expect(receipt).toMatchObject({ refused: 1, reason: expect.stringContaining('call_broken') as string });
    expect(loki.entries).toHaveLength(4);
  });

  it('sends nothing that the history could not be asked of', async () => {
    const history = {
      numberOf: () => {
        throw new Error('database is locked');
      },
    };
    await expect(open({}, { history }).send(calls(0), signal)).rejects.toThrow('database is locked');
    expect(loki.statuses).toEqual([]);
  });

  it('numbers calls where it is given a history', async () => {
    await open({}, { history: { numberOf: () => 1 } }).send(calls(0), signal);
    const start = loki.entries.find(({ labels }) => labels['log_type'] === 'session_start');
    expect(JSON.parse(start?.line ?? '')).toMatchObject({ type: 'session_start', upstream: 'api.anthropic.com' });
  });

  it('writes times as text, each stream once and in order', () => {
    const payload = payloadOf([anEntryAt(3n, 'a'), anEntryAt(1n, 'b'), anEntryAt(2n, 'a')]);
    expect(JSON.parse(payload)).toEqual({
      streams: [
        {
          stream: { app: 'a' },
          values: [
            ['2', 'a2'],
            ['3', 'a3'],
          ],
        },
        { stream: { app: 'b' }, values: [['1', 'b1']] },
      ],
    });
  });
});
