/**
 * What broke other programs of this kind, over sockets, through the running daemon. The rest of the list is tested where it
 * belongs: a to h and v in usage-traps; l, u, w and z in small-traps; r by Python in integration/ca-clients; s in
 * integration/faults.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { leastOf } from '../support/async.ts';
import { makeCa, makeLeaf, type TestCa } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { httpRequest, httpResponse, openTls, openTunnel, readBytes } from '../support/tunnel-client.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';

const HOST = 'api.openai.com';
/** There is no HTTP/1.1. */
const H2_HOST = 'api.anthropic.com';
const WS_ANSWER = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
const HOSTS = 150;
/** Of 2,000 calls: bytes. */
const MOST_GROWTH = 20 * 1024 * 1024;

/** By the first line of a request: what the upstream does. */
const SCRIPTS: Record<string, (socket: TLSSocket, request: Buffer) => void> = {
  '/v1/trailers': (socket) => {
    const body = Buffer.concat([Buffer.from('100000\r\n'), TRAILED, Buffer.from('\r\n0\r\nX-Checksum: abc\r\n\r\n')]);
    socket.write(
      Buffer.concat([
        Buffer.from('HTTP/1.1 200 OK\r\nTrailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n\r\n'),
        body,
      ]),
    );
  },
  '/v1/responses': (socket) => {
    socket.removeAllListeners('data');
    socket.write(WS_ANSWER);
    socket.pipe(socket);
  },
  '/v1/reset-behind': (socket) => {
    socket.write(httpResponse('{"done":true}'), () => setImmediate(() => reset(socket)));
  },
  '/v1/chat/completions': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n');
    const event = `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'Hi' } }] })}\n\n`;
    socket.write(`${event.length.toString(16)}\r\n${event}\r\n`);
  },
  '/': (socket) => socket.write(httpResponse('{}')),
};
const TRAILED = randomBytes(0x100000);
const WINDOWS = randomBytes(300_000);

