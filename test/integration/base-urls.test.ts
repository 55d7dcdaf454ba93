import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';

interface Heard {
  host: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const HOSTS = ['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com', 'chatgpt.com'];

const CHAT = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 },
};
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5',
  content: [{ type: 'text', text: 'Hi.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 21, output_tokens: 4 },
};
const CONTENT = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP' }],
  modelVersion: 'gemini-3-flash',
  usageMetadata: { promptTokenCount: 31, candidatesTokenCount: 5, totalTokenCount: 36 },
};
const EMBEDDING = {
  object: 'list',
  model: 'text-embedding-3-small',
  data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
  usage: { prompt_tokens: 6, total_tokens: 6 },
};

const sse = (events: readonly object[]): string =>
  events.map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const MESSAGE_STREAM = sse([
  { type: 'message_start', message: { ...MESSAGE, content: [], usage: { input_tokens: 21, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } },
  { type: 'message_stop' },
]);

function answerOf({ path, body }: Heard): [type: string, body: string] {
  if (path.includes('/messages')) {
    return body.includes('"stream":true')
      ? ['text/event-stream', MESSAGE_STREAM]
      : ['application/json', JSON.stringify(MESSAGE)];
  }
  if (path.includes(':generateContent')) return ['application/json', JSON.stringify(CONTENT)];
  if (path.includes('/embeddings')) return ['application/json', JSON.stringify(EMBEDDING)];
  if (path.includes('/completions')) return ['application/json', JSON.stringify(CHAT)];
  return ['application/json', '{"object":"list","data":[]}'];
}

describe('base URLs on the proxy port', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-test-'));
  const heard: Heard[] = [];
  let provider: Server;
  let local: Server;
  let daemon: Daemon;
  let base: string;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { host = '' } = request.headers;
      const one = { host, path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() };
      heard.push(one);
      const [type, body] = answerOf(one);
      response.writeHead(200, { 'content-type': type });
      response.end(body);
    });
  };

  beforeAll(async () => {
    const ca = makeCa('upstream');
    const leaf = makeLeaf(ca, { dns: HOSTS });
    provider = createServer({ key: leaf.key, cert: leaf.cert }, answer);
    local = createHttpServer(answer) as unknown as Server;
    for (const server of [provider, local]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const file = join(folder, 'upstream.pem');
    writeFileSync(file, ca.pem);
    const hosts = HOSTS.flatMap((host) => ['--connect-to', `${host}:443:127.0.0.1:${portOf(provider)}`]);
    daemon = await startDaemon({
      args: [...hosts, '--upstream-ca', file, '--backend', `mistral=http://127.0.0.1:${portOf(local)}/v1`],
    });
    base = `http://127.0.0.1:${daemon.proxyPort}`;
  });

  afterAll(async () => {
    await daemon.stop();
    for (const server of [provider, local]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** All calls, once there are so many. */
  async function newest(count: number): Promise<CallRecord[]> {
    let calls: CallRecord[] = [];
    const look = async (): Promise<number> => {
      ({ calls } = (await (await daemon.get('/api/calls?limit=1000')).json()) as { calls: CallRecord[] });
      return calls.length;
    };
    await expect.poll(look, { interval: 5 }).toBeGreaterThanOrEqual(count);
    return calls;
  }

  async function callsAfter(work: () => Promise<unknown>, count: number): Promise<CallRecord[]> {
    const before = (await newest(0)).length;
    await work();
    const calls = await newest(before + count);
    return calls.slice(0, calls.length - before);
  }

  it.each(['/openai/v1', '/openai/api.openai.com/v1', '/openai/api.openai.com', '/openai', '/v1', ''])(
    'serves the SDK of OpenAI at the base URL %s',
    async (path) => {
      const client = new OpenAI({ baseURL: base + path, apiKey: 'sk-x', maxRetries: 0 });
      const calls = await callsAfter(async () => {
        const chat = await client.chat.completions.create({
          model: 'gpt-4o-mini',
          messages: [{ role: 'user', content: 'Hi' }],
        });
        expect(chat.choices[0]?.message.content).toBe('Hi.');
        await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi', encoding_format: 'float' });
      }, 2);
      expect(
        calls.map((call) => [call.provider, call.host, call.path, call.usage.input_tokens, call.usage.output_tokens]),
      ).toEqual([
        ['openai', 'api.openai.com', '/v1/embeddings', 6, 0],
        ['openai', 'api.openai.com', '/v1/chat/completions', 11, 3],
      ]);
      expect(heard.at(-1)).toMatchObject({ host: 'api.openai.com', path: '/v1/embeddings' });
      expect(calls[1]?.cost_usd).toBeGreaterThan(0);
    },
  );

  it.each(['', '/anthropic', '/anthropic/api.anthropic.com'])(
    'serves the SDK of Anthropic at the base URL %s',
    async (path) => {
      const client = new Anthropic({ baseURL: base + path, apiKey: 'sk-ant-x', maxRetries: 0 });
      const question = {
        model: 'claude-sonnet-5',
        max_tokens: 9,
        messages: [{ role: 'user' as const, content: 'Hi' }],
      };
      const calls = await callsAfter(async () => {
        const message = await client.messages.create(question);
        expect(message.content).toMatchObject([{ text: 'Hi.' }]);
        const text = await client.messages.stream(question).finalText();
        expect(text).toBe('Hi.');
      }, 2);
      expect(
        calls.map((call) => [
          call.provider,
          call.stream,
          call.usage.source,
          call.usage.input_tokens,
          call.usage.output_tokens,
        ]),
      ).toEqual([
        ['anthropic', true, 'sse', 21, 4],
        ['anthropic', false, 'json', 21, 4],
      ]);
    },
  );

  it.each(['', '/google', '/google/generativelanguage.googleapis.com'])(
    'serves the SDK of Google at the base URL %s',
    async (path) => {
      const client = new GoogleGenAI({ apiKey: 'AIza-x', httpOptions: { baseUrl: base + path } });
      const [call] = await callsAfter(async () => {
        const answer = await client.models.generateContent({ model: 'gemini-3-flash', contents: 'Hi' });
        expect(answer.text).toBe('Hi.');
      }, 1);
      expect(call).toMatchObject({ provider: 'google', usage: { input_tokens: 31, output_tokens: 5 } });
    },
  );

  it('sends a backend its calls with its version once, over plain http, and the client key with them', async () => {
    const client = new OpenAI({ baseURL: `${base}/mistral/v1`, apiKey: 'the-key', maxRetries: 0 });
    const [call] = await callsAfter(
      () => client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] }),
      1,
    );
    expect(call).toMatchObject({ provider: 'mistral', transport: 'http', usage: { input_tokens: 11 } });
    const last = heard.at(-1);
    expect([last?.host, last?.path, last?.headers.authorization]).toEqual([
      `127.0.0.1:${portOf(local)}`,
      '/v1/chat/completions',
      'Bearer the-key',
    ]);
  });

  it('reads the context headers of any maker and sends none of them on', async () => {
    const headers = {
      'content-type': 'application/json',
      'X-Trace-ID': 'trace-1',
      'x-task-id': 'task-1',
      'X-AGENT-NAME': 'planner',
      'X-LLMObserve-Customer-ID': 'customer-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-other': 'stays',
    };
    const [call] = await callsAfter(
      () =>
        fetch(`${base}/v1/messages`, {
          method: 'POST',
          headers,
          body: '{"model":"claude-sonnet-5","messages":[]}',
        }).then((response) => response.text()),
      1,
    );
    expect(call).toMatchObject({ task_id: 'task-1', agent: 'planner', customer_id: 'customer-1' });
    const names = Object.keys(heard.at(-1)?.headers ?? {});
    expect(names.filter((name) => /^x-(?:trace|task|agent|llm)|traceparent/.test(name))).toEqual([]);
    expect(names).toContain('x-other');
  });

  it('sends a ChatGPT login to the host of ChatGPT', async () => {
    const headers = { authorization: 'Bearer aa.bb.cc', 'content-type': 'application/json' };
    const [call] = await callsAfter(
      () =>
        fetch(`${base}/openai/api.openai.com/v1/responses`, {
          method: 'POST',
          headers,
          body: '{"model":"gpt-5"}',
        }).then((response) => response.text()),
      1,
    );
    expect(call).toMatchObject({ provider: 'chatgpt', host: 'chatgpt.com', path: '/backend-api/codex/responses' });
  });

  it('sends what LLMObserve names in its header, and keeps the header', async () => {
    const headers = {
      'content-type': 'application/json',
      'X-LLMObserve-Target-URL': 'https://api.openai.com/v1/chat/completions',
      'X-LLMObserve-Tenant-ID': 'tenant-1',
    };
    const [call] = await callsAfter(
      () =>
        fetch(`${base}/proxy`, { method: 'POST', headers, body: '{"model":"gpt-4o-mini"}' }).then((response) =>
          response.text(),
        ),
      1,
    );
    expect(call).toMatchObject({
      provider: 'openai',
      path: '/v1/chat/completions',
      tenant_id: 'tenant-1',
      usage: { input_tokens: 11 },
    });
    expect(heard.at(-1)?.headers['x-llmobserve-target-url']).toBeUndefined();
  });

  it('relays a WebSocket of a base URL', async () => {
    provider.once('upgrade', (request: IncomingMessage, socket: Socket) => {
      heard.push({ host: request.headers.host ?? '', path: request.url ?? '', headers: request.headers, body: '' });
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'realtime' };
    const [call] = await callsAfter(async () => {
      const request = httpRequest({ port: daemon.proxyPort, path: '/openai/v1/realtime?model=gpt-realtime', headers });
      request.end();
      const [response, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
      expect(response.statusCode).toBe(101);
      socket.write('ping');
      const [echo] = (await once(socket, 'data')) as [Buffer];
      expect(echo.toString()).toBe('ping');
      socket.end();
      await once(socket, 'close');
    }, 1);
    expect(call).toMatchObject({ provider: 'openai', transport: 'websocket', outcome: 'upgraded' });
    expect(heard.at(-1)).toMatchObject({ host: 'api.openai.com', path: '/v1/realtime?model=gpt-realtime' });
    expect(heard.at(-1)?.headers['sec-websocket-protocol']).toBe('realtime');
  });

  it('refuses hosts that nobody has named and paths of nobody, in one line that says what to do, and asks nobody', async () => {
    const before = heard.length;
    const evil = await raw('/openai/example.com/v1/models');
    expect([evil.status, evil.body]).toEqual([403, expect.stringContaining('example.com is no host of a provider')]);
    expect((await raw('/openai/169.254.169.254/latest/meta-data')).status).toBe(403);
    expect((await raw(`/openai/127.0.0.1:${daemon.proxyPort}/v1/models`)).status).toBe(403);
    const nobody = await raw('/wp-admin');
    expect([nobody.status, nobody.body]).toEqual([404, expect.stringContaining('or as a base URL')]);
    expect((await raw('//api.openai.com/v1/models')).status).toBe(404);
    expect(heard.length).toBe(before);
  });

  it('sees what a program of run asks of a local model server that is configured', async () => {
    const script = "fetch(process.env.OLLAMA_HOST + '/v1/chat/completions', { method: 'POST', body: '{}' })";
    const own = { LLM_PROXY_LOCAL: `ollama=127.0.0.1:${portOf(local)}` };
    const other = await startDaemon({ env: own });
    const env = { OLLAMA_HOST: `http://127.0.0.1:${portOf(local)}`, XDG_STATE_HOME: join(other.home, 'state') };
    const { code, stderr } = await runCli(['run', '--home', other.home, '--', process.execPath, '-e', script], env);
    await other.stop();
    expect([code, stderr]).toEqual([0, expect.stringContaining('ollama/')]);
    expect(heard.at(-1)).toMatchObject({ host: `127.0.0.1:${portOf(local)}`, path: '/v1/chat/completions' });
  });

  it('writes the log file of the provider that answered', async () => {
    const files = readdirSync(join(daemon.home, 'logs'));
    expect(files.some((file) => file.startsWith('anthropic-'))).toBe(true);
    const text = files.map((file) => readFileSync(join(daemon.home, 'logs', file), 'utf8')).join('');
    expect(text).not.toContain('Bearer the-key');
  });

  function raw(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ port: daemon.proxyPort, host: '127.0.0.1', path }, (response) => {
        let body = '';
        response.on('data', (part: Buffer) => (body += part.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      request.on('error', reject);
      request.end();
    });
  }
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
