import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openFrontDoor } from '../../../src/net/front-door.ts';
import {
  DEFAULT_LIMITS,
  type FrontDoor,
  type FrontDoorHandlers,
  type FrontDoorLimits,
} from '../../../src/net/http-server.ts';
import { untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { closeServer } from '../../support/entrance.ts';
import { RawClient } from '../../support/raw-client.ts';

interface Seen {
  connects: { url: string | undefined; socket: Socket; head: Buffer }[];
  requests: { request: IncomingMessage; response: ServerResponse }[];
  upgrades: IncomingMessage[];
  connections: Socket[];
}

describe.each([
  ['http-mitm-proxy', openFrontDoor],
  ['node:http', openBareFrontDoor],
])('net/front-door on %s', (_name, open) => {
  let door: FrontDoor;
  let seen: Seen;
  const clients: RawClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await closeServer(door.server, seen.connections);
  });

  async function start(limits: Partial<FrontDoorLimits> = {}): Promise<void> {
    seen = { connects: [], requests: [], upgrades: [], connections: [] };
    const handlers: FrontDoorHandlers = {
      connect: (request, socket, head) => {
        // Whoever takes a CONNECT over also hears of its end. A reset that comes with the last bytes in one poll of a busy
        // loop is an end to libuv, and nothing else closes a socket that may be half-open.
        socket.on('error', () => {}).on('end', () => socket.destroy());
        seen.connects.push({ url: request.url, socket, head });
      },
      request: (request, response) => {
        seen.requests.push({ request, response });
        request.resume();
        response.end('ours');
      },
      upgrade: (request, socket) => {
        seen.upgrades.push(request);
        socket.end('HTTP/1.1 501 Ours\r\n\r\n');
      },
      connection: (socket) => seen.connections.push(socket),
      error: () => {},
    };
    door = await open(
      { host: '127.0.0.1', port: 0, limits: { ...DEFAULT_LIMITS, checkEveryMs: 20, ...limits } },
      handlers,
    );
  }

  function client(text: string): RawClient {
    const made = new RawClient(door.port).send(text);
    clients.push(made);
    return made;
  }

  it('gives a CONNECT to us and answers nothing by itself', async () => {
    await start();
    const connecting = client('CONNECT ../../evil:443 HTTP/1.1\r\n\r\nfirst');
    await untilTrue(() => seen.connects.length === 1, 'the CONNECT');
    expect(seen.connects[0]).toMatchObject({ url: '../../evil:443', head: Buffer.from('first') });
    expect(connecting.text).toBe('');
  });

  it.each([
    'GET http://a.example/x HTTP/1.1',
    'GET http://[::1]:11434/x HTTP/1.1',
    'GET http://u:p@h.example?x=1 HTTP/1.1',
    'GET / HTTP/1.1',
  ])('gives %j to us with its target untouched', async (line) => {
    await start();
    await client(`${line}\r\nHost: h\r\n\r\n`).hears('ours');
    expect(seen.requests[0]?.request.url).toBe(line.split(' ')[1]);
  });

  it('does not continue an upload for us', async () => {
    await start();
    const waiting = await client(
      'POST http://a.example/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n',
    ).hears('ours');
    expect(waiting.text).not.toContain('100 Continue');
  });

  it('answers no WebSocket before an upstream has', async () => {
    await start();
    const upgrade =
      'GET http://a.example/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
    const upgrading = await client(upgrade).hears('501 Ours');
    expect(upgrading.text).not.toContain('101');
    expect(seen.upgrades).toHaveLength(1);
  });

  it.each([100, 17_000, 60_000])('takes a head of %i bytes', async (size) => {
    await start();
    await client(`GET http://a.example/ HTTP/1.1\r\nHost: h\r\nX-Long: ${'x'.repeat(size)}\r\n\r\n`).hears('ours');
  });

  it('forgets none of 3,000 headers', async () => {
    await start();
    const headers = Array.from({ length: 3000 }, (_, index) => `x${index}: 1\r\n`).join('');
    await client(`GET http://a.example/ HTTP/1.1\r\n${headers}\r\n`).hears('ours');
    expect(seen.requests[0]?.request.rawHeaders).toHaveLength(6000);
  });

  it('refuses a head of 70 kB with a 431', async () => {
    await start();
    const refused = await client(
      `GET http://a.example/ HTTP/1.1\r\nHost: h\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`,
    ).over();
    expect(refused.text).toMatch(/^HTTP\/1\.1 431 /);
    expect(refused.text).toContain('"type":"head_too_large"');
  });

  it.each([
    'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'GET / HTTP/1.1\r\nHost : h\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n',
    'GET / HTTP/1.1\nHost: h\n\n',
    'GET / HTTP/1.1\r\nHost: \0\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'not http at all\r\n\r\n',
  ])('refuses %j with a 400 and closes', async (text) => {
    await start();
    const refused = await client(text).over();
    expect(refused.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(refused.text).toContain('"type":"request_malformed"');
    expect(seen.requests).toEqual([]);
  });

  it('closes a head that does not end, and leaves others alone', async () => {
    await start({ headTimeoutMs: 400 });
    const slow = client('GET http://a.example/ HTTP/1.1\r\nHost');
    const dripping = setInterval(() => slow.send('x'), 10);
    await slow.over();
    clearInterval(dripping);
    expect(slow.text).toMatch(/^HTTP\/1\.1 408 /);
    await client('GET / HTTP/1.1\r\nHost: h\r\n\r\n').hears('ours');
  });

  it('closes a connection that was never used without a word', async () => {
    await start({ headTimeoutMs: 50 });
    const unused = await client('').over();
    expect(unused.text).toBe('');
  });

  it('sets no limit to the time that a body takes', async () => {
    await start({ headTimeoutMs: 50 });
    expect([door.server.requestTimeout, door.server.timeout]).toEqual([0, 0]);
  });

  it('prints nothing when clients reset', async () => {
    const printed = (['log', 'info', 'debug', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name));
    await start();
    for (const text of [
      'CONNECT a.example:443 HTTP/1.1\r\n\r\n',
      'GET http://a.example/ HT',
      'GET / HTTP/1.1\r\n\r\n',
      'garbage\r\n\r\n',
    ]) {
      const leaving = client(text);
      await untilTrue(() => !leaving.socket.connecting, 'the connection');
      leaving.socket.resetAndDestroy();
    }
    await untilTrue(
      () => seen.connections.length === 4 && seen.connections.every((socket) => socket.destroyed),
      'all to go',
    );
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });
});

