import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { createClickhouse } from '../../../src/delivery/clickhouse.ts';
import { DeliveryError, type Destination, TAKEN } from '../../../src/delivery/destination.ts';
import {
  fakeClickhouse,
  type FakeClickhouse,
  type FakeClickhouseOptions,
  type Mishap,
} from '../../support/fake-clickhouse.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

const open: { close(): Promise<unknown> }[] = [];
const alive = new AbortController().signal;

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function server(options: FakeClickhouseOptions = {}): Promise<FakeClickhouse> {
  const fake = await fakeClickhouse(options);
  open.unshift(fake);
  return fake;
}

function client(url: string, over: { user?: string; password?: string; bodies?: boolean } = {}): Destination {
  const { user = 'default', password = null, bodies = false } = over;
  const destination = createClickhouse(
    { url, user, password, database: 'default', table: 'llm_calls', bodies },
    { ca: null, version: '1.2.3', machine: 'here' },
  );
  open.unshift(destination);
  return destination;
}

async function failureOf(sent: Promise<unknown>): Promise<DeliveryError> {
  const error = await sent.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  expect((error as DeliveryError).message).not.toContain('hunter2');
  return error as DeliveryError;
}

function once(pattern: RegExp, mishap: Mishap): (sql: string) => Mishap | null {
  let isOver = false;
  return (sql) => {
    if (isOver || !pattern.test(sql)) return null;
    isOver = true;
    return mishap;
  };
}

const CALLS = [
  aStoredExchange({ id: 'call_1', cost_usd: 0.123456789, path: '/a\0\ud800', dims: { size: '1024x1024' } }),
  aStoredExchange({ id: 'call_2', leg: 'shadow', cost_usd: null, status: null, response_model: null }),
];
const kinds = (fake: FakeClickhouse): (string | undefined)[] => fake.statements.map(({ sql }) => sql.split(' ')[0]);

describe('delivery/clickhouse', () => {
  it('makes the table once, and writes a row a call', async () => {
    const fake = await server();
    const destination = client(fake.url);
    expect(await destination.send(CALLS, alive)).toEqual(TAKEN);
    await destination.send([aStoredExchange({ id: 'call_3' })], alive);
    expect(kinds(fake)).toEqual(['SELECT', 'CREATE', 'SELECT', 'INSERT', 'INSERT']);
    expect(fake.statements.at(-1)?.settings).toMatchObject({ async_insert: '0' });
    expect(fake.rows[0]).toMatchObject({
      id: 'call_1',
      started_at: '2026-11-21 12:00:00.000',
      cost_usd: '0.123456789',
      path: '/a\0\u{fffd}',
      dims: '{"size":"1024x1024"}',
      leg: 'primary',
      machine: 'here',
    });
    expect(fake.rows[1]).toMatchObject({ leg: 'shadow', cost_usd: null, status: null, response_model: null });
    expect(fake.rows).toHaveLength(3);
  });

  it('names its place without user and password, and takes them from the address too', async () => {
    const fake = await server({ user: 'ann', password: 'hunter2 §' });
    const url = `http://ann:${encodeURIComponent('hunter2 §')}@${fake.url.slice(7)}/?insert_quorum=2`;
    const destination = client(url);
    expect(destination.address).toBe(`${fake.url} (table default.llm_calls)`);
    await destination.send(CALLS, alive);
    expect(fake.statements.at(-1)?.settings).toMatchObject({ insert_quorum: '2' });
    await client(fake.url, { user: 'ann', password: 'hunter2 §' }).send(CALLS, alive);
    expect(fake.rows).toHaveLength(4);
    expect((await failureOf(client(fake.url, { password: 'hunter2' }).send(CALLS, alive))).verdict).toBe('settings');
  });

  it('splits messages of megabytes into several requests', async () => {
    const fake = await server();
    const long = aStoredMessage('HTTP/1.1 200 OK', 'x'.repeat(2_100_000));
    const calls = ['a', 'b'].map((id) => aStoredExchange({ id }, { response: long }));
    await client(fake.url, { bodies: true }).send(calls, alive);
    expect(kinds(fake).filter((kind) => kind === 'INSERT')).toHaveLength(2);
    expect(fake.rows.map(({ response_body: body }) => String(body).length)).toEqual([2_100_000, 2_100_000]);
  });

  it('adds the columns that a table of an earlier version lacks', async () => {
    const fake = await server({ columns: { id: 'String', started_at: "DateTime64(3, 'UTC')", provider: 'String' } });
    await client(fake.url).send(CALLS, alive);
    expect(kinds(fake)).toEqual(['SELECT', 'SELECT', 'ALTER', 'SELECT', 'INSERT']);
    expect(fake.statements[2]?.sql).not.toContain('`provider`');
    expect(fake.rows).toHaveLength(2);
  });

  it.each<[string, FakeClickhouseOptions, string]>([
    ['of somebody else', { columns: { id: 'String', amount: 'Int64' } }, "another's"],
    [
      'that makes 0 of the unknown',
      { columns: { id: 'String', started_at: 'DateTime', cost_usd: 'Float64' } },
      'make cost_usd Nullable',
    ],
    [
      'that keeps what comes twice',
      { columns: { id: 'String', started_at: 'DateTime' }, engine: 'ReplicatedMergeTree' },
      'is a ReplicatedMergeTree',
    ],
    ['of a server that is none of ClickHouse', { mishap: () => ({ status: 200, body: '<html>' }) }, 'is it ClickHouse'],
  ])('writes no row into a table %s', async (_, options, why) => {
    const fake = await server(options);
    const failure = await failureOf(client(fake.url).send(CALLS, alive));
    expect(failure).toMatchObject({ verdict: 'settings', message: expect.stringContaining(why) });
    expect(kinds(fake)).not.toContain('INSERT');
  });

  it.each<[Mishap, string]>([
    [{ status: 500, code: 252 }, 'retry'],
    [{ status: 500, code: 241 }, 'retry'],
    [{ status: 500, code: 242 }, 'retry'],
    [{ status: 404, code: 60 }, 'retry'],
    [{ status: 500, code: 1002 }, 'retry'],
    [{ status: 503 }, 'retry'],
    [{ status: 429, retryAfter: '7' }, 'retry'],
    [{ status: 403, code: 516 }, 'settings'],
    [{ status: 500, code: 497 }, 'settings'],
    [{ status: 404, code: 81 }, 'settings'],
    [{ status: 400, code: 62 }, 'settings'],
    [{ status: 400 }, 'settings'],
    [{ status: 413 }, 'too_large'],
    [{ status: 400, code: 27 }, 'refused'],
    [{ status: 500, code: 469 }, 'refused'],
  ])('meets %j at the insert as %s, and goes on from there', async (mishap, verdict) => {
    const fake = await server({ mishap: once(/^INSERT/, mishap) });
    const destination = client(fake.url);
    const failure = await failureOf(destination.send(CALLS, alive));
    expect(failure.verdict).toBe(verdict);
    expect(failure.retryAfterMs).toBe(mishap.retryAfter === undefined ? null : 7000);
    await destination.send(CALLS, alive);
    expect(fake.rows).toHaveLength(2);
  });

  it('makes the table again that somebody dropped', async () => {
    const fake = await server();
    const destination = client(fake.url);
    await destination.send(CALLS, alive);
    fake.columns.clear();
    expect((await failureOf(destination.send(CALLS, alive))).verdict).toBe('retry');
    await destination.send(CALLS, alive);
    expect(fake.columns.has('cost_usd')).toBe(true);
  });

  it('blames no call for a table that cannot be made', async () => {
    const fake = await server({ mishap: once(/^CREATE/, { status: 400, code: 69 }) });
    expect((await failureOf(client(fake.url).send(CALLS, alive))).verdict).toBe('settings');
  });
});

