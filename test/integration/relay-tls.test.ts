import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { makeCa, makeLeaf, type TestLeaf } from '../support/certificates.ts';
import { connectClient, HOST, startRelayBench, type BenchOptions, type RelayBench } from '../support/relay-bench.ts';
import { startTcpUpstream, startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';

const GET = 'GET /v1/models HTTP/1.1\r\nHost: api.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const DAY = 86_400_000;

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version']);
    return true;
  } catch {
    return false;
  }
}

describe('relay: TLS and dialling', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function setUp(
    options: BenchOptions = {},
    leaf?: (bench: RelayBench) => TestLeaf,
  ): Promise<{ bench: RelayBench; upstream: Upstream }> {
    const bench = await startRelayBench(options);
    const upstream = await startTlsUpstream(
      leaf?.(bench) ?? bench.upstreamLeaf,
      (socket) => socket.on('data', () => socket.write(OK)),
      {
        ALPNProtocols: ['h2', 'http/1.1'],
      },
    );
    bench.upstreamPort = upstream.port;
    closers.push(
      () => bench.close(),
      () => upstream.close(),
    );
    return { bench, upstream };
  }

  const bad: [string, (bench: RelayBench) => TestLeaf, RegExp][] = [
    [
      'expired',
      ({ upstreamCa }) => makeLeaf(upstreamCa, { dns: [HOST], notBefore: new Date(Date.now() - 20 * DAY), days: 10 }),
      /has expired/,
    ],
    [
      'of the future',
      ({ upstreamCa }) => makeLeaf(upstreamCa, { dns: [HOST], notBefore: new Date(Date.now() + DAY) }),
      /not yet valid/,
    ],
    ['for another name', ({ upstreamCa }) => makeLeaf(upstreamCa, { dns: ['other.test'] }), /is for another name/],
    ['for an address', ({ upstreamCa }) => makeLeaf(upstreamCa, { ip: ['127.0.0.1'] }), /is for another name/],
    ['of an unknown issuer', () => makeLeaf(makeCa(), { dns: [HOST] }), /unknown issuer|incomplete/],
    [
      'self-signed',
      () => {
        const ca = makeCa();
        return { cert: ca.pem, key: ca.key.export({ type: 'pkcs8', format: 'pem' }).toString() };
      },
      /self-signed|not meant for servers/,
    ],
  ];
  it.each(bad)(
    'rule 5: tells the client, after TLS, of an upstream certificate that is %s; nothing is sent',
    async (_, leaf, words) => {
      const { bench, upstream } = await setUp({}, leaf);
      const client = await bench.client();
      client.write(GET);
      let text = '';
      client.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await once(client, 'end');
      client.end();
      expect(text).toMatch(/^HTTP\/1\.1 502 .*certificate of api\.test/);
      const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as {
        error: { type: string; message: string; proxy: string };
      };
      expect(body.error).toMatchObject({ type: 'upstream_certificate', proxy: 'llm-proxy' });
      expect(body.error.message).toMatch(words);
      expect(upstream.received(0)).toHaveLength(0);
      expect(bench.recorder.exchanges[0]?.ends[0]).toMatchObject({
        outcome: 'upstream_error',
        error: { type: 'upstream_certificate' },
      });
      expect(bench.counters.get('handshake_failures', 'side="upstream",cause="upstream_certificate"')).toBe(1);
    },
  );

  it('rule 5: shows the 502 of a refused dial to 8 of 8 clients that post 20 MB before they read', async () => {
    const { bench, upstream } = await setUp();
    await upstream.close();
    const size = 20 * 1024 * 1024;
    for (let round = 0; round < 8; round++) {
      const client = await bench.client();
      client.pause();
      client.write(`POST /x HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${size}\r\n\r\n`);
      await new Promise((resolve) => client.write(Buffer.alloc(size), resolve));
      let text = '';
      client.on('data', (chunk: Buffer) => (text += chunk.toString()));
      client.resume();
      await once(client, 'end');
      client.end();
      expect(text).toMatch(/^HTTP\/1\.1 502 .*refused the connection/);
    }
    expect(bench.recorder.exchanges.map(({ requestBody }) => requestBody.length)).toEqual(Array(8).fill(size));
  });

  it('rule 6: takes a hello in pieces, and a client that is gone before it is whole', async () => {
    const { bench } = await setUp();
    const tcp = connectTcp(bench.port, '127.0.0.1');
    tcp.on('error', () => {});
    const write = tcp.write.bind(tcp);
    const whole = connectTls({ socket: connectTcp(bench.port, '127.0.0.1'), servername: HOST, ca: bench.proxyCa.pem });
    await once(whole, 'secureConnect');
    whole.destroy();
    write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
    await untilTrue(() => bench.accepted.length === 2);
    tcp.resetAndDestroy();
    await untilTrue(() => bench.accepted.every((socket) => socket.destroyed));
    const client = await bench.client();
    client.write(GET);
    const [answer] = await once(client, 'data');
    expect(String(answer)).toBe(OK);
    client.destroy();
  });

  it.each([
    ['rejects our certificate with an alert', 'openssl', 'cert-rejected'],
    ['resets during the handshake', 'reset', 'reset'],
    ['ends during the handshake', 'end', 'closed'],
    ['finishes the handshake and ends without a word', 'node', 'closed-unused'],
    ['stops in the middle of the handshake', 'stall', 'timeout'],
  ])('rule 7: counts a client that %s', async (_, how, cause) => {
    if (how === 'openssl' && !hasOpenssl()) return;
    const { bench } = await setUp({ times: { handshakeMs: how === 'stall' ? 300 : 900_000 } });
    if (how === 'openssl') {
      const child = spawn(
        'openssl',
        ['s_client', '-connect', `127.0.0.1:${bench.port}`, '-servername', HOST, '-verify_return_error'],
        { stdio: ['pipe', 'ignore', 'ignore'] },
      );
      await once(child, 'close');
    } else if (how === 'node') {
      const client = connectTls({ port: bench.port, host: '127.0.0.1', servername: HOST });
      await once(client, 'error');
    } else {
      const source = connectTls({
        socket: connectTcp(bench.port, '127.0.0.1'),
        servername: HOST,
        ca: bench.proxyCa.pem,
      });
      source.on('error', () => {});
      await once(source, 'secureConnect');
      source.write(GET);
      await once(source, 'data');
      source.destroy();
      const tcp = connectTcp({ port: bench.port, host: '127.0.0.1', allowHalfOpen: true });
      tcp.on('error', () => {});
      tcp.write(await helloBytes());
      await once(tcp, 'data');
      if (how === 'reset') tcp.resetAndDestroy();
      if (how === 'stall') await once(tcp, 'end');
      tcp.end();
    }
    await untilTrue(
      () => bench.counters.get('handshake_failures', `side="client",cause="${cause}"`) === 1,
      `the count of ${cause}: ${JSON.stringify(bench.counters.snapshot())}`,
    );
    await untilTrue(() => bench.accepted.every((socket) => socket.destroyed));
  });

  it('rule 7: does not let a TLS 1.2 client renegotiate', async () => {
    const { bench } = await setUp();
    const client = connectTls({
      port: bench.port,
      host: '127.0.0.1',
      servername: HOST,
      ca: bench.proxyCa.pem,
      maxVersion: 'TLSv1.2',
    });
    client.on('error', () => {});
    await once(client, 'secureConnect');
    const refused = new Promise((resolve) => {
      client.once('close', () => resolve('closed'));
      client.renegotiate({}, (error) => resolve(error === null ? 'renegotiated' : 'refused'));
      client.write(GET);
    });
    expect(await refused).not.toBe('renegotiated');
    client.destroy();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('rule 8: resumes sessions on both sides (%s)', async (version) => {
    const { bench, upstream } = await setUp();
    const reused: boolean[] = [];
    let session: Buffer | undefined;
    for (let round = 0; round < 3; round++) {
      const client = connectTls({
        port: bench.port,
        host: '127.0.0.1',
        servername: HOST,
        ca: bench.proxyCa.pem,
        maxVersion: version,
        ...(session === undefined ? {} : { session }),
      });
      client.on('session', (ticket) => (session = ticket));
      await once(client, 'secureConnect');
      client.write(GET);
      await once(client, 'data');
      reused.push(client.isSessionReused());
      await untilTrue(() => session !== undefined);
      client.destroy();
    }
    expect(reused).toEqual([false, true, true]);
    const upstreamReused = upstream.sockets.map((socket) => (socket as import('node:tls').TLSSocket).isSessionReused());
    expect(upstreamReused).toEqual([false, true, true]);
  });

  it('rule 8: bounds what it holds of an answer that is not read', async () => {
    const bench = await startRelayBench();
    const upstream = await startTlsUpstream(bench.upstreamLeaf, (socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n'));
    });
    bench.upstreamPort = upstream.port;
    closers.push(
      () => bench.close(),
      () => upstream.close(),
    );
    const client = await bench.client();
    client.write(GET);
    await once(client, 'data');
    client.pause();
    const socket = upstream.sockets[0]!;
    let sent = 0;
    let stalled = false;
    while (!stalled && sent < 200_000_000) {
      sent += 1_000_000;
      if (!socket.write(Buffer.alloc(1_000_000))) {
        stalled = await Promise.race([
          once(socket, 'drain').then(() => false),
          new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 300)),
        ]);
      }
    }
    expect(sent).toBeLessThan(100_000_000);
    client.destroy();
  });

  it.each([
    [['h2', 'http/1.1'], 'http/1.1'],
    [['http/1.1'], 'http/1.1'],
    [['http/1.0'], 'http/1.0'],
  ])('offers a client that says %j the protocol %s', async (offer, expected) => {
    const { bench } = await setUp();
    const client = await connectClient(bench.port, bench.proxyCa, offer);
    expect(client.alpnProtocol).toBe(expected);
    client.destroy();
  });
});

/** A real ClientHello. */
async function helloBytes(): Promise<Buffer> {
  const sink = await startTcpUpstream(() => {});
  const client = connectTls({ port: sink.port, host: '127.0.0.1', servername: HOST });
  client.on('error', () => {});
  await untilTrue(() => sink.received(0).length > 200);
  client.destroy();
  const bytes = sink.received(0);
  await sink.close();
  return bytes;
}