describe('net/front-door', () => {
  const options = { host: '127.0.0.1', port: 0, limits: DEFAULT_LIMITS };
  const handlers: FrontDoorHandlers = { connect() {}, request() {}, upgrade() {}, connection() {}, error() {} };
  let folder: string;
  let temporary: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-door-'));
    temporary = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
  });

  afterEach(() => {
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
    rmSync(folder, { recursive: true });
  });

  it('rejects a busy port, naming it', async () => {
    const printed = vi.spyOn(console, 'error');
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as AddressInfo;
    await expect(openFrontDoor({ ...options, port }, handlers)).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    });
    expect(printed).not.toHaveBeenCalled();
    await closeServer(busy, []);
  });

  it('says which folder takes no temporary files', async () => {
    process.env['TMPDIR'] = join(folder, 'gone');
    await expect(openFrontDoor(options, handlers)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/\/gone, takes none \(ENOENT\): set TMPDIR/) as string,
    });
  });

  it('rejects an address that is not of this machine', async () => {
    await expect(openFrontDoor({ ...options, host: '203.0.113.1' }, handlers)).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });

  it('leaves no file behind, and never shows one to others', async () => {
    const modes: string[] = [];
    const look = (path: string): void => {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        const full = join(path, entry.name);
        modes.push(`${entry.name.replace(/-\w{6}$/, '')} ${(statSync(full).mode & 0o777).toString(8)}`);
        if (entry.isDirectory()) look(full);
        else if (entry.name === 'ca.pem')
          expect(Date.parse(new X509Certificate(readFileSync(full)).validTo)).toBe(1000);
        else if (entry.name === 'ca.private.key') expect(readFileSync(full, 'utf8').length).toBeLessThan(200);
      }
    };
    const opening = openFrontDoor(options, handlers);
    // It is there for a few turns of the event loop: looked for in each of them.
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setImmediate(resolve));
    look(folder);
    const door = await opening;
    expect(modes.sort()).toEqual([
      'ca.pem 600',
      'ca.private.key 600',
      'ca.public.key 600',
      'certs 700',
      'keys 700',
      'llm-proxy 700',
    ]);
    expect(readdirSync(folder)).toEqual([]);
    await closeServer(door.server, []);
  });
});