/** ClickHouse itself, in a Python package; the statements are those that the destination sent. */
const JUDGE = `
import json, sys
from chdb import session
judge = session.Session()
for step in json.load(sys.stdin):
    print(judge.query(step), end='')
`;
const python = process.env['LLM_PROXY_TEST_CHDB_PYTHON'] ?? 'python3';
const hasJudge =
  spawnSync(python, ['-c', 'import importlib.util, sys; sys.exit(importlib.util.find_spec("chdb") is None)']).status ===
  0;

describe('delivery/clickhouse, judged by ClickHouse', () => {
  it.skipIf(!hasJudge)(
    `keeps each call once and each nano-dollar (needs the Python package chdb)`,
    { timeout: 60_000 },
    async () => {
      const fake = await server();
      const destination = client(fake.url, { bodies: true });
      await destination.send(CALLS, alive);
      await destination.send(CALLS, alive);
      const steps = fake.statements.map(({ sql, data, settings }) => {
        const { wait_end_of_query: _, ...rest } = settings;
        const set = Object.entries(rest).map(([name, value]) => `${name} = ${value}`);
        return data === '' ? sql : `${sql.replace(' FORMAT ', ` SETTINGS ${set.join(', ')} FORMAT `)}\n${data}`;
      });
      const ask = `SELECT id, toString(cost_usd), sum(cost_usd) OVER () = toDecimal64(0.123456789, 9), leg, status, path = concat('/a', char(0), '\u{fffd}'),
      toUnixTimestamp64Milli(started_at), JSONExtractString(dims, 'size') FROM default.llm_calls FINAL ORDER BY id FORMAT JSONCompactEachRow`;
      const { stdout, stderr } = spawnSync(python, ['-c', JUDGE], {
        input: JSON.stringify([...steps, ask]),
        encoding: 'utf8',
      });
      const lines = stdout.split('\n').filter((line) => line.startsWith('["call_'));
      expect(
        lines.map((line) => JSON.parse(line) as unknown),
        stderr,
      ).toEqual([
        ['call_1', '0.123456789', 1, 'primary', 200, 1, 1_795_262_400_000, '1024x1024'],
        ['call_2', null, 1, 'shadow', null, 0, 1_795_262_400_000, null],
      ]);
    },
  );
});
