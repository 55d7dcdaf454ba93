/** A daemon that sends its calls to other systems: what arrives when they are away, when it is killed, and at its end. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { CLI, type Daemon, startDaemon } from '../support/daemon.ts';

const KEY = 'sk-ant-api03-CANARYCANARYCANARYCANARYwxyz';
const TOKEN = 'lokicanarytoken';

interface Received {
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** Takes what is posted, or answers 503. */
class Collector {
  readonly received: Received[] = [];
  isAway = false;
  refusals = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        if (this.isAway) {
          this.refusals += 1;
          response.writeHead(503).end('closed for today');
          return;
        }
        const bytes = Buffer.concat(pieces);
        const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
        this.received.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text.toString()) });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const collectors = { otlp: new Collector(), loki: new Collector() };

/** Ids of the calls that arrived as spans, with what came twice. */
function spanCalls(): string[] {
  const bodies = collectors.otlp.received.map(({ body }) => body as { resourceSpans: ResourceSpans[] });
  const spans = bodies.flatMap(({ resourceSpans }) => resourceSpans).flatMap(({ scopeSpans }) => scopeSpans);
  return spans
    .flatMap((scope) => scope.spans)
    .map(({ attributes }) => attributes.find(({ key }) => key === 'llm_proxy.call_id')?.value.stringValue ?? '');
}

interface ResourceSpans {
  scopeSpans: { spans: { attributes: { key: string; value: { stringValue?: string } }[] }[] }[];
}

/** Ids of the calls whose requests arrived as lines. */
function lineCalls(): string[] {
  const streams = collectors.loki.received.flatMap(({ body }) => (body as { streams: LokiStream[] }).streams);
  const lines = streams.flatMap(({ values }) => values.map(([, line]) => JSON.parse(line) as LokiLine));
  return lines.filter(({ type }) => type === 'request').map(({ _meta }) => _meta.request_id);
}

interface LokiStream {
  stream: Record<string, string>;
  values: [string, string][];
}
interface LokiLine {
  type: string;
  _meta: { request_id: string };
}

const unique = (ids: readonly string[]): string[] => [...new Set(ids)].toSorted();

