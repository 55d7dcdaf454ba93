import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import type { Comparison } from '../../src/core/comparison.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';

const KEY = 'sk-ant-api03-abcdefghijklmnopqrstuvwx-client';
const TARGET_KEY = 'target-key-0123456789';

/** As Anthropic's API, and models that speak it, answer. */
const message = (model: string, input: number): object => ({
  id: `msg_${model}_${input}`,
  type: 'message',
  role: 'assistant',
  model,
  content: [{ type: 'text', text: `I am ${model}.` }],
  stop_reason: 'end_turn',
  usage: { input_tokens: input, output_tokens: 4 },
});

interface Heard {
  path: string;
  text: string;
}

describe('modes of a daemon that is configured as cc-proxy was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-test-'));
  const heard: Record<'provider' | 'target', Heard[]> = { provider: [], target: [] };
  const servers: { close(): unknown }[] = [];
  let daemon: Daemon;
  let base: string;

  const answering = (who: 'provider' | 'target') => (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      heard[who].push({
        path: request.url ?? '',
        text: JSON.stringify(request.headers) + Buffer.concat(parts).toString(),
      });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(who === 'provider' ? message('claude-sonnet-5', 21) : message('glm-5-fp8', 19)));
    });
  };

  beforeAll(async () => {
    const ca = makeCa('upstream');
    const leaf = makeLeaf(ca, { dns: ['api.anthropic.com'] });
    const provider: Server = createServer({ key: leaf.key, cert: leaf.cert }, answering('provider'));
    const target = createHttpServer(answering('target'));
    for (const server of [provider, target]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      servers.push(server);
    }
    const file = join(folder, 'upstream.pem');
    writeFileSync(file, ca.pem);
    const config = join(folder, 'cc-proxy.toml');
    writeFileSync(
      config,
      `default_mode = "target"

[server]
listen_address = "127.0.0.1:3080"

[target]
timeout_secs = 300
max_concurrent = 50
auth = "env:GLM_KEY"

[passthrough]
url = "https://api.anthropic.com"
timeout_secs = 300
passthrough_auth = true

[tracing]
service_name = "cc-proxy"
log_level = "info"
`,
    );
    daemon = await startDaemon({
      env: { CC_PROXY_CONFIG: config, GLM_KEY: TARGET_KEY },
      args: [
        '--target-url',
        `http://127.0.0.1:${portOf(target)}`,
        '--model',
        'glm-5-fp8',
        '--allow-anthropic-only',
        '--connect-to',
        `api.anthropic.com:443:127.0.0.1:${portOf(provider)}`,
        '--upstream-ca',
        file,
      ],
    });
    base = `http://127.0.0.1:${daemon.proxyPort}`;
  });
  afterAll(async () => {
    await daemon.stop();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (model: string): Promise<string> => {
    const answer = await fetch(`${base}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'Who are you?' }] }),
    });
    return answer.text();
  };
  const put = async (mode: string): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`${base}/api/mode`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${daemon.token}` },
      body: JSON.stringify({ mode }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const stats = async (): Promise<{ total_requests: number; input_tokens: number }> =>
    (await (await fetch(`${base}/api/stats`)).json()) as { total_requests: number; input_tokens: number };
  const calls = async (): Promise<CallRecord[]> =>
    ((await (await daemon.get('/api/calls')).json()) as { calls: CallRecord[] }).calls;
  const cli = (...words: string[]): Promise<{ stdout: string; code: number | null }> =>
    runCli([...words, '--home', daemon.home], {});

  it('sends every model to the target, with the key of that and none of the client', async () => {
    for (const model of ['claude-opus-5', 'claude-haiku-5']) expect(await ask(model)).toContain('I am glm-5-fp8.');
    expect(heard.provider).toEqual([]);
    expect(heard.target.map(({ path }) => path)).toEqual(['/v1/messages', '/v1/messages']);
    for (const { text } of heard.target) {
      expect(text).toContain('"model":"glm-5-fp8"');
      expect(text).toContain(TARGET_KEY);
      expect(text).not.toContain('client');
    }
    expect((await fetch(`${base}/some/other/path`)).status).toBe(404);
  });

  it('lists the model that is forced', async () => {
    expect(await (await fetch(`${base}/v1/models/glm-5-fp8`)).json()).toMatchObject({ id: 'glm-5-fp8' });
  });

  it('is switched over the proxy port, by those who have the token', async () => {
    expect((await fetch(`${base}/api/mode`, { method: 'PUT', body: '{"mode":"compare"}' })).status).toBe(401);
    expect(await put('compare')).toMatchObject({ status: 200, body: { mode: 'compare' } });
    expect(await put('both')).toMatchObject({ status: 400 });
  });

  it('compares: the client gets the provider, the copy counts nowhere', async () => {
    // The calls that went to the target are counted a moment after their answers.
    await expect.poll(async () => (await stats()).total_requests).toBe(2);
    const before = await stats();
    expect(await ask('claude-sonnet-5')).toContain('I am claude-sonnet-5.');
    await expect
      .poll(async () => ((await (await daemon.get('/api/compare')).json()) as { pairs: unknown[] }).pairs.length)
      .toBe(1);
    const after = await stats();
    expect(after.total_requests - before.total_requests).toBe(1);
    expect(after.input_tokens - before.input_tokens).toBe(21);
    const { pairs } = (await (await daemon.get('/api/compare')).json()) as { pairs: Comparison[] };
    expect(pairs[0]?.primary).toMatchObject({
      provider: 'anthropic',
      host: 'api.anthropic.com',
      response_model: 'claude-sonnet-5',
    });
    expect(pairs[0]?.shadow).toMatchObject({ leg: 'shadow', request_model: 'glm-5-fp8', usage: { input_tokens: 19 } });
    expect(pairs[0]?.deltas).toMatchObject({ input_tokens: -2, output_tokens: 0 });
    expect(pairs[0]?.shadow).toMatchObject({ session_id: null, agent_facts: null });
  });

  it('reports by pair of models', async () => {
    const report = await cli('compare', 'report', '--json');
    expect(JSON.parse(report.stdout)).toMatchObject({
      pairs: [{ primary: { model: 'claude-sonnet-5' }, shadow: { provider: 'unknown', model: 'glm-5-fp8' }, calls: 1 }],
    });
    expect((await cli('compare', 'report', '--csv')).stdout).toContain('anthropic,claude-sonnet-5,unknown,glm-5-fp8,1');
  });

  it('goes back by the name that cc-proxy had, since it was started so', async () => {
    expect(await put('anthropic-only')).toMatchObject({ status: 200, body: { mode: 'passthrough' } });
    const targets = heard.target.length;
    expect(await ask('claude-sonnet-5')).toContain('I am claude-sonnet-5.');
    expect(heard.target).toHaveLength(targets);
    expect((await cli('mode')).stdout).toMatch(/^passthrough: /);
    expect((await cli('mode', 'target')).stdout).toMatch(/^target: calls go to http:.* as glm-5-fp8/);
    expect(await ask('claude-sonnet-5')).toContain('I am glm-5-fp8.');
  });

  it('records what was asked, what was sent, where and why', async () => {
    await expect.poll(async () => (await calls()).length).toBeGreaterThanOrEqual(5);
    const steered = (await calls()).filter(({ mode }) => mode === 'target');
    expect(steered.at(-1)).toMatchObject({
      request_model: 'claude-opus-5',
      response_model: 'glm-5-fp8',
      provider: 'unknown',
      steer: {
        rule: 'mode',
        sent_model: 'glm-5-fp8',
        sent_to: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1\/messages$/) as string,
      },
    });
  });

  it('writes the key of the target nowhere', () => {
    expect(daemon.output()).not.toContain(TARGET_KEY);
    const files = readdirSync(daemon.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name)).includes(TARGET_KEY), name).toBe(false);
  });
});

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}
