import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary, Totals } from '../../../src/core/ports.ts';
import type { DaemonInfo } from '../../../src/cli/daemon-files.ts';

export const TOKEN = 'token-of-the-test';

export function pem(name: string): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(name).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

export interface FakeDaemon {
  daemon: DaemonInfo;
  /** Method, path and body of each request that had the token, and of `/health`. */
  asked: string[];
  /** While true, no request is answered. */
  hangs: boolean;
  close(): void;
}

const EMPTY: Totals = {
  requests: 0,
  errors: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  tool_calls: 0,
  cost_usd: 0,
  estimated: { calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 },
  unpriced_calls: 0,
  calls_without_usage: 0,
  billed_unknown_calls: 0,
  inexact_calls: 0,
  retries: 0,
  request_bytes: 0,
  response_bytes: 0,
};

/** An admin server that knows runs, and the files of a home. */
export async function startFakeDaemon(): Promise<FakeDaemon> {
  const home = mkdtempSync(join(tmpdir(), 'llm-proxy-fake-'));
  for (const folder of ['run', 'certs']) mkdirSync(join(home, folder));
  writeFileSync(join(home, 'run', 'admin-token'), `${TOKEN}\n`);
  writeFileSync(join(home, 'certs', 'ca.pem'), pem('ours'));
  writeFileSync(join(home, 'certs', 'bundle.pem'), pem('public') + pem('ours'));
  const fake = { asked: [] as string[], hangs: false };
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    if (fake.hangs) return;
    if (incoming.url !== '/health' && incoming.headers.authorization !== `Bearer ${TOKEN}`) {
      outgoing.writeHead(401).end('{}');
      return;
    }
    fake.asked.push(`${incoming.method} ${incoming.url} ${Buffer.concat(parts).toString()}`.trim());
    const summary: RunSummary = { run_id: 'run_7', totals: EMPTY, by_model: {} };
    const isOpen = incoming.method === 'POST' && incoming.url === '/api/runs';
    outgoing.end(JSON.stringify(isOpen ? { run_id: 'run_7', proxy_url: 'http://127.0.0.1:7007' } : summary));
  };
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const daemon = {
    pid: process.pid,
    proxy_url: 'http://127.0.0.1:7000',
    admin_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca_file: join(home, 'certs', 'ca.pem'),
    bundle_file: join(home, 'certs', 'bundle.pem'),
    home,
    version: '0.0.0',
  };
  return Object.assign(fake, {
    daemon,
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(home, { recursive: true, force: true });
    },
  });
}
