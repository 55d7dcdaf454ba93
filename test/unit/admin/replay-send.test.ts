import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReplayPlan, send } from '../../../src/admin/replay.ts';
import { makeCa } from '../../support/certificates.ts';

let folder: string;
let proxy: Server;
let url: string;
let seen: { target: string; host: string; body: string }[];

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-replay-'));
  writeFileSync(join(folder, 'ca.pem'), makeCa().pem);
  seen = [];
  proxy = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ target: request.url ?? '', host: request.headers.host ?? '', body });
      response.writeHead(201).end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterEach(async () => {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function plan(target: string): ReplayPlan {
  return { url: target, method: 'POST', headers: { 'x-a': 'b' }, body: Buffer.from('hi') };
}

describe('admin/replay: send', () => {
  it('asks a plain server through the proxy, by its whole address', async () => {
    const { status, ended } = await send(plan('http://llm.lan:11434/api/chat'), url, join(folder, 'ca.pem'));
    await ended;
    expect(status).toBe(201);
    expect(seen).toEqual([{ target: 'http://llm.lan:11434/api/chat', host: 'llm.lan:11434', body: 'hi' }]);
  });

  it('asks the proxy itself where the address is one of its own', async () => {
    const { status, ended } = await send(plan('/model/m/invoke'), url, join(folder, 'ca.pem'));
    await ended;
    expect(status).toBe(201);
    expect(seen).toEqual([{ target: '/model/m/invoke', host: new URL(url).host, body: 'hi' }]);
  });

  it('says why it could not', async () => {
    const failing = send(plan('https://llm.lan/v1'), 'http://127.0.0.1:1', join(folder, 'ca.pem'));
    await expect(failing).rejects.toThrow(/^the call could not be sent: .*ECONNREFUSED/);
  });
});
