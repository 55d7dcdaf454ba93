import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, httpResponse, openTls, readBytes } from '../support/tunnel-client.ts';

const HOST = 'api.anthropic.com';
let last = 0;
/** A secret that is found again: its middle is unique to this place. */
const placed: string[] = [];

function canary(prefix: string, length = 40): string {
  const middle = `CANARY${String(++last).padStart(3, '0')}`;
  placed.push(middle);
  return `${prefix}${middle}${'x7Kq2Lm9Pz4Rt8Vw'.repeat(4)}`.slice(0, prefix.length + length);
}

interface Placement {
  request: Buffer;
  response: Buffer;
}

function call(options: {
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  answer?: string;
  answerHeaders?: Record<string, string>;
  status?: string;
}): Placement {
  const body =
    options.body ?? JSON.stringify({ model: 'claude-haiku-4-5', messages: [{ role: 'user', content: 'hi' }] });
  const answer =
    options.answer ??
    JSON.stringify({
      type: 'message',
      model: 'claude-haiku-4-5',
      content: [],
      usage: { input_tokens: 1, output_tokens: 1 },
    });
  return {
    request: httpRequest(
      'POST',
      options.path ?? '/v1/messages',
      HOST,
      { 'content-type': 'application/json', ...options.headers },
      body,
    ),
    response: httpResponse(answer, options.answerHeaders, options.status),
  };
}

const json = (value: unknown): string => JSON.stringify(value);
const event = (value: unknown): string => `event: x\ndata: ${json(value)}\n\n`;
const basic = (secret: string): string => {
  const text = Buffer.from(`user:${secret}`).toString('base64');
  placed.push(text.slice(8, 24));
  return text;
};

const placements: Record<string, Placement> = {
  'x-api-key header': call({ headers: { 'x-api-key': canary('sk-ant-api03-') } }),
  'authorization header': call({ headers: { authorization: `Bearer ${canary('sk-ant-oat01-')}` } }),
  'authorization of an unknown form': call({ headers: { AUTHORIZATION: `Token ${canary('')}` } }),
  'basic authorization': call({ headers: { authorization: `Basic ${basic(canary('', 20))}` } }),
  'api-key header': call({ headers: { 'Api-Key': canary('', 32) } }),
  'x-goog-api-key header': call({ headers: { 'x-goog-api-key': canary('AIza', 35) } }),
  'x-amz-security-token header': call({ headers: { 'X-Amz-Security-Token': canary('FwoG') } }),
  cookie: call({ headers: { cookie: `session=${canary('')}; other=1` } }),
  'web socket sub-protocol': call({
    headers: { 'sec-websocket-protocol': `realtime, openai-insecure-api-key.${canary('ek_', 30).toLowerCase()}` },
  }),
  'query key': call({ path: `/v1/messages?beta=true&key=${canary('AIza', 35)}` }),
  'query access_token': call({ path: `/v1/messages?access_token=${canary('ya29.')}` }),
  'pattern inside the path': call({ path: `/v1/keys/${canary('sk-proj-')}/messages` }),
  'body key': call({
    body: json({ model: 'm', messages: [], mcp_servers: [{ url: 'https://x', authorization_token: canary('') }] }),
  }),
  'body password': call({ body: json({ model: 'm', messages: [], metadata: { password: canary('', 20) } }) }),
  'key quoted in a prompt': call({
    body: json({ model: 'm', messages: [{ role: 'user', content: `my key is ${canary('sk-ant-api03-')}, help` }] }),
  }),
  'form body': call({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `grant_type=refresh_token&refresh_token=${canary('')}&client_secret=${canary('')}`,
  }),
  'multipart body': call({
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body: `--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n${canary('')}\r\n--b--\r\n`,
  }),
  'answer body': call({
    answer: json({ id: 'sess', client_secret: { value: canary('ek_', 30).toLowerCase(), expires_at: 1 } }),
  }),
  'error that echoes the key': call({
    status: '401 Unauthorized',
    answer: json({
      type: 'error',
      error: { type: 'authentication_error', message: `Incorrect API key provided: ${canary('sk-proj-')}.` },
    }),
  }),
  'set-cookie': call({ answerHeaders: { 'set-cookie': `__cf_bm=${canary('')}; path=/` } }),
  'text of a stream': call({
    answerHeaders: { 'content-type': 'text/event-stream' },
    answer:
      event({
        type: 'message_start',
        message: { model: 'claude-haiku-4-5', usage: { input_tokens: 3, output_tokens: 1 } },
      }) +
      event({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: `use ${canary('ghp_', 36)} then` },
      }) +
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }),
  }),
  'context header': call({ headers: { 'X-LLMObserve-API-Key': canary('llmo_sk_') } }),
  'JSON web token': call({ body: json({ model: 'm', note: `eyJ${canary('')}.${canary('eyJ')}.${canary('')}` }) }),
  'private key': call({
    body: json({ model: 'm', key_file: `-----BEGIN PRIVATE KEY-----\nMIIE${canary('')}\n-----END PRIVATE KEY-----` }),
  }),
};

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-secrets-'));
  let upstream: Upstream<TLSSocket>;
  let daemon: Daemon;
  const all = Object.values(placements);

  beforeAll(async () => {
    const ca = makeCa();
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    let next = 0;
    upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
      let seen = 0;
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        const placement = all[next];
        // The context header is cut out on the way, so the upstream gets a little less than was sent.
        if (placement === undefined || seen < placement.request.length - 200) return;
        seen = 0;
        next += 1;
        socket.write(placement.response);
      });
    });
    daemon = await startDaemon({
      args: [
        '--upstream-ca',
        join(folder, 'ca.pem'),
        '--connect-to',
        `${HOST}:443:127.0.0.1:${upstream.port}`,
        '--log-level',
        'debug',
      ],
    });
  });

  afterAll(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are found nowhere: not in logs, database, metrics, answers of the API, output or process title', async () => {
    const socket = await openTls(daemon, HOST, `Proxy-Authorization: Basic ${basic(canary('', 20))}\r\n`);
    for (const placement of all) {
      socket.write(placement.request);
      await readBytes(socket, placement.response.length);
    }
    socket.destroy();
    await expect
      .poll(
        async () => ((await (await daemon.get('/api/calls?limit=200')).json()) as { calls: unknown[] }).calls.length,
      )
      .toBe(all.length);
    const { calls } = (await (await daemon.get('/api/calls?limit=200')).json()) as { calls: { id: string }[] };
    const texts: Record<string, string> = {
      output: daemon.output(),
      cmdline: readFileSync(`/proc/${daemon.pid}/cmdline`, 'latin1'),
    };
    for (const path of ['/metrics', '/health', '/api/stats', '/api/calls?limit=200'])
      texts[path] = await (await daemon.get(path)).text();
    for (const { id } of calls) {
      texts[`call ${id}`] = await (await daemon.get(`/api/calls/${id}`)).text();
      texts[`log ${id}`] = await (await daemon.get(`/api/calls/${id}/log`)).text();
    }
    for (const file of filesOf(daemon.home)) texts[file] = readFileSync(file, 'latin1');
    const found = Object.entries(texts).flatMap(([where, text]) =>
      placed
        .filter((secret) => text.toLowerCase().includes(secret.toLowerCase()))
        .map((secret) => `${secret} in ${where}`),
    );
    expect(found).toEqual([]);
    // The test looked at something: every call left its section in a log file.
    const logged = filesOf(join(daemon.home, 'logs'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    expect(calls.filter(({ id }) => !logged.includes(id))).toEqual([]);
  });
});
