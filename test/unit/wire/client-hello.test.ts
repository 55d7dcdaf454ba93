import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAX_HELLO_BYTES, parseClientHello } from '../../../src/wire/client-hello.ts';

/** The bytes that this Node really sends. */
async function realHello(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...options });
  client.on('error', () => {});
  const [socket] = await once(server, 'connection');
  const chunks: Buffer[] = [];
  while (parseClientHello(Buffer.concat(chunks)).state === 'incomplete') {
    const [chunk] = await once(socket, 'data');
    chunks.push(chunk as Buffer);
  }
  socket.destroy();
  client.destroy();
  server.close();
  return Buffer.concat(chunks);
}

/** The same handshake message cut into records of `size` bytes. */
function refragment(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let offset = 0; offset < message.length; offset += size) {
    const part = message.subarray(offset, offset + size);
    records.push(Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

describe('wire/client-hello', () => {
  let hello: Buffer;
  const expected = { state: 'hello', hello: { serverName: 'api.example.com', alpn: ['h2', 'http/1.1'] } };

  beforeAll(async () => {
    hello = await realHello({ servername: 'api.example.com', ALPNProtocols: ['h2', 'http/1.1'] });
  });

  it('reads the server name and the protocols of a real hello', () => {
    expect(parseClientHello(hello)).toEqual(expected);
  });

  it('gives null for a hello without server name and without protocols', async () => {
    expect(parseClientHello(await realHello({}))).toEqual({ state: 'hello', hello: { serverName: null, alpn: null } });
  });

  it('says incomplete for every proper prefix', () => {
    for (let length = 0; length < hello.length; length++) {
      expect(parseClientHello(hello.subarray(0, length))).toEqual({ state: 'incomplete' });
    }
  });

  it('reads a hello that is split over records of any size', () => {
    for (const size of [1, 2, 3, 4, 5, 37, 100, hello.length]) {
      const split = refragment(hello, size);
      expect(parseClientHello(split)).toEqual(expected);
      expect(parseClientHello(split.subarray(0, -1))).toEqual({ state: 'incomplete' });
    }
  });

  it('ignores bytes behind the hello', () => {
    expect(parseClientHello(Buffer.concat([hello, Buffer.from('early data')]))).toEqual(expected);
  });

  it.each([
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
    ['one byte that TLS never starts with', Buffer.from([0x15])],
    ['a wrong version', Buffer.from([0x16, 2])],
    ['a ServerHello', Buffer.from([0x16, 3, 3, 0, 4, 2, 0, 0, 0])],
    ['an empty record', Buffer.from([0x16, 3, 1, 0, 0])],
    ['a record longer than TLS allows', Buffer.from([0x16, 3, 1, 0x7f, 0xff])],
    ['a hello longer than the cap', Buffer.from([0x16, 3, 1, 0, 4, 1, 0x01, 0, 0])],
  ])('says not-tls at once for %s', (_, bytes) => {
    expect(parseClientHello(bytes).state).toBe('not-tls');
  });

  it('says not-tls when a length inside the hello runs over its end', () => {
    const broken = Buffer.from(hello);
    broken[5 + 4 + 34] = 255; // session id length
    expect(parseClientHello(broken)).toMatchObject({ state: 'not-tls' });
  });

  it('never waits beyond the cap', () => {
    const endless = refragment(
      Buffer.concat([hello.subarray(0, 5), Buffer.from([1, 0, 0xff, 0xff]), Buffer.alloc(70_000)]),
      1,
    );
    expect(parseClientHello(endless.subarray(0, MAX_HELLO_BYTES * 7)).state).not.toBe('incomplete');
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: hello.length - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        (at, bytes) => {
          const broken = Buffer.from(hello);
          broken.set(bytes.subarray(0, broken.length - at), at);
          expect(['hello', 'incomplete', 'not-tls']).toContain(parseClientHello(broken).state);
        },
      ),
      { numRuns: 500 },
    );
  });
});
