import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { aRecord } from '../../support/captures.ts';
import type { CliResult } from '../../support/run-cli.ts';
import { runInProcess } from '../../support/run-in-process.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-period-'));
  const database = openDatabase(join(home, 'data', 'llm-proxy.db'));
  migrate(database);
  new CallWriter(database).write(
    [
      aRecord({ id: 'call_1', customer_id: 'acme', duration_ms: 1210 }),
      aRecord({ id: 'call_2', provider: 'openai', started_at: '2026-11-22T13:00:00.000Z', ttft_ms: 250 }),
    ].map((record) => ({ record, costNanos: 6_000_000, log: null })),
  );
  database.close();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const stats = (...args: string[]): Promise<CliResult> =>
  runInProcess(['stats', '--home', home, ...args], { HOME: home, XDG_STATE_HOME: home });

describe('cli/period-stats', () => {
  it('shows the totals of a period by day, with the sum below', async () => {
    const { code, stdout } = await stats('--since', '2026-11-20T12:00:00Z', '--group', 'day', '--zone', 'UTC');
    expect(code).toBe(0);
    const [head, ...lines] = stdout.split('\n');
    expect(head).toMatch(/^day +calls +errors +input .* cost +time p50 +p95 +first token p50 +p95$/);
    expect(lines.map((line) => line.split(/ +/).slice(0, 2)).slice(0, 3)).toEqual([
      ['2026-11-21', '1'],
      ['2026-11-22', '1'],
      ['total', '2'],
    ]);
    expect(lines[0]).toContain('1.20s');
    // In the words of the clock on the wall, as all times of the command line.
    expect(lines[3]).toBe(`since ${new Date('2026-11-20T12:00:00Z').toLocaleString('sv-SE')}`);
  });

  it('says which calls told nothing of what is asked', async () => {
    const { stdout } = await stats('--group', 'customer');
    expect(stdout).toMatch(/^acme /m);
    expect(stdout).toMatch(/^\(not told\) /m);
  });

  it('gives the answer of the API to programs', async () => {
    const { stdout } = await stats('--provider', 'openai', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      total_requests: 1,
      group: 'model',
      groups: [{ key: 'openai/claude-sonnet-4-5-20250929', ttft_ms: { p50: 250 } }],
    });
  });

  it('says that a period is empty, and refuses one that is none', async () => {
    expect((await stats('--since', '2030-01-01')).stdout).toBe('No calls in this time.\n');
    expect(await stats('--since', 'soon')).toMatchObject({ code: 2, stderr: expect.stringContaining('since must be') });
    expect(await stats('--group', 'year')).toMatchObject({ code: 2 });
  });
});
