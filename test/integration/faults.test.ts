import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/driver.ts';
import { leastOf } from '../support/async.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, openTls } from '../support/tunnel-client.ts';

const HOST = 'api.openai.com';
const STREAMS = 100;
const TOKENS = 321;

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const filler = 'All work and no play makes a log file large. '.repeat(20);

/** About 20 kB of text in chunks, then the usage: enough to fill a small disk a few times over with 100 of them. */
function streamBody(): string {
  const words = Array.from({ length: 20 }, () =>
    data({
      object: 'chat.completion.chunk',
      model: 'gpt-4o',
      choices: [{ index: 0, delta: { content: filler } }],
      usage: null,
    }),
  );
  const usage = data({
    object: 'chat.completion.chunk',
    model: 'gpt-4o',
    choices: [],
    usage: { prompt_tokens: 11, completion_tokens: TOKENS, total_tokens: 11 + TOKENS },
  });
  return `${words.join('')}${usage}data: [DONE]\n\n`;
}

const BODY = streamBody();

async function oneStream(daemon: Daemon): Promise<boolean> {
  const socket = await openTls(daemon, HOST);
  socket.write(
    httpRequest(
      'POST',
      '/v1/chat/completions',
      HOST,
      { 'content-type': 'application/json' },
      JSON.stringify({ model: 'gpt-4o', stream: true, messages: [] }),
    ),
  );
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'end');
  socket.destroy();
  const body = text.slice(text.indexOf('\r\n\r\n') + 2).replaceAll(/\r\n[0-9a-f]+\r\n/g, '');
  return body === `${BODY}\r\n`;
}

async function hundredStreams(daemon: Daemon): Promise<number> {
  const results = await Promise.all(Array.from({ length: STREAMS }, () => oneStream(daemon).catch(() => false)));
  return results.filter((whole) => !whole).length;
}

/** Sum of one metric over all its labels. */
async function metric(daemon: Daemon, pattern: RegExp): Promise<number> {
  const text = await (await daemon.get('/metrics')).text();
  return text
    .split('\n')
    .filter((line) => pattern.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('a daemon whose sinks fail', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-faults-'));
  let upstream: Upstream<TLSSocket>;
  let args: string[];

  beforeAll(async () => {
    const ca = makeCa();
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
      socket.once('data', () => {
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n',
        );
        for (let at = 0; at < BODY.length; at += 2_000) {
          const piece = BODY.slice(at, at + 2_000);
          socket.write(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
        }
        socket.end('0\r\n\r\n');
      });
    });
    args = ['--upstream-ca', join(folder, 'ca.pem'), '--connect-to', `${HOST}:443:127.0.0.1:${upstream.port}`];
  });

  afterAll(async () => {
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('carries every stream to its end over a full disk, counts what it drops and keeps exact totals', async () => {
    // A file-size limit: writes to logs and database fail with EFBIG, as on a disk that is full.
    const daemon = await startDaemon({ args, shell: 'ulimit -f 400' });
    expect(await hundredStreams(daemon)).toBe(0);
    await expect.poll(() => metric(daemon, /^llm_proxy_dropped_total\{/)).toBeGreaterThan(0);
    // The last calls are counted a moment after their clients have everything.
    const stats = async (): Promise<unknown> => (await daemon.get('/api/stats')).json();
    await expect.poll(stats).toMatchObject({ total_requests: STREAMS, output_tokens: STREAMS * TOKENS });
    await daemon.stop();
  });

  it('carries every stream to its end while another process holds the database', async () => {
    const daemon = await startDaemon({ args });
    const timed = async (): Promise<number> => {
      const began = performance.now();
      expect(await hundredStreams(daemon)).toBe(0);
      rounds += 1;
      return performance.now() - began;
    };
    let rounds = 0;
    const usual = await timed();
    const database = openDatabase(join(daemon.home, 'data', 'llm-proxy.db'));
    database.exec('BEGIN EXCLUSIVE');
    // Whoever waits for a held database waits 5 s, each time.
    expect(await leastOf(usual + 4_000, timed)).toBeLessThan(usual + 4_000);
    database.exec('ROLLBACK');
    const count = database.prepare('SELECT count(*) AS calls FROM llm_calls');
    await expect.poll(() => count.get()?.['calls']).toBe(rounds * STREAMS);
    database.close();
    await daemon.stop();
  });
});
