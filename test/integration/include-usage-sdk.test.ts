import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { Agent, type Dispatcher, fetch as undiciFetch, ProxyAgent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { untilTrue } from '../support/async.ts';
import { makeCa, makeLeaf, type TestCa } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';

const WORDS = ['One', ' two', ' three', '.'];
const MESSAGES = [{ role: 'user', content: 'Count.' }] as const;

/** As OpenAI does: asked for the usage, it writes a null into every chunk and the counts into one more. */
function chunksOf(asked: boolean, model: string): object[] {
  const base = {
    id: `chatcmpl-${model}`,
    object: 'chat.completion.chunk',
    created: 1,
    model,
    system_fingerprint: 'fp',
  };
  const nulls = asked ? { usage: null } : {};
  const choice = (delta: object, finish_reason: string | null = null): object => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...nulls,
    obfuscation: 'x',
  });
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
  return [
    choice({ role: 'assistant', content: '' }),
    ...WORDS.map((content) => choice({ content })),
    choice({}, 'stop'),
    ...(asked ? [{ ...base, choices: [], usage, obfuscation: 'y' }] : []),
  ];
}

describe('the official SDK, streaming through a daemon that asks for the usage in its place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-test-'));
  const dispatchers: Dispatcher[] = [];
  let ca: TestCa;
  let provider: Server;
  let daemon: Daemon;
  /** Bodies that the provider got. */
  const heard: { stream_options?: unknown; model: string }[] = [];
  let live = 0;

  beforeAll(async () => {
    ca = makeCa('upstream');
    const leaf = makeLeaf(ca, { dns: ['api.openai.com'] });
    provider = createServer({ key: leaf.key, cert: leaf.cert }, (request, response) => {
      const parts: Buffer[] = [];
      live += 1;
      response.once('close', () => (live -= 1));
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as (typeof heard)[number];
        heard.push(body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const asked = JSON.stringify(body.stream_options ?? null).includes('"include_usage":true');
        for (const chunk of chunksOf(asked, body.model)) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
        if (body.model !== 'endless') response.end('data: [DONE]\n\n');
      });
    });
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const file = join(folder, 'upstream.pem');
    writeFileSync(file, ca.pem);
    daemon = await startDaemon({
      args: [
        '--connect-to',
        `api.openai.com:443:127.0.0.1:${portOf(provider)}`,
        '--upstream-ca',
        file,
        '--include-usage',
        'openai',
      ],
    });
  });

  afterAll(async () => {
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()));
    await daemon.stop();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  function clientOver(dispatcher: Dispatcher, baseURL = 'https://api.openai.com/v1'): OpenAI {
    dispatchers.push(dispatcher);
    const through = (url: unknown, init: unknown): unknown =>
      undiciFetch(url as string, { ...(init as object), dispatcher });
    return new OpenAI({ apiKey: 'sk-test', baseURL, maxRetries: 0, fetch: through as typeof fetch });
  }

  function proxied(): OpenAI {
    const requestTls = { ca: readFileSync(daemon.caFile) };
    return clientOver(new ProxyAgent({ uri: `http://127.0.0.1:${daemon.proxyPort}`, requestTls }));
  }

  function direct(): OpenAI {
    const connect = { ca: ca.pem, lookup: lookup as never };
    return clientOver(new Agent({ connect }), `https://api.openai.com:${portOf(provider)}/v1`);
  }

  /** The newest of so many calls, once they are all in the store. */
  async function newestOf(count: number): Promise<CallRecord | undefined> {
    let calls: CallRecord[] = [];
    const look = async (): Promise<void> => {
      ({ calls } = (await (await daemon.get('/api/calls')).json()) as { calls: CallRecord[] });
    };
    for (let looks = 0; looks < 500 && calls.length < count; looks += 1) await look();
    expect(calls).toHaveLength(count);
    return calls[0];
  }

  it('sees exactly the chunks that it sees without us, and the record has the counts', async () => {
    const expected = await chunksSeenBy(direct());
    expect(heard.at(-1)?.stream_options).toBeUndefined();
    const seen = await chunksSeenBy(proxied());
    expect(heard.at(-1)?.stream_options).toEqual({ include_usage: true });
    expect(seen).toStrictEqual(expected);
    expect(seen).toHaveLength(WORDS.length + 2);
    expect(await newestOf(1)).toMatchObject({
      usage: { input_tokens: 11, output_tokens: 7, source: 'sse', state: 'final' },
      anomalies: ['include_usage_added'],
      outcome: 'complete',
      stream: true,
    });
  });

  it('gets the usage chunk when it asks itself', async () => {
    const asking = { model: 'gpt-4o', stream_options: { include_usage: true } };
    const expected = await chunksSeenBy(direct(), asking);
    const seen = await chunksSeenBy(proxied(), asking);
    expect(seen).toStrictEqual(expected);
    expect(seen).toHaveLength(WORDS.length + 3);
    expect((await newestOf(2))?.anomalies).toEqual([]);
  });

  it('takes the provider along when it breaks off', async () => {
    const stream = await proxied().chat.completions.create({ model: 'endless', messages: [...MESSAGES], stream: true });
    for await (const _chunk of stream) break;
    await untilTrue(() => live === 0, 'the provider to be left');
    expect(await newestOf(3)).toMatchObject({ outcome: 'client_aborted', anomalies: ['include_usage_added'] });
  });
});

async function chunksSeenBy(client: OpenAI, more: object = {}): Promise<unknown[]> {
  const seen: unknown[] = [];
  const stream = await client.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [...MESSAGES],
    stream: true,
    ...more,
  });
  for await (const chunk of stream) seen.push(chunk);
  return seen;
}

/** Every name is this machine. */
function lookup(_name: string, _options: object, found: (error: null, all: object[]) => void): void {
  found(null, [{ address: '127.0.0.1', family: 4 }]);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
