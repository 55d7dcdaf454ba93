import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { authorizationOf, sha256 } from '../../src/gateway/sigv4.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { encodeChunk } from '../support/eventstream.ts';

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'a-secret-that-stays-here',
  sessionToken: 'a-session-token',
};
const REGION = 'eu-west-1';
const HOST = `bedrock-runtime.${REGION}.amazonaws.com`;
const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

const CONVERSE = {
  output: { message: { role: 'assistant', content: [{ text: 'Hi.' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 12, outputTokens: 3, totalTokens: 15 },
};

/** As Bedrock frames Anthropic's stream. */
const EVENTS = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      role: 'assistant',
      model: 'claude',
      content: [],
      usage: { input_tokens: 40, output_tokens: 1 },
    },
  },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi.' } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
].map(encodeChunk);

interface Seen {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  isSigned: boolean;
}

/** What AWS does first. */
function isSigned(method: string, path: string, headers: Seen['headers'], body: Buffer): boolean {
  const theirs = String(headers['authorization'] ?? '');
  const names = /SignedHeaders=([^,]+)/.exec(theirs)?.[1]?.split(';') ?? [];
  const ours = authorizationOf({
    method,
    target: path,
    headers: names.map((name) => [name, String(headers[name] ?? '')]),
    payloadHash: sha256([body]),
    date: String(headers['x-amz-date'] ?? ''),
    region: REGION,
    service: 'bedrock',
    credentials: CREDENTIALS,
  });
  return theirs !== '' && ours === theirs && headers['x-amz-security-token'] === CREDENTIALS.sessionToken;
}

const to = async (port: number): Promise<string> => {
  const response = await fetch(`http://127.0.0.1:${port}/model/m/invoke`, { method: 'POST', body: '{}' });
  return `${response.status} ${await response.text()}`;
};

