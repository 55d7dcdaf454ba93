import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Destination, TAKEN } from '../../src/delivery/destination.ts';
import { createPostgres } from '../../src/delivery/postgres.ts';
import type { CallRecord } from '../../src/core/capture.ts';
import { postgresPrograms, startPostgres, type RealPostgres } from '../support/real-postgres.ts';
import { aStoredExchange } from '../support/stored-exchanges.ts';

const programs = postgresPrograms();
const alive = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

let server: RealPostgres;
let client: Client;

beforeAll(async () => {
  if (programs === null) return;
  server = await startPostgres(programs);
  client = new Client(server.url());
  await client.connect();
}, 30_000);

afterAll(async () => {
  await client?.end();
  await server?.close();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function sender(
  schema: string,
  over: { user?: string; database?: string; machine?: string; bodies?: boolean } = {},
): Destination {
  const { user, database, machine = 'here', bodies = true } = over;
  const destination = createPostgres(
    { url: server.url(user, database), schema, bodies },
    { ca: null, version: '1.2.3', machine },
  );
  open.push(destination);
  return destination;
}

const asked = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await client.query<Record<string, unknown>>(sql)).rows;
const calls = (...some: Partial<CallRecord>[]) => some.map((over) => aStoredExchange(over));

describe.skipIf(programs === null)('a real PostgreSQL (needs initdb and postgres)', () => {
  it('has each call once, when two daemons begin at the same moment and a batch comes again', async () => {
    const [a, b] = [sender('two "daemons"', { machine: 'a' }), sender('two "daemons"', { machine: 'b' })];
    const ten = calls(...Array.from({ length: 10 }, (_, n) => ({ id: `call_${n}`, cost_usd: 0.1 })));
    const all = await Promise.all([
      a.send(ten, alive),
      b.send(ten.slice(5), alive),
      b.send(calls({ id: 'call_b' }), alive),
    ]);
    expect(all).toEqual([TAKEN, TAKEN, TAKEN]);
    await a.send(ten, alive);
    const [sums] = await asked(
      `SELECT count(*)::int AS calls, sum(cost_usd)::text AS usd FROM "two ""daemons""".calls`,
    );
    // Ten times 0.1 is no 1 in doubles.
    expect(sums).toEqual({ calls: 11, usd: '1.006000000' });
  });

  it('keeps money, time, texts and the unknown as they are', async () => {
    const path = '/\0/\ud800/\u{1f600}/\\u0000/\u0001';
    await sender('exact').send(
      calls(
        { id: 'a', cost_usd: 1234.567890123, path, dims: { size: '1\0' }, started_at: '2026-11-21T23:59:59.999Z' },
        {
          id: 'b',
          cost_usd: null,
          status: null,
          leg: 'shadow',
          usage: { ...aStoredExchange().record.usage, input_tokens: null },
        },
      ),
      alive,
    );
    const rows = await asked(`SELECT id, cost_usd, path, dims->>'size' AS size, status, leg, input_tokens, stream,
      extract(epoch FROM started_at)::text AS began, request_body::json->>'system' AS said FROM exact.calls ORDER BY id`);
    expect(rows).toEqual([
      {
        id: 'a',
        cost_usd: '1234.567890123',
        path: '/\u{2400}/\u{fffd}/\u{1f600}/\\u0000/\u0001',
        size: '1\u{2400}',
        status: '200',
        leg: 'primary',
        input_tokens: '1200',
        stream: false,
        began: '1795305599.999000',
        said: 'Be brief.',
      },
      expect.objectContaining({ id: 'b', cost_usd: null, size: null, status: null, leg: 'shadow', input_tokens: null }),
    ]);
  });

  it('gives a table of an earlier version its columns, and takes one that is divided by time', async () => {
    await client.query(`CREATE SCHEMA older; CREATE TABLE older.calls (id text, started_at timestamptz, PRIMARY KEY (id, started_at))
      PARTITION BY RANGE (started_at); CREATE TABLE older.november PARTITION OF older.calls FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')`);
    const destination = sender('older');
    await destination.send(calls({ id: 'a' }), alive);
    await destination.send(calls({ id: 'a' }, { id: 'b' }), alive);
    expect(await asked('SELECT count(*)::int AS calls, sum(cost_usd)::text AS usd FROM older.november')).toEqual([
      { calls: 2, usd: '0.012000000' },
    ]);
    const december = destination.send(calls({ id: 'c', started_at: '2026-12-01T00:00:00.000Z' }), alive);
    await expect(december).rejects.toMatchObject({
      verdict: 'settings',
      message: expect.stringContaining('partition'),
    });
  });

  it('writes with no more than the right to insert and to look, once the table is there', async () => {
    await sender('shared').send(calls({ id: 'a' }), alive);
    await client.query('CREATE ROLE writer LOGIN');
    const denied = { verdict: 'settings', message: expect.stringContaining('42501') };
    await expect(sender('shared', { user: 'writer' }).send(calls({ id: 'b' }), alive)).rejects.toMatchObject(denied);
    await expect(sender('other', { user: 'writer' }).send(calls({ id: 'b' }), alive)).rejects.toMatchObject(denied);
    await client.query('GRANT USAGE ON SCHEMA shared TO writer; GRANT INSERT, SELECT ON shared.calls TO writer');
    await sender('shared', { user: 'writer' }).send(calls({ id: 'a' }, { id: 'b' }), alive);
    expect(await asked('SELECT id FROM shared.calls ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }]);
  });

  it('keeps nothing of a batch with a row that the table refuses, and says that it is the calls', async () => {
    const destination = sender('strict');
    await destination.send(calls({ id: 'a' }), alive);
    await client.query("ALTER TABLE strict.calls ADD CHECK (provider <> 'acme')");
    const mixed = calls({ id: 'b' }, { id: 'c', provider: 'acme' });
    await expect(destination.send(mixed, alive)).rejects.toMatchObject({ verdict: 'refused' });
    await destination.send(mixed.slice(0, 1), alive);
    expect(await asked('SELECT id FROM strict.calls ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }]);
  });

  it('goes on after an administrator ended the connection, and after the table was dropped', async () => {
    const destination = sender('lost');
    await destination.send(calls({ id: 'a' }), alive);
    await client.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'llm-proxy'",
    );
    // Whether the end was seen before or by the batch: it arrives with the next.
    await destination
      .send(calls({ id: 'b' }), alive)
      .catch((error: unknown) => expect(error).toMatchObject({ verdict: 'retry' }));
    await destination.send(calls({ id: 'b' }), alive);
    expect(await asked('SELECT id FROM lost.calls ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }]);
    await client.query('DROP SCHEMA lost CASCADE');
    await expect(destination.send(calls({ id: 'c' }), alive)).rejects.toMatchObject({ verdict: 'retry' });
    await destination.send(calls({ id: 'c' }), alive);
    expect(await asked('SELECT id FROM lost.calls')).toEqual([{ id: 'c' }]);
  });

  it('says what is wrong with a database that is not there', async () => {
    await expect(sender('x', { database: 'nowhere' }).send(calls({ id: 'a' }), alive)).rejects.toMatchObject({
      verdict: 'settings',
      message: expect.stringContaining('3D000'),
    });
  });
});
