import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReadOnlyServer, startReadOnly } from '../../../src/cli/dashboard.ts';
import { browserCommand } from '../../../src/cli/open-browser.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { askHttp } from '../../support/ask-http.ts';
import { aRecord } from '../../support/captures.ts';

let folder: string;
let server: ReadOnlyServer | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-readonly-'));
  server = null;
  const database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  new CallWriter(database).write([{ record: aRecord({ id: 'call_0001' }), costNanos: 6_000_000, log: null }]);
  database.close();
});
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function config(flags: Record<string, unknown> = {}): LoadedConfig {
  return loadConfig({ flags: { home: folder, db: join(folder, 'calls.db'), ...flags }, env: {}, cwd: folder });
}

async function start(given: LoadedConfig = config(), port: number | null = 0): Promise<number> {
  server = await startReadOnly(given, join(folder, 'calls.db'), { host: null, port });
  return Number(new URL(server.url).port);
}

async function cookie(port: number): Promise<Record<string, string>> {
  const url = new URL((await server?.loginUrl()) ?? '');
  const { headers } = await askHttp(port, 'GET', url.pathname + url.search);
  return { cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
}

describe('cli/dashboard: without a daemon', () => {
  it('shows what is stored to whoever was let in', async () => {
    const port = await start();
    expect((await askHttp(port, 'GET', '/api/calls')).status).toBe(401);
    const headers = await cookie(port);
    const get = async (path: string): Promise<unknown> => (await askHttp(port, 'GET', path, headers)).json();
    expect(await get('/api/whoami')).toMatchObject({ authenticated: true, auth: 'token', read_only: true });
    expect(await get('/api/calls')).toMatchObject({ calls: [{ id: 'call_0001' }] });
    expect(await get('/api/stats')).toMatchObject({ total_requests: 1 });
    expect(await get('/health')).toMatchObject({ status: 'read_only', in_flight: 0, recorder: null });
  });

  it('changes nothing, and says why', async () => {
    const port = await start();
    const headers = await cookie(port);
    for (const [method, path] of [
      ['POST', '/api/stop'],
      ['PUT', '/api/tracing'],
      ['PUT', '/api/calls/call_0001/pin'],
      ['POST', '/api/purge'],
      ['POST', '/api/runs'],
    ] as const) {
      const { status, json } = await askHttp(port, method, path, headers, '{}');
      expect([path, status, json()]).toEqual([
        path,
        503,
        { error: { type: 'read_only', message: expect.stringContaining('llm-proxy start') } },
      ]);
    }
  });

  it('takes another port when that of the daemon is busy, unless it was told which', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port: busy } = other.address() as AddressInfo;
      await expect(start(config(), busy)).rejects.toMatchObject({ code: 'port_in_use' });
      expect(await start(config({ admin_port: String(busy) }), null)).not.toBe(busy);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});

describe('cli/open-browser', () => {
  const URL = 'http://127.0.0.1:8081/login?code=x&y=$(rm)';

  it.each([
    ['linux', { DISPLAY: ':0' }, ['xdg-open', [URL]]],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', [URL]]],
    ['linux', {}, null],
    ['darwin', {}, ['open', [URL]]],
    ['win32', {}, ['rundll32', ['url.dll,FileProtocolHandler', URL]]],
  ] as const)('knows how to open a page on %s with %j, and asks no shell', (platform, env, command) => {
    expect(browserCommand(URL, platform, env)).toEqual(command);
  });
});
