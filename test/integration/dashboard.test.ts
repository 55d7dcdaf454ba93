import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import type { RunningCall } from '../../src/core/running-call.ts';
import { askHttp } from '../support/ask-http.ts';
import { untilTrue } from '../support/async.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { CLI, type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, openTls, openTunnel } from '../support/tunnel-client.ts';

const HOST = 'api.anthropic.com';
const KEY = 'sk-ant-api03-not-a-key-0123456789';
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n';
const BODY = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Go' }],
});

const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-dashboard-'));
const home = join(folder, 'home');
const env = { XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') };
let daemon: Daemon;
let upstream: Upstream<TLSSocket>;

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function start(): string {
  const usage = { input_tokens: 31, output_tokens: 1 };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage };
  return HEAD + event('message_start', { message });
}

function word(text: string): string {
  return event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
}

function end(): string {
  return (
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }) +
    event('message_stop', {})
  );
}

async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = { authorization: `Bearer ${daemon.token}` };
  return (await (await fetch(`${daemon.adminUrl}${path}`, { ...init, headers })).json()) as T;
}

beforeAll(async () => {
  const ca = makeCa();
  writeFileSync(join(folder, 'ca.pem'), ca.pem);
  upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
    socket.once('end', () => socket.destroy());
  });
  const args = ['--upstream-ca', join(folder, 'ca.pem'), '--connect-to', `${HOST}:443:127.0.0.1:${upstream.port}`];
  daemon = await startDaemon({ args, home });
});
afterAll(async () => {
  await daemon.stop();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Server-sent events of `/api/live` so far, by their kinds. */
async function follow(): Promise<{ text: () => string; of<T>(kind: string): T[]; leave: () => Promise<void> }> {
  const answer = await fetch(`${daemon.adminUrl}/api/live`, { headers: { authorization: `Bearer ${daemon.token}` } });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const reading = (async () => {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) text += piece.value;
  })();
  return {
    text: () => text,
    of: <T>(kind: string) =>
      [...text.matchAll(/event: (\w+)\n(?:id: \d+\n)?data: (.*)\n\n/g)]
        .filter((match) => match[1] === kind)
        .map((match) => JSON.parse(match[2] ?? '') as T),
    leave: async () => {
      await reader?.cancel();
      await reading;
    },
  };
}

describe('the dashboard of a running daemon', () => {
  it('lets a browser in by the address that the command prints, once', async () => {
    const { code, stdout } = await runCli(['dashboard', '--no-open', '--home', home], env);
    expect(code).toBe(0);
    const url = stdout.split('\n')[0] ?? '';
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login\?code=[\w-]+$/);
    const first = await fetch(url, { redirect: 'manual' });
    expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
    const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const who = await fetch(`${daemon.adminUrl}/api/whoami`, { headers: { cookie } });
    expect(await who.json()).toMatchObject({ authenticated: true, read_only: false });
    expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe('/?login=expired');
  });

  it('shows a call while it runs, what it says so far, and its record when it ends', async () => {
    const live = await follow();
    const client = await openTls(daemon, HOST);
    client.write(
      httpRequest('POST', '/v1/messages', HOST, { 'content-type': 'application/json', 'x-api-key': KEY }, BODY),
    );
    client.resume();
    await untilTrue(() => upstream.sockets.length === 1);
    const [provider] = upstream.sockets;
    provider?.write(start() + word(`The key is ${KEY} and `));
    await untilTrue(
      () =>
        live.of<RunningCall>('progress').some(({ text }) => text !== null) ||
        live.of<RunningCall>('started').some(({ text }) => text !== null),
    );
    const { calls } = await json<{ calls: RunningCall[] }>('/api/in-flight');
    expect(calls).toMatchObject([
      {
        provider: 'anthropic',
        path: '/v1/messages',
        model: 'claude-sonnet-4-5',
        status: 200,
        input_tokens: 31,
        text: 'The key is sk-ant-...6789 and ',
      },
    ]);
    provider?.end(end());
    await once(client, 'end');
    client.destroy();
    await untilTrue(() => live.of<CallRecord>('call').length === 1);
    expect(live.of<CallRecord>('call')[0]?.id).toBe(calls[0]?.id);
    await untilTrue(() => live.of<{ id: string }>('gone').length === 1);
    expect(live.text()).not.toContain(KEY);
    await live.leave();
    expect((await json<{ calls: unknown[] }>('/api/in-flight')).calls).toEqual([]);
  });

  it('sends a call again through its own proxy, with the key that it is given and keeps nowhere', async () => {
    const before = await json<{ calls: CallRecord[] }>('/api/calls');
    const [first] = before.calls;
    const dry = await json<{ cost_usd: number; model: string }>(`/api/calls/${first?.id}/replay`, {
      method: 'POST',
      body: JSON.stringify({ dry_run: true }),
    });
    expect(dry).toMatchObject({
      model: 'claude-sonnet-4-5',
      input_tokens: 31,
      output_tokens: 7,
      max_output_tokens: 100,
    });
    expect(dry.cost_usd).toBeGreaterThan(0);
    const asked = json<{ call: string; status: number }>(`/api/calls/${first?.id}/replay`, {
      method: 'POST',
      body: JSON.stringify({ headers: { 'x-api-key': 'sk-ant-api03-another-key-9876543210' } }),
    });
    await untilTrue(() => upstream.sockets.length === 2 && upstream.received(1).includes('"Go"'));
    expect(upstream.received(1).toString()).toMatch(/x-api-key: sk-ant-api03-another-key-9876543210\r\n/i);
    expect(upstream.received(1).toString()).not.toMatch(/x-llm-proxy/i);
    upstream.sockets[1]?.end(start() + word('Again') + end());
    const { call, status } = await asked;
    expect(status).toBe(200);
    await expect
      .poll(() => json<CallRecord>(`/api/calls/${call}`))
      .toMatchObject({ section: `replay of ${first?.id}` });
    const head = await (await daemon.get(`/api/calls/${call}/request?part=head`)).text();
    expect(head).toContain('sk-ant-...3210');
    expect(head).not.toContain('another-key');
  });

  it('says which client does not trust our certificate, and what to do about it', async () => {
    const picky = tlsConnect({ socket: await openTunnel(daemon, HOST, 'User-Agent: picky/1.0\r\n'), servername: HOST });
    await once(picky, 'error');
    type Setup = { proxy_url: string; tls_troubles: { client: string; cause: string }[] };
    await expect
      .poll(async () => (await json<Setup>('/api/setup')).tls_troubles)
      .toMatchObject([
        { host: HOST, client: 'picky/1.0', cause: expect.any(String), hint: expect.any(String), count: 1 },
      ]);
    expect((await json<Setup>('/api/setup')).proxy_url).toBe(`http://127.0.0.1:${daemon.proxyPort}`);
  });

  it('is not on the proxy port', async () => {
    const headers = { accept: 'text/html', authorization: `Bearer ${daemon.token}` };
    for (const path of [
      '/',
      '/index.html',
      '/assets/index.js',
      '/login?code=x',
      '/api/whoami',
      '/api/calls',
      '/api/live',
      '/api/settings',
      '/favicon.svg',
    ]) {
      const { status, text } = await askHttp(daemon.proxyPort, 'GET', path, headers);
      expect([path, status < 400, /<!doctype html>|authenticated|"calls"/i.test(text)]).toEqual([path, false, false]);
    }
    expect((await askHttp(daemon.proxyPort, 'POST', '/api/login-codes', headers)).status).toBeGreaterThanOrEqual(400);
    // Nor can the proxy be used to get there.
    for (const url of [`${daemon.adminUrl}/`, `http://localhost:${new URL(daemon.adminUrl).port}/api/calls`])
      expect((await askHttp(daemon.proxyPort, 'GET', url, headers)).status, url).toBeGreaterThanOrEqual(400);
  });
});

describe('the dashboard without a daemon', () => {
  it('serves what is stored, read-only, until it is told to end', async () => {
    await daemon.stop();
    const child = spawn(process.execPath, [CLI, '--explore', '--explore-port', '0', '--no-open', '--home', home], {
      env: { ...process.env, ...env },
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const exited = once(child, 'exit');
    await untilTrue(() => text.includes('/login?code='), text);
    const url = new URL(/http:\S+/.exec(text)?.[0] ?? '');
    const cookie = ((await fetch(url, { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const { calls } = (await (await fetch(`${url.origin}/api/calls`, { headers: { cookie } })).json()) as {
      calls: CallRecord[];
    };
    expect(calls).toHaveLength(2);
    const verdict = await fetch(`${url.origin}/api/policy`, {
      method: 'POST',
      headers: { cookie },
      body: `{"url":"https://${HOST}"}`,
    });
    expect(await verdict.json()).toMatchObject({ verdict: 'intercept', provider: 'anthropic' });
    expect((await fetch(`${url.origin}/api/stop`, { method: 'POST', headers: { cookie } })).status).toBe(503);
    child.kill('SIGINT');
    expect((await exited)[0]).toBe(0);
  });
});
