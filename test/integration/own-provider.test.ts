import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { httpRequest, httpResponse } from '../support/tunnel-client.ts';
import { startTcpUpstream, type Upstream } from '../support/tls-upstream.ts';

const CONFIG = `
[[provider]]
id = "acme"
title = "Acme AI"
hosts = ["api.acme.example"]

[[provider.endpoints]]
method = "POST"
path = "/v2/think/{model}"
operation = "chat"
[provider.endpoints.usage]
tokens = { input_tokens = "meter.read", output_tokens = "meter.written" }

[[provider.prices]]
unit = "output_tokens"
usd = "2.5"
per = 1000000
asOf = "2026-11-01"

[[provider.prices]]
unit = "input_tokens"
usd = "0.5"
per = 1000000
asOf = "2026-11-01"
`;

describe('a provider of the user, described in the configuration', () => {
  let folder: string;
  let upstream: Upstream;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-own-'));
    writeFileSync(join(folder, 'llm-proxy.toml'), CONFIG);
    upstream = await startTcpUpstream((socket) => {
      socket.on('data', () => socket.write(httpResponse('{"text":"Hi.","meter":{"read":1000,"written":200}}')));
    });
    daemon = await startDaemon({
      args: [
        '--config',
        join(folder, 'llm-proxy.toml'),
        '--connect-to',
        `api.acme.example:80:127.0.0.1:${upstream.port}`,
      ],
    });
  });

  afterAll(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is metered and priced by what the configuration says', async () => {
    const socket = connect(daemon.proxyPort, '127.0.0.1');
    socket.write(
      httpRequest('POST', 'http://api.acme.example/v2/think/deep-1', 'api.acme.example', {}, '{"question":"?"}'),
    );
    await once(socket, 'data');
    socket.destroy();
    const calls = async (): Promise<CallRecord[]> =>
      ((await (await daemon.get('/api/calls?provider=acme')).json()) as { calls: CallRecord[] }).calls;
    await expect.poll(async () => (await calls()).length).toBe(1);
    const [call] = await calls();
    expect(call).toMatchObject({
      provider: 'acme',
      operation: 'chat',
      request_model: 'deep-1',
      usage: { input_tokens: 1000, output_tokens: 200, source: 'json', state: 'final' },
      cost_usd: 0.001,
    });
  });

  it('stops the start when it is wrong, and says what is wrong where', async () => {
    const file = join(folder, 'wrong.toml');
    writeFileSync(file, CONFIG.replace('operation = "chat"', 'operation = "chat"\nunit = "x"'));
    const result = await runCli(['start', '--home', join(folder, 'home'), '--config', file], {
      XDG_STATE_HOME: folder,
    });
    expect(result.code).not.toBe(0);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
    expect(result.stderr).toMatch(/wrong\.toml.*provider acme\.endpoints\[1\] has no unit; it takes method, path/);
  });
});
