import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { maskBody } from '../../src/core/redact.ts';
import { loadRegistry, type ProviderRegistry } from '../../src/providers/registry.ts';
import { bodyRule } from '../../src/recorder/body-rule.ts';
import { mismatches } from '../conformance/judge.ts';
import { providerIdOf, type Recorded, recordedOf, recordings } from '../conformance/recorded.ts';
import { bytesOf, CASSETTES, wireRequest, wireResponse } from '../support/cassettes.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { openTls, readBytes } from '../support/tunnel-client.ts';
import { startTcpUpstream, startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';

/** Played in full; of all others one of each operation. */
const WHOLE = new Set(['anthropic', 'openai', 'gemini']);
const LANES = 6;

interface Exchange {
  recorded: Recorded;
  request: Buffer;
  response: Buffer;
}

/** Deterministic, uneven: 1 to 4,096, so that failures can be repeated. */
function cuts(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 1 + (state % 4_096);
  };
}

function exchangeOf(recorded: Recorded, index: number): Exchange {
  const { cassette, target, scheme, host, port } = recorded;
  const path = `${target}${target.includes('?') ? '&' : '?'}replay=${cassette.id}`;
  // A client of a plain proxy names the host in the request line.
  const request = wireRequest(
    { ...cassette, request: { ...cassette.request, url: `https://${host}/` } },
    scheme === 'http' ? `http://${host}:${port}${path}` : path,
  );
  const response = wireResponse(cassette, cuts(index + 1));
  return {
    recorded,
    request: Buffer.concat([request.head, request.body]),
    response: Buffer.concat([response.head, response.body]),
  };
}

/** One of each operation, streamed and not, at a host that a provider file knows; with truth if there is one. */
function sampleOf(recording: string, hosts: ProviderRegistry): Recorded[] {
  const groups = new Map<string, Recorded>();
  for (const recorded of recordedOf(recording)) {
    const { cassette, host, port } = recorded;
    if (recorded.local ? recorded.scheme !== 'http' : hosts.lookup(host, port) === null) continue;
    const group = `${cassette.operation} ${cassette.streaming}`;
    const known = groups.get(group);
    if (known === undefined || (known.cassette.truth === null && cassette.truth !== null)) groups.set(group, recorded);
  }
  return [...groups.values()];
}

/** Sends one exchange after the other on one connection through the proxy; returns what came back. */
async function play(daemon: Daemon, { scheme, host, exchanges }: Lane): Promise<Buffer[]> {
  const socket: Socket =
    scheme === 'https' ? await openTls(daemon, host) : connect(daemon.proxyPort, '127.0.0.1').on('error', () => {});
  const answers: Buffer[] = [];
  for (const exchange of exchanges) {
    socket.write(exchange.request);
    // What is re-serialised (plain http) need not have the same length: the end of the body tells.
    answers.push(
      scheme === 'https' ? await readBytes(socket, exchange.response.length) : await readAnswer(socket, exchange),
    );
  }
  socket.destroy();
  return answers;
}

/** An answer of which only the body is as it was. */
async function readAnswer(socket: Socket, { response }: Exchange): Promise<Buffer> {
  const body = response.subarray(response.indexOf('\r\n\r\n') + 4);
  const ends = body.subarray(-Math.min(body.length, 16));
  let seen = Buffer.alloc(0);
  while (!seen.includes('\r\n\r\n') || !seen.subarray(-ends.length).equals(ends)) {
    seen = Buffer.concat([seen, await readBytes(socket, 1)]);
  }
  return seen;
}

async function allCalls(daemon: Daemon): Promise<CallRecord[]> {
  const calls: CallRecord[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '200', ...(cursor === null ? {} : { cursor }) });
    const page = (await (await daemon.get(`/api/calls?${query.toString()}`)).json()) as {
      calls: CallRecord[];
      next_cursor: string | null;
    };
    calls.push(...page.calls);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return calls;
}

async function replayed(daemon: Daemon): Promise<CallRecord[]> {
  return (await allCalls(daemon)).filter(({ path }) => path.includes('replay='));
}

function byId(records: readonly CallRecord[]): Map<string, CallRecord> {
  return new Map(records.map((record) => [/replay=([\w-]+)/.exec(record.path)?.[1] ?? '', record]));
}

interface Lane {
  scheme: 'http' | 'https';
  host: string;
  exchanges: Exchange[];
}

/** Connections: some for each host, each with its share of the exchanges. */
function lanesOf(exchanges: readonly Exchange[]): Lane[] {
  const byHost = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const { scheme, host, port } = exchange.recorded;
    const key = `${scheme} ${host} ${port}`;
    byHost.set(key, [...(byHost.get(key) ?? []), exchange]);
  }
  return [...byHost.values()].flatMap((all) =>
    Array.from({ length: Math.min(LANES, all.length) }, (_, lane) => ({
      scheme: all[0]?.recorded.scheme ?? 'https',
      host: all[0]?.recorded.host ?? '',
      exchanges: all.filter((__, index) => index % LANES === lane),
    })),
  );
}

/** Answers each recorded request, whole, with the recorded response in uneven writes. */
function replayer(exchanges: ReadonlyMap<string, Exchange>, received: Map<string, Buffer>): (socket: Socket) => void {
  return (socket) => {
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      const id = /[?&]replay=([\w-]+)/.exec(pending.subarray(0, 8_192).toString('latin1'))?.[1];
      const exchange = id === undefined ? undefined : exchanges.get(id);
      if (exchange === undefined || !isWhole(pending, exchange)) return;
      received.set(exchange.recorded.cassette.id, pending);
      pending = Buffer.alloc(0);
      // The pieces on the wire have nothing to do with the chunks of the body.
      const next = cuts(exchange.response.length);
      for (let at = 0; at < exchange.response.length;) {
        const size = next();
        socket.write(exchange.response.subarray(at, at + size));
        at += size;
      }
    });
  };
}