describe('Bedrock, signed on its way', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-test-'));
  let seen: Seen[];
  let aws: Server;
  let daemon: Daemon;
  /** They lead to it. */
  let args: string[];
  /** Answers of the next requests, before the usual ones. */
  let refusals: { status: number; body: string; date: Date }[];

  beforeAll(async () => {
    const ca = makeCa('upstream');
    const leaf = makeLeaf(ca, { dns: [HOST] });
    aws = createServer({ key: leaf.key, cert: leaf.cert }, (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const body = Buffer.concat(parts);
        seen.push({ path: url, headers, body, isSigned: isSigned(method, url, headers, body) });
        const refusal = refusals.shift();
        if (refusal !== undefined) {
          response.writeHead(refusal.status, { date: refusal.date.toUTCString(), 'content-type': 'application/json' });
          response.end(refusal.body);
        } else if (url.endsWith('/invoke-with-response-stream')) {
          response.writeHead(200, {
            'content-type': 'application/vnd.amazon.eventstream',
            'x-amzn-requestid': 'req-1',
          });
          for (const event of EVENTS) response.write(event);
          response.end();
        } else {
          response.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': 'req-1' });
          response.end(JSON.stringify(CONVERSE));
        }
      });
    });
    aws.listen(0, '127.0.0.1');
    await once(aws, 'listening');
    const file = join(folder, 'upstream.pem');
    writeFileSync(file, ca.pem);
    args = ['--connect-to', `${HOST}:443:127.0.0.1:${(aws.address() as AddressInfo).port}`, '--upstream-ca', file];
    daemon = await startDaemon({
      args,
      env: {
        BEDROCK_REGION: REGION,
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
      },
    });
  });
  beforeEach(() => {
    seen = [];
    refusals = [];
  });
  afterAll(async () => {
    await daemon.stop();
    aws.closeAllConnections();
    await new Promise((resolve) => aws.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  /** Raw: fetch would encode the path itself. */
  function post(
    path: string,
    body: string | Buffer = '{}',
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const options = { port: daemon.proxyPort, host: '127.0.0.1', method: 'POST', path };
      const request = httpRequest(
        { ...options, headers: { 'content-type': 'application/json', ...headers } },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }));
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  async function newest(count: number): Promise<CallRecord> {
    let calls: CallRecord[] = [];
    for (let looks = 0; looks < 500 && calls.length < count; looks += 1)
      ({ calls } = (await (await daemon.get('/api/calls')).json()) as { calls: CallRecord[] });
    expect(calls).toHaveLength(count);
    return calls[0] ?? expect.fail();
  }

  it('signs a call of Converse, and AWS gets no key of its client', async () => {
    const answer = await post(`/model/${MODEL}/converse`, '{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}', {
      'x-api-key': 'sk-ant-a-key-of-the-client',
      authorization: 'Bearer a-key-of-the-client',
      'anthropic-version': '2023-06-01',
      'x-task-id': 'task-1',
    });
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([200, CONVERSE]);
    expect(seen).toMatchObject([{ path: `/model/${encodeURIComponent(MODEL)}/converse`, isSigned: true }]);
    expect(JSON.stringify(seen[0]?.headers)).not.toContain('key-of-the-client');
    expect(await newest(1)).toMatchObject({
      provider: 'bedrock',
      host: HOST,
      transport: 'bedrock',
      task_id: 'task-1',
      request_model: MODEL,
      usage: { input_tokens: 12, output_tokens: 3 },
    });
  });

  it('passes the frames of a stream on as they are, and counts them', async () => {
    const { status, body } = await post(
      `/model/${encodeURIComponent(MODEL)}/invoke-with-response-stream`,
      '{"messages":[]}',
    );
    expect([status, body.equals(Buffer.concat(EVENTS))]).toEqual([200, true]);
    expect(seen[0]?.isSigned).toBe(true);
    expect(await newest(2)).toMatchObject({
      stream: true,
      usage: { input_tokens: 40, output_tokens: 9, source: 'eventstream' },
    });
    expect(await (await daemon.get('/health/bedrock')).json()).toEqual({
      status: 'ok',
      region: REGION,
      decode_errors: 0,
    });
  });

  it('signs a long body whole', async () => {
    const long = Buffer.from(
      JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x'.repeat(20_000_000) }] }] }),
    );
    expect((await post(`/model/${MODEL}/converse`, long)).status).toBe(200);
    expect([seen[0]?.isSigned, seen[0]?.body.equals(long)]).toEqual([true, true]);
  });

  it('sets its clock by the answer of AWS, asks once more, and keeps to that time', async () => {
    const date = new Date(Date.now() + 3_600_000);
    const expired = { status: 403, body: '{"message":"Signature expired: is now earlier than"}', date };
    refusals = [expired];
    expect((await post(`/model/${MODEL}/converse`)).status).toBe(200);
    await post(`/model/${MODEL}/converse`);
    const signed = seen.map((request) =>
      String(request.headers['x-amz-date']).replace(/(..)(..)T(..)(..)(..)Z$/, '-$1-$2T$3:$4:$5Z'),
    );
    const minutesOff = signed.slice(1).map((at) => Math.abs(Date.parse(at) - date.getTime()) / 60_000);
    expect(seen.map((request) => request.isSigned)).toEqual([true, true, true]);
    expect(Math.max(...minutesOff)).toBeLessThan(10);
    // Only once: an answer that says so again is for the client.
    refusals = [expired, expired];
    const again = await post(`/model/${MODEL}/converse`);
    expect([again.status, again.body.toString()]).toEqual([403, expired.body]);
  });

  it('gives other refusals to the client as they are', async () => {
    refusals = [
      { status: 403, body: '{"message":"The security token included in the request is invalid."}', date: new Date() },
    ];
    const answer = await post(`/model/${MODEL}/converse`);
    expect([answer.status, answer.body.toString()]).toEqual([403, expect.stringContaining('security token')]);
    expect(seen).toHaveLength(1);
  });

  it('refuses what is no path of Bedrock, and asks nobody', async () => {
    for (const path of ['/model/x%23/invoke', '/model/x@y/invoke', '/model/x', '/model//invoke'])
      expect([path, (await post(path)).status]).toEqual([path, 400]);
    expect(seen).toEqual([]);
  });

  it('says so where there are no credentials, or no region', async () => {
    const lost = await startDaemon({
      env: { BEDROCK_REGION: REGION, HOME: folder, AWS_ACCESS_KEY_ID: '', AWS_EC2_METADATA_DISABLED: 'true' },
    });
    const off = await startDaemon();
    expect(await to(lost.proxyPort)).toMatch(/^503 .*no AWS credentials: /);
    expect(await to(off.proxyPort)).toMatch(/^503 .*Bedrock not configured/);
    expect(await (await off.get('/health/bedrock')).json()).toEqual({ status: 'disabled', decode_errors: 0 });
    await Promise.all([lost.stop(), off.stop()]);
  });

  it('sends an API key in place of a signature: its own, or that of the client', async () => {
    const key = 'ABSKa-key-of-the-daemon';
    const other = await startDaemon({ args, env: { BEDROCK_REGION: REGION, AWS_BEARER_TOKEN_BEDROCK: key } });
    await to(other.proxyPort);
    expect(seen).toMatchObject([{ headers: { host: HOST, authorization: `Bearer ${key}` }, body: Buffer.from('{}') }]);
    await other.stop();
    await post(`/model/${MODEL}/converse`, '{}', { authorization: 'Bearer ABSKa-key-of-the-client' });
    expect(seen[1]?.headers).toMatchObject({ authorization: 'Bearer ABSKa-key-of-the-client' });
    expect(seen[1]?.headers).not.toHaveProperty('x-amz-security-token');
  });

  it('writes no credential anywhere', () => {
    const files = readdirSync(daemon.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const file of files) {
      const text = readFileSync(join(file.parentPath, file.name), 'latin1');
      for (const secret of [CREDENTIALS.secretAccessKey, CREDENTIALS.sessionToken, 'ABSKa-key-of-the-client'])
        expect([file.name, text.includes(secret)]).toEqual([file.name, false]);
    }
  });
});