describe('delivery', () => {
  const home = mkdtempSync(join(tmpdir(), 'llm-proxy-delivery-'));
  let provider: Server;
  let providerUrl: string;
  let addresses: { otlp: string; loki: string };
  let daemon: Daemon;

  const start = (): Promise<Daemon> =>
    startDaemon({
      home,
      args: ['--backend', `anthropic=${providerUrl}`],
      env: {
        LLM_PROXY_OTLP__URL: addresses.otlp,
        LLM_PROXY_OTLP__PROTOCOL: 'http/json',
        LLM_PROXY_LOKI__URL: addresses.loki,
        LLM_PROXY_LOKI__AUTH_TOKEN: TOKEN,
      },
    });

  beforeAll(async () => {
    provider = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model: 'claude-haiku-4-5',
            content: [{ type: 'text', text: 'It is sunny.' }],
            usage: { input_tokens: 9, output_tokens: 4 },
          }),
        );
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    providerUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    addresses = { otlp: await collectors.otlp.listen(), loki: await collectors.loki.listen() };
    daemon = await start();
  });

  afterAll(async () => {
    await daemon?.stop();
    for (const collector of Object.values(collectors)) collector.close();
    provider?.closeAllConnections();
    provider?.close();
    rmSync(home, { recursive: true, force: true });
  });

  async function call(): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${daemon.proxyPort}/anthropic/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': KEY },
      body: JSON.stringify({
        model: 'claude-haiku-4-5',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'How is the weather?' }],
      }),
    });
    expect(answer.status).toBe(200);
    await answer.text();
  }

  async function storedCalls(): Promise<string[]> {
    const { calls } = (await (await daemon.get('/api/calls?limit=500')).json()) as { calls: { id: string }[] };
    return calls.map(({ id }) => id).toSorted();
  }

  async function sinks(): Promise<{ name: string; state: string; queued: number; error: string | null }[]> {
    const env = { ...process.env, XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') };
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'sinks', '--json', '--home', home], { env });
    return (JSON.parse(stdout) as { sinks: { name: string; state: string; queued: number; error: string | null }[] })
      .sinks;
  }

  it('sends each call to all of them, with keys of theirs and none of the client', async () => {
    for (let made = 0; made < 3; made += 1) await call();
    await untilTrue(() => unique(spanCalls()).length === 3 && unique(lineCalls()).length === 3, 'three calls', 15_000);
    expect(unique(spanCalls())).toEqual(await storedCalls());
    expect(unique(lineCalls())).toEqual(await storedCalls());
    expect(collectors.otlp.received[0]?.path).toBe('/v1/traces');
    expect(collectors.loki.received[0]).toMatchObject({
      path: '/loki/api/v1/push',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const all = JSON.stringify([collectors.otlp.received, collectors.loki.received]);
    expect(all).not.toContain('CANARYCANARY');
    expect(JSON.stringify(collectors.loki.received)).toContain('How is the weather?');
    expect(JSON.stringify(collectors.otlp.received)).not.toContain('How is the weather?');
  });

  it('tells what has not arrived and why, and shows no secret anywhere', async () => {
    collectors.loki.isAway = true;
    await call();
    await untilTrue(() => unique(spanCalls()).length === 4 && collectors.loki.refusals > 0, 'a refusal', 15_000);
    await expect
      .poll(async () => (await daemon.get('/health/loki')).json(), { timeout: 15_000 })
      .toMatchObject({ status: 'failing', calls_sent: 3, calls_waiting: 1, last_error: 'HTTP 503: closed for today' });
    const health = (await (await fetch(`${daemon.adminUrl}/health`)).json()) as object;
    expect(health).toMatchObject({ status: 'degraded' });
    expect(JSON.stringify(health)).not.toContain(addresses.loki);
    const metrics = await (await daemon.get('/metrics')).text();
    expect(metrics).toContain('llm_proxy_delivery_failing{sink="loki"} 1');
    expect(metrics).toContain('llm_proxy_delivery_sent_total{sink="otlp"} 4');
    expect(await sinks()).toMatchObject([
      ...['console', 'log_files', 'sqlite', 'prometheus'].map((name) => ({ name })),
      { name: 'otlp', state: 'open', queued: 0, error: null },
      { name: 'loki', state: 'failing', queued: 1, error: 'HTTP 503: closed for today' },
    ]);
    const settings = await (await daemon.get('/api/settings')).text();
    const files = readdirSync(join(home, 'data')).filter((name) => name.startsWith('delivery-'));
    expect(files.toSorted()).toEqual(['delivery-loki.json', 'delivery-otlp.json']);
    const states = files.map((name) => readFileSync(join(home, 'data', name), 'utf8'));
    for (const text of [settings, daemon.output(), ...states]) expect(text).not.toContain(TOKEN);
    for (const name of files) expect(statSync(join(home, 'data', name)).mode & 0o777).toBe(0o600);
  });

  it('loses none of them to kill -9 while the other side is away', async () => {
    await call();
    await expect.poll(async () => (await storedCalls()).length, { timeout: 15_000 }).toBe(5);
    await daemon.kill();
    collectors.loki.isAway = false;
    daemon = await start();
    await untilTrue(() => unique(lineCalls()).length === 5 && unique(spanCalls()).length === 5, 'five calls', 15_000);
    expect(unique(lineCalls())).toEqual(await storedCalls());
    expect(unique(spanCalls())).toEqual(await storedCalls());
  });

  it('sends what came last before it ends', async () => {
    await call();
    await daemon.stop();
    expect(unique(spanCalls())).toHaveLength(6);
    expect(unique(lineCalls())).toHaveLength(6);
    expect(await sinks()).toMatchObject([
      { name: 'otlp', state: 'closed', queued: 0 },
      { name: 'loki', state: 'closed', queued: 0 },
    ]);
  });

  it('sends stored calls again when it is told to', async () => {
    const before = spanCalls().length;
    const env = { ...process.env, XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') };
    const command = [CLI, 'sinks', 'rewind', 'otlp', '--since', '1h', '--home', home];
    const { stdout } = await promisify(execFile)(process.execPath, command, { env });
    expect(stdout).toMatch(/^Calls from .* are sent to otlp once more/);
    daemon = await start();
    await untilTrue(() => spanCalls().length === before + 6, 'all calls again', 15_000);
    expect(unique(spanCalls())).toEqual(await storedCalls());
  });

  it('goes on with the database that is begun anew where the one before was deleted', async () => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(home, 'data', `llm-proxy.db${suffix}`), { force: true });
    await call();
    await untilTrue(() => unique(spanCalls()).length === 7 && unique(lineCalls()).length === 7, 'the seventh', 20_000);
    expect(unique(spanCalls())).toEqual(expect.arrayContaining(await storedCalls()));
  });
});