function isWhole(pending: Buffer, { recorded, request }: Exchange): boolean {
  if (recorded.scheme === 'https') return pending.length >= request.length;
  const bodyLength = request.length - request.indexOf('\r\n\r\n') - 4;
  const headEnd = pending.indexOf('\r\n\r\n');
  return headEnd >= 0 && pending.length - headEnd - 4 >= bodyLength;
}

describe.skipIf(CASSETTES === null)('recorded traffic through the daemon', () => {
  const received = new Map<string, Buffer>();
  let exchanges: Exchange[];
  let lanes: Lane[];
  let folder: string;
  let upstream: Upstream;
  let plain: Upstream;
  let daemon: Daemon;

  beforeAll(async () => {
    const hosts = await loadRegistry();
    exchanges = recordings()
      .flatMap((name) => (WHOLE.has(name) ? recordedOf(name) : sampleOf(name, hosts)))
      .map(exchangeOf);
    lanes = lanesOf(exchanges);
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-replay-'));
    const ca = makeCa();
    writeFileSync(join(folder, 'upstream-ca.pem'), ca.pem);
    const recorded = new Map(exchanges.map((exchange) => [exchange.recorded.cassette.id, exchange]));
    const dns = [...new Set(lanes.filter(({ scheme }) => scheme === 'https').map(({ host }) => host))];
    upstream = await startTlsUpstream(makeLeaf(ca, { dns }), replayer(recorded, received));
    plain = await startTcpUpstream(replayer(recorded, received));
    daemon = await startDaemon({ args: daemonArguments(hosts), env: { LLM_PROXY_LOCAL: localServers() } });
  });

  function daemonArguments(hosts: ProviderRegistry): string[] {
    const connectTo = new Set(
      exchanges.map(({ recorded: { scheme, host, port } }) =>
        [host, port, '127.0.0.1', (scheme === 'https' ? upstream : plain).port].join(':'),
      ),
    );
    // Known, but not decrypted until named.
    const tunnelled = new Set(
      exchanges.map(({ recorded: { host } }) => host).filter((host) => hosts.lookup(host, 443)?.intercept === false),
    );
    return [
      '--upstream-ca',
      join(folder, 'upstream-ca.pem'),
      ...[...connectTo].flatMap((rule) => ['--connect-to', rule]),
      ...[...tunnelled].flatMap((host) => ['--intercept', host]),
    ];
  }

  function localServers(): string {
    const named = exchanges
      .filter(({ recorded }) => recorded.local)
      .map(
        ({ recorded: { cassette, host, port } }) =>
          `${providerIdOf(cassette.id.replace(/-[0-9a-f]+$/, ''))}=${host}:${port}`,
      );
    return [...new Set(named)].join(',');
  }

  afterAll(async () => {
    await daemon.stop();
    await Promise.all([upstream.close(), plain.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings every byte to both sides as it was, and meters what the provider said', async () => {
    const answers = await Promise.all(lanes.map((lane) => play(daemon, lane)));
    const changed: string[] = [];
    for (const [lane, each] of lanes.entries()) {
      if (each.scheme === 'http') continue;
      for (const [index, exchange] of each.exchanges.entries()) {
        const { id } = exchange.recorded.cassette;
        if (answers[lane]?.[index]?.equals(exchange.response) !== true) changed.push(`response of ${id}`);
        if (received.get(id)?.equals(exchange.request) !== true) changed.push(`request of ${id}`);
      }
    }
    expect(changed).toEqual([]);

    // Each look takes all of them over the API.
    await expect.poll(async () => byId(await replayed(daemon)).size, { interval: 500 }).toBe(exchanges.length);
    const records = byId((await replayed(daemon)).filter(({ operation }) => operation !== 'advisor_message'));
    const wrong = exchanges.flatMap(({ recorded: { cassette } }) => {
      const record = records.get(cassette.id);
      if (record === undefined) return [`${cassette.id}: no record`];
      return mismatches(record, cassette).map((text) => `${cassette.id} ${cassette.operation}: ${text}`);
    });
    expect(wrong).toEqual([]);
  });

  it('gives every body back over the API, byte for byte', async () => {
    const hosts = await loadRegistry();
    const keeps = bodyRule(hosts, []);
    const records = byId((await replayed(daemon)).filter(({ operation }) => operation !== 'advisor_message'));
    const wrong: string[] = [];
    for (const { recorded } of exchanges) {
      const { cassette } = recorded;
      const record = records.get(cassette.id);
      if (record === undefined) continue;
      for (const side of ['request', 'response'] as const) {
        const answer = await daemon.get(`/api/calls/${record.id}/${side}`);
        const bytes = Buffer.from(await answer.arrayBuffer());
        const expected = bytesOf(cassette[side].body);
        const text = expected.toString();
        if (answer.status !== (keeps(record.provider) ? 200 : 404)) wrong.push(`${side} of ${cassette.id}: status`);
        else if (answer.status === 200 && answer.headers.get('x-llm-proxy-masked') === 'true') {
          if (maskBody(text) === text) wrong.push(`${side} of ${cassette.id}: masked`);
        } else if (answer.status === 200 && !bytes.equals(expected)) wrong.push(`${side} of ${cassette.id}: bytes`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
