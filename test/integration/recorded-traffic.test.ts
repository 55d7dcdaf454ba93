import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import {
  CASSETTES,
  type Cassette,
  loadCassettes,
  truthMismatches,
  wireRequest,
  wireResponse,
} from '../support/cassettes.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { openTls, readBytes } from '../support/tunnel-client.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';

const HOSTS = ['api.anthropic.com', 'api.openai.com', 'generativelanguage.googleapis.com'];
const LANES = 6;

interface Exchange {
  cassette: Cassette;
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

function exchangesOf(host: string, cassettes: readonly Cassette[]): Exchange[] {
  return cassettes
    .filter((cassette) => new URL(cassette.request.url).host === host)
    .map((cassette, index) => {
      const url = new URL(cassette.request.url);
      const path = `${url.pathname}${url.search}${url.search === '' ? '?' : '&'}replay=${cassette.id}`;
      const request = wireRequest(cassette, path);
      const response = wireResponse(cassette, cuts(index + 1));
      return {
        cassette,
        request: Buffer.concat([request.head, request.body]),
        response: Buffer.concat([response.head, response.body]),
      };
    });
}

/** Sends one exchange after the other on one connection through the proxy; returns what came back. */
async function play(daemon: Daemon, host: string, exchanges: readonly Exchange[]): Promise<Buffer[]> {
  const socket = await openTls(daemon, host);
  const answers: Buffer[] = [];
  for (const exchange of exchanges) {
    socket.write(exchange.request);
    answers.push(await readBytes(socket, exchange.response.length));
  }
  socket.destroy();
  return answers;
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

describe.skipIf(CASSETTES === null)('recorded traffic through the daemon', () => {
  const cassettes = ['anthropic', 'openai', 'gemini'].flatMap(loadCassettes);
  const lanes = HOSTS.flatMap((host) => {
    const all = exchangesOf(host, cassettes);
    return Array.from({ length: LANES }, (_, lane) => ({
      host,
      exchanges: all.filter((__, index) => index % LANES === lane),
    }));
  });
  const received = new Map<string, Buffer>();
  let folder: string;
  let upstream: Upstream<TLSSocket>;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-replay-'));
    const ca = makeCa();
    writeFileSync(join(folder, 'upstream-ca.pem'), ca.pem);
    const byRequest = new Map(
      lanes.flatMap((lane) => lane.exchanges).map((exchange) => [exchange.cassette.id, exchange]),
    );
    upstream = await startTlsUpstream(makeLeaf(ca, { dns: HOSTS }), (socket) => {
      let pending = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        pending = Buffer.concat([pending, chunk]);
        const id = /[?&]replay=([\w-]+)/.exec(pending.subarray(0, 4_096).toString('latin1'))?.[1];
        const exchange = id === undefined ? undefined : byRequest.get(id);
        if (exchange === undefined || pending.length < exchange.request.length) return;
        received.set(exchange.cassette.id, pending);
        pending = Buffer.alloc(0);
        // Uneven writes: the pieces on the wire have nothing to do with the chunks of the body.
        const next = cuts(exchange.response.length);
        for (let at = 0; at < exchange.response.length;) {
          const size = next();
          socket.write(exchange.response.subarray(at, at + size));
          at += size;
        }
      });
    });
    const connectTo = HOSTS.flatMap((host) => ['--connect-to', `${host}:443:127.0.0.1:${upstream.port}`]);
    daemon = await startDaemon({ args: ['--upstream-ca', join(folder, 'upstream-ca.pem'), ...connectTo] });
  });

  afterAll(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings every byte to both sides as it was, and meters what the provider said', async () => {
    const answers = await Promise.all(lanes.map((lane) => play(daemon, lane.host, lane.exchanges)));
    const changed: string[] = [];
    for (const [lane, { exchanges }] of lanes.entries()) {
      for (const [index, exchange] of exchanges.entries()) {
        if (answers[lane]?.[index]?.equals(exchange.response) !== true)
          changed.push(`response of ${exchange.cassette.id}`);
        if (received.get(exchange.cassette.id)?.equals(exchange.request) !== true)
          changed.push(`request of ${exchange.cassette.id}`);
      }
    }
    expect(changed).toEqual([]);

    const exchanges = lanes.flatMap((lane) => lane.exchanges);
    await expect.poll(async () => (await allCalls(daemon)).length, { timeout: 10_000 }).toBe(exchanges.length);
    const records = new Map(
      (await allCalls(daemon)).map((record) => [/replay=([\w-]+)/.exec(record.path)?.[1] ?? '', record]),
    );
    const wrong: string[] = [];
    for (const { cassette } of exchanges) {
      const record = records.get(cassette.id);
      if (record === undefined) wrong.push(`${cassette.id}: no record`);
      else if (cassette.truth !== null)
        wrong.push(
          ...truthMismatches(record, cassette.truth).map((text) => `${cassette.id} ${cassette.operation}: ${text}`),
        );
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});