describe('traps that other programs fell into', () => {
  let folder: string;
  let ca: TestCa;
  let upstream: Upstream<TLSSocket>;
  let h2: Http2SecureServer;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-traps-'));
    ca = makeCa();
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST, '*.openai.azure.com'] }), (socket) => {
      let seen = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk]);
        const path = /^[A-Z]+ ([^ ?]+)/.exec(seen.toString('latin1'))?.[1] ?? '';
        if (!seen.includes('\r\n\r\n')) return;
        const request = seen;
        seen = Buffer.alloc(0);
        (SCRIPTS[path] ?? SCRIPTS['/'])?.(socket, request);
      });
    });
    const leaf = makeLeaf(ca, { dns: [H2_HOST] });
    h2 = createSecureServer({ cert: leaf.cert, key: leaf.key, allowHTTP1: false });
    h2.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      stream.end(WINDOWS);
    });
    h2.listen(0, '127.0.0.1');
    await once(h2, 'listening');
    daemon = await startDaemon({
      args: [
        '--upstream-ca',
        join(folder, 'ca.pem'),
        '--connect-to',
        `${H2_HOST}:443:127.0.0.1:${(h2.address() as AddressInfo).port}`,
        '--connect-to',
        `::127.0.0.1:${upstream.port}`,
        '--host',
        '127.0.0.1',
      ],
    });
  });

  afterAll(async () => {
    await daemon.stop();
    await upstream.close();
    h2.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const lastCall = async (path: string): Promise<CallRecord> => {
    const find = async (): Promise<CallRecord | undefined> => {
      const page = (await (await daemon.get('/api/calls?limit=50')).json()) as { calls: CallRecord[] };
      return page.calls.find((call) => call.path.startsWith(path));
    };
    await expect.poll(find).toBeDefined();
    return (await find()) as CallRecord;
  };

  it('j: trailers behind a large body arrive, and so does the body', async () => {
    const socket = await openTls(daemon, HOST);
    socket.write(httpRequest('GET', '/v1/trailers', HOST, {}));
    let seen = Buffer.alloc(0);
    while (!seen.includes('X-Checksum: abc\r\n\r\n')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      seen = Buffer.concat([seen, chunk]);
    }
    expect(seen.includes(TRAILED)).toBe(true);
    socket.destroy();
  });

  it('k: a WebSocket message of 17 MB in fragments comes back as it was', async () => {
    const socket = await openTls(daemon, HOST);
    socket.write(`GET /v1/responses HTTP/1.1\r\nHost: ${HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`);
    expect(await readBytes(socket, WS_ANSWER.length)).toEqual(WS_ANSWER);
    const frames = Array.from({ length: 17 }, (_, index) =>
      frame(randomBytes(1024 * 1024), index === 0 ? 2 : 0, index === 16),
    );
    const sent = Buffer.concat(frames);
    const chunks: Buffer[] = [];
    let length = 0;
    const back = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= sent.length) resolve();
      });
    });
    for (const each of frames) socket.write(each);
    await back;
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    socket.destroy();
  });

  it('m: a WebSocket that is torn off is told as one, with its bytes', async () => {
    const socket = await openTls(daemon, HOST);
    socket.write(
      `GET /v1/responses?torn HTTP/1.1\r\nHost: ${HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    );
    await readBytes(socket, WS_ANSWER.length);
    for (let turn = 0; turn < 3; turn += 1) {
      const sent = frame(Buffer.from(`{"turn":${turn}}`), 1, true);
      socket.write(sent);
      await readBytes(socket, sent.length);
    }
    reset(socket);
    const call = await lastCall('/v1/responses?torn');
    expect([call.outcome, call.transport, call.usage.state]).toEqual(['upgraded', 'websocket', 'none']);
    expect(call.request_bytes).toBeGreaterThan(3 * 12);
  });

  it(`n: ${HOSTS} hosts cost no port each, and little memory`, async () => {
    const before = listening(daemon.pid);
    let name = 0;
    const perHost = await leastOf(400_000, async () => {
      const memory = residentBytes(daemon.pid);
      for (let index = 0; index < HOSTS; index += 1) {
        name += 1;
        const host = `r${name}.openai.azure.com`;
        const socket = await openTls(daemon, host);
        socket.write(httpRequest('GET', '/openai/models', host, {}));
        await once(socket, 'data');
        socket.destroy();
      }
      return (residentBytes(daemon.pid) - memory) / HOSTS;
    });
    expect(listening(daemon.pid)).toBe(before);
    expect(perHost).toBeLessThan(400_000);
  });

  it.each(['user:secret@', 'user:@', ':@'])(
    'o: a proxy URL with %s works, and the credential goes no further',
    async (userinfo) => {
      const credential = Buffer.from(userinfo.slice(0, -1)).toString('base64');
      const header = `Proxy-Authorization: Basic ${credential}\r\n`;
      const socket = await openTls(daemon, HOST, header);
      socket.write(httpRequest('GET', '/v1/models', HOST, {}));
      await once(socket, 'data');
      socket.destroy();
      const received = Buffer.concat(upstream.sockets.map((_, index) => upstream.received(index))).toString('latin1');
      expect(received).not.toContain('Proxy-Authorization');
    },
  );

  it('p: clients that run on through a rotation of the authority keep their connections, and new ones get the new root', async () => {
    const old = await openTls(daemon, HOST);
    const result = await runCli(['ca', 'rotate', '--yes', '--home', daemon.home], {});
    expect(result.code, result.stderr).toBe(0);
    old.write(httpRequest('GET', '/v1/models', HOST, {}));
    expect(((await once(old, 'data')) as [Buffer])[0].toString()).toContain('200 OK');
    old.destroy();
    await expect
      .poll(async () => {
        const socket = await openTls(daemon, HOST).catch(() => null);
        socket?.destroy();
        return socket !== null;
      })
      .toBe(true);
  });

  it('q: a leaf lives 45 days at most', async () => {
    const socket = await openTls(daemon, HOST);
    socket.write(httpRequest('GET', '/v1/models', HOST, {}));
    await once(socket, 'data');
    const leaf = socket.getPeerX509Certificate();
    const days = (Date.parse(leaf?.validTo ?? '') - Date.parse(leaf?.validFrom ?? '')) / 86_400_000;
    expect(days).toBeGreaterThan(1);
    expect(days).toBeLessThanOrEqual(46);
    socket.destroy();
  });

  it('t: memory does not grow with the number of calls', async () => {
    const socket = await openTls(daemon, HOST);
    const request = httpRequest('GET', '/v1/models', HOST, {});
    const answer = httpResponse('{}').length;
    const calls = async (count: number): Promise<number> => {
      for (let call = 0; call < count; call += 1) {
        socket.write(request);
        await readBytes(socket, answer);
      }
      return residentBytes(daemon.pid);
    };
    let memory = await calls(2_000);
    // What the collector has not come to yet may be there once; what leaks is there after each round.
    const growth = await leastOf(MOST_GROWTH, async () => {
      const before = memory;
      memory = await calls(2_000);
      return memory - before;
    });
    expect(growth).toBeLessThan(MOST_GROWTH);
    socket.destroy();
  });

  it('x: a client that leaves a stream is no error of the provider', async () => {
    const socket = await openTls(daemon, HOST);
    socket.write(
      httpRequest(
        'POST',
        '/v1/chat/completions?left',
        HOST,
        { 'content-type': 'application/json' },
        '{"model":"m","stream":true}',
      ),
    );
    await once(socket, 'data');
    reset(socket);
    const call = await lastCall('/v1/chat/completions?left');
    expect([call.outcome, call.status, call.error]).toEqual(['client_aborted', 200, null]);
  });

  it('y: an upstream that resets behind its answer ends nothing but its connection', async () => {
    for (let round = 0; round < 10; round += 1) {
      const socket = await openTls(daemon, HOST);
      socket.on('error', () => {});
      socket.write(httpRequest('GET', `/v1/reset-behind?${round}`, HOST, {}));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toContain('{"done":true}');
      socket.destroy();
    }
    expect((await fetch(`${daemon.adminUrl}/health`)).status).toBe(200);
  });

  it('i: more than one window of an h2-only client passes through its blind tunnel', async () => {
    const tunnel = await openTunnel(daemon, H2_HOST);
    const client = connectHttp2(`https://${H2_HOST}`, {
      createConnection: (): Socket =>
        tlsConnect({ socket: tunnel, servername: H2_HOST, ALPNProtocols: ['h2'], ca: ca.pem }),
    });
    const stream = client.request({ ':path': '/' });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(WINDOWS)).toBe(true);
    client.destroy();
  });
});

/** A reset of the TCP connection under a TLS one, which Node offers no other way to. */
function reset(socket: TLSSocket): void {
  (socket as unknown as { _parent: Socket })._parent.resetAndDestroy();
}

/** One masked frame, as clients send them. @param opcode 0 goes on with a message, 1 text, 2 binary. */
function frame(payload: Buffer, opcode: number, final: boolean): Buffer {
  const length = payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.alloc(9);
  if (payload.length >= 126) {
    length[0] = 0x80 | 127;
    length.writeBigUInt64BE(BigInt(payload.length), 1);
  }
  const mask = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let index = 0; index < masked.length; index += 1) masked[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode]), length, mask, masked]);
}

/** Sockets on which a process listens. Linux. */
function listening(pid: number): number {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? '')).length;
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}
