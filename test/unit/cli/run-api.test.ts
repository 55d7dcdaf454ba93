import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askDaemon } from '../../../src/cli/run-api.ts';

let home: string;
const server = createServer((incoming, outgoing) => {
  outgoing.end(JSON.stringify({ authorization: incoming.headers.authorization ?? null }));
});

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-api-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(home, { recursive: true, force: true });
});

describe('cli/run-api', () => {
  it('asks without a token where there is none, as with admin.auth = "none"', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const daemon = { pid: 1, proxy_url: url, admin_url: url, ca_file: '', bundle_file: '', home, version: '' };
    expect(await askDaemon(daemon, 'GET', '/api/calls', null, 2000)).toEqual({ authorization: null });
  });
});
