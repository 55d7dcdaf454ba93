import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { adminToken, daemonFile, writeDaemonFiles } from '../../../src/cli/daemon-files.ts';
import { tailJsonMain } from '../../../src/cli/tail-json.ts';

const call = (id: string, provider = 'openai'): object => ({ id, provider });
const event = (id: number, data: object): string => `event: call\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
const FIRST_STREAM = [
  'id: 4\n\n',
  event(5, call('b')),
  'event: progress\ndata: {"id":"x"}\n\n',
  event(6, call('c')),
  event(7, call('d', 'groq')),
];

describe('cli/tail-json', () => {
  let home: string;
  let server: Server;
  const asked: string[] = [];
  const streams: string[][] = [];

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'llm-proxy-tail-'));
    streams.push(FIRST_STREAM, [event(8, call('e'))]);
    const token = adminToken(home);
    server = createServer(({ url = '', headers }, response) => {
      if (url === '/health') return void response.end('{}');
      asked.push(`${url} ${String(headers['last-event-id'])} ${headers.authorization === `Bearer ${token}`}`);
      if (url !== '/api/live') return void response.end(JSON.stringify({ calls: [call('b'), call('a')] }));
      for (const text of streams.shift() ?? []) response.write(text);
      if (streams.length === 0) rmSync(daemonFile(home));
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const admin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const files = { ca_file: '', bundle_file: '', version: '0' };
    writeDaemonFiles(
      { pid: process.pid, proxy_url: 'http://127.0.0.1:1', admin_url: admin, home, ...files },
      { XDG_STATE_HOME: home },
    );
  });
  afterEach(() => {
    server.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('prints the last calls and each that ends, once, and goes on behind a stream that broke', async () => {
    let text = '';
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
      text += String(part);
      return true;
    });
    const code = await tailJsonMain({ home, provider: 'openai', againMs: 1 }).finally(() => spy.mockRestore());
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a', 'b', 'c', 'e']);
    expect(code).toBe(0);
    expect(asked).toEqual([
      '/api/live undefined true',
      '/api/calls?limit=10&provider=openai undefined true',
      '/api/live 7 true',
    ]);
  });
});
