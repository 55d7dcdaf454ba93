import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DaemonInfo } from '../../../src/cli/daemon-files.ts';
import { askDaemon } from '../../../src/cli/run-api.ts';

let home: string;
const server = createServer((incoming, outgoing) => {
  if (incoming.url !== '/hangs')
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

function daemonAt(port: number): DaemonInfo {
  const url = `http://127.0.0.1:${port}`;
  return { pid: 7, proxy_url: url, admin_url: url, ca_file: '', bundle_file: '', home, version: '' };
}

describe('cli/run-api', () => {
  it('asks without a token where there is none, as with admin.auth = "none"', async () => {
    const daemon = daemonAt((server.address() as AddressInfo).port);
    expect(await askDaemon(daemon, 'GET', '/api/calls', null, 2000)).toEqual({ authorization: null });
  });

  it('says which daemon does not answer, and for how long it waited', async () => {
    const { port } = server.address() as AddressInfo;
    const asked = askDaemon(daemonAt(port), 'GET', '/hangs', null, 20);
    await expect(asked).rejects.toThrow(`llm-proxy (pid 7) at http://127.0.0.1:${port} did not answer within 0.02 s`);
    server.closeAllConnections();
    const nobody = askDaemon(daemonAt(1), 'GET', '/', null, 2000);
    await expect(nobody).rejects.toThrow(/^llm-proxy \(pid 7\) at \S+ cannot be asked: connect ECONNREFUSED/);
  });
});
