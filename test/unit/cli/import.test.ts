import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeDaemonFiles } from '../../../src/cli/daemon-files.ts';
import { lineOf } from '../../../src/interchange/jsonl.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { aStoredExchange } from '../../support/stored-exchanges.ts';

let folder: string;
let server: Server;
/** Imports that the daemon answers before it is gone. */
let answers: number;
let imports: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-import-'));
  imports = 0;
  server = createServer((incoming, outgoing) => {
    incoming.resume();
    incoming.on('end', () => {
      if (incoming.url === '/health') outgoing.end('{}');
      else if ((imports += 1) > answers) outgoing.destroy();
      else outgoing.end(JSON.stringify({ added: 1, existing: 0, strange: 0, failed: [] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const files = { ca_file: '', bundle_file: '', home: folder, version: '' };
  writeDaemonFiles({ pid: process.pid, proxy_url: url, admin_url: url, ...files }, { HOME: folder });
  mkdirSync(join(folder, 'in'));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string): void => writeFileSync(join(folder, 'in', name), lineOf(aStoredExchange({ id: name })));
const run = (): ReturnType<typeof runInProcess> =>
  runInProcess(['import', '--home', folder, join(folder, 'in')], { HOME: folder, XDG_STATE_HOME: join(folder, 's') });

describe('cli/import', () => {
  it('ends when nobody takes calls any more, and says how far it came', async () => {
    for (const name of ['a.jsonl', 'b.jsonl', 'c.jsonl']) write(name);
    answers = 1;
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^llm-proxy: the import ended early: .+ \(1 call was added, 0 were there already; .+\)\n$/);
    expect(imports).toBe(2);
  });

  it.skipIf(!existsSync('/proc/self/mem'))('goes on behind a compressed file that cannot be read', async () => {
    symlinkSync('/proc/self/mem', join(folder, 'a.jsonl.gz'));
    writeFileSync(join(folder, 'in', 'b.jsonl.gz'), 'not compressed');
    write('c.jsonl');
    answers = 9;
    const { code, stdout, stderr } = await runInProcess(
      ['import', '--home', folder, join(folder, 'a.jsonl.gz'), join(folder, 'in')],
      { HOME: folder, XDG_STATE_HOME: join(folder, 's') },
    );
    expect([code, stdout]).toEqual([0, '3 files: 1 added, 2 could not be read.\n']);
    expect(stderr).toMatch(/a\.jsonl\.gz: reading: EIO[^\n]*\n[^\n]*b\.jsonl\.gz: reading: incorrect header check/);
  });
});
