import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExchangeEdit } from '../../../src/net/edit.ts';
import { forward } from '../../../src/net/forward.ts';
import type { ForwardPlan } from '../../../src/net/forward-plan.ts';
import { SILENT_UPLOAD_MS } from '../../../src/net/silent-upload.ts';

/** `vi.waitFor` would move the clock that stands. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('net/silent-upload', () => {
  let server: Server;
  let client: Socket;
  let plan: ForwardPlan;
  /** Lengths of what was held. */
  let held: number[];
  let over: number;

  beforeEach(async () => {
    held = [];
    over = 0;
    const edit = {
      held: [],
      mark: null,
      hold: (chunk: Buffer) => held.push(chunk.length) > 0,
      decide: () => Promise.reject(new Error('not whole')),
      release: () => {},
      over: () => (over += 1),
    } as Partial<ExchangeEdit> as ExchangeEdit;
    const nowhere = { agent: new Agent(), host: '127.0.0.1', port: 9, path: '/', headers: [], provider: null };
    plan = { ...nowhere, rows: null, edit, copy: null, holdsEnd: false };
    server = createServer((request, response) => forward(request, response, plan)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    client.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  it('is refused when nothing came for ten minutes and nobody but us waits for it', async () => {
    client.write('POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{');
    await until(() => held.length === 1);
    vi.advanceTimersByTime(SILENT_UPLOAD_MS - 1);
    client.write('"');
    await until(() => held.length === 2);
    // Each byte gives it all of the time again, however long the whole takes.
    vi.advanceTimersByTime(SILENT_UPLOAD_MS - 1);
    expect(over).toBe(0);
    const answer = once(client, 'data') as Promise<[Buffer]>;
    vi.advanceTimersByTime(1);
    const [bytes] = await answer;
    expect(bytes.toString()).toMatch(/^HTTP\/1\.1 408 [^]*Connection: close[^]*"type":"request_timeout"/);
    expect(over).toBe(1);
    const closed = once(client, 'end');
    client.resume();
    vi.advanceTimersByTime(60_000);
    await closed;
  });

  it('leaves no timer behind when the client leaves, or was heard to the end', async () => {
    client.write('POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{');
    await until(() => held.length === 1);
    expect(vi.getTimerCount()).toBe(1);
    client.destroy();
    await until(() => over === 1);
    expect(vi.getTimerCount()).toBe(0);
    const next = connect((server.address() as AddressInfo).port, '127.0.0.1');
    next.write('POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n{');
    await until(() => over === 2);
    expect(vi.getTimerCount()).toBe(0);
    next.destroy();
  });
});
