import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { httpRequest, httpResponse } from '../support/tunnel-client.ts';
import { startTcpUpstream, type Upstream } from '../support/tls-upstream.ts';

const QUESTION = 'marguerite-of-the-question';
const ANSWER = 'marguerite-of-the-answer';

describe('bodies of vector databases, payments, messaging and search', () => {
  let folder: string;
  let upstream: Upstream;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-bodies-'));
    const config = join(folder, 'llm-proxy.toml');
    writeFileSync(config, 'intercept = ["pinecone.io", "tavily.com"]\n[capture]\nbodies_of = ["tavily"]\n');
    upstream = await startTcpUpstream((socket) => {
      socket.on('data', () =>
        socket.write(httpResponse(JSON.stringify({ matches: [{ id: ANSWER }], usage: { readUnits: 6, credits: 1 } }))),
      );
    });
    const to = `:80:127.0.0.1:${upstream.port}`;
    daemon = await startDaemon({
      home: join(folder, 'home'),
      args: ['--config', config, '--connect-to', `x.pinecone.io${to}`, '--connect-to', `api.tavily.com${to}`],
    });
  });

  afterAll(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function call(host: string, path: string, provider: string): Promise<CallRecord> {
    const socket = connect(daemon.proxyPort, '127.0.0.1');
    socket.write(httpRequest('POST', `http://${host}${path}`, host, {}, JSON.stringify({ query: QUESTION })));
    await once(socket, 'data');
    socket.destroy();
    const calls = async (): Promise<CallRecord[]> =>
      ((await (await daemon.get(`/api/calls?provider=${provider}`)).json()) as { calls: CallRecord[] }).calls;
    await expect.poll(async () => (await calls()).length).toBe(1);
    return (await calls())[0]!;
  }

  it('are written nowhere, while their usage is counted', async () => {
    const record = await call('x.pinecone.io', '/query', 'pinecone');
    expect(record).toMatchObject({ operation: 'query', usage: { units: { read_units: 6 }, state: 'final' } });
    expect(record.request_bytes).toBeGreaterThan(20);
    const answer = await (await daemon.get(`/api/calls/${record.id}`)).text();
    expect(answer).not.toContain('marguerite');
    expect((await daemon.get(`/api/calls/${record.id}/request`)).status).toBe(404);
  });

  it('are kept where the user asked for it', async () => {
    await call('api.tavily.com', '/search', 'tavily');
    await daemon.stop();
    const files = readdirSync(join(folder, 'home'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const holders = files.filter((entry) =>
      [QUESTION, ANSWER].some((mark) => readFileSync(join(entry.parentPath, entry.name)).includes(mark)),
    );
    // A log file of the one provider, and the store; not the other's log.
    expect(holders.map((entry) => entry.name.replace(/-\d.*/, '')).toSorted()).toEqual(['llm-proxy.db', 'tavily']);
    expect(files.some((entry) => entry.name.startsWith('pinecone-'))).toBe(true);
  });

  it('cannot be asked for of a provider that nobody knows', async () => {
    const file = join(folder, 'wrong.toml');
    writeFileSync(file, '[capture]\nbodies_of = ["stripes"]\n');
    const result = await runCli(['start', '--home', join(folder, 'other'), '--config', file], {
      XDG_STATE_HOME: folder,
    });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/capture\.bodies_of: there is no provider stripes.*stripe/);
  });
});
