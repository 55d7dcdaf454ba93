import { afterEach, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeliveryError, type Destination, TAKEN } from '../../../src/delivery/destination.ts';
import { createPostgres } from '../../../src/delivery/postgres.ts';
import { makeCa, makeLeaf } from '../../support/certificates.ts';
import { fakePostgres, type FakePostgres, type FakePostgresOptions, type Mishap } from '../../support/fake-postgres.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

const open: { close(): Promise<unknown> }[] = [];
const alive = new AbortController().signal;

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function server(options: FakePostgresOptions = {}): Promise<FakePostgres> {
  const fake = await fakePostgres(options);
  open.unshift(fake);
  return fake;
}

function client(
  fake: FakePostgres,
  over: { query?: string; ca?: string; bodies?: boolean; host?: string } = {},
): Destination {
  const { query = 'sslmode=disable', ca, bodies = false, host = '127.0.0.1' } = over;
  const destination = createPostgres(
    { url: `postgresql://tester:hunter2@${host}:${fake.port}/ledger?${query}`, schema: 'llm_proxy', bodies },
    { ca: ca === undefined ? null : [ca], version: '1.2.3', machine: 'here' },
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

/** Once, at the first statement like this. */
function once(pattern: RegExp, mishap: Mishap): (statement: string) => Mishap | null {
  let isOver = false;
  return (statement) => {
    if (isOver || !pattern.test(statement)) return null;
    isOver = true;
    return mishap;
  };
}

const CALLS = [aStoredExchange({ id: 'call_1' }), aStoredExchange({ id: 'call_2', leg: 'shadow', cost_usd: null })];

describe('delivery/postgres', () => {
  it('makes the table once, and writes a row a call in one transaction', async () => {
    const fake = await server();
    const destination = client(fake);
    expect(await destination.send(CALLS, alive)).toEqual(TAKEN);
    expect(fake.statements.filter((text) => text.startsWith('CREATE TABLE'))).toHaveLength(1);
    fake.statements.length = 0;
    await destination.send([aStoredExchange({ id: 'call_3', path: '/a\0b', dims: { size: 'big\0' } })], alive);
    expect(fake.statements.map((text) => text.split(/[ \n]/)[0])).toEqual(['BEGIN', 'SET', 'SET', 'INSERT', 'COMMIT']);
    expect(fake.connections).toBe(1);
    expect([...fake.rows.keys()]).toEqual(['call_1', 'call_2', 'call_3']);
    expect(fake.rows.get('call_1')).toMatchObject({ cost_usd: '0.006000000', leg: 'primary', machine: 'here' });
    expect(fake.rows.get('call_2')).toMatchObject({ cost_usd: null, leg: 'shadow' });
    expect(fake.rows.get('call_3')).toMatchObject({ path: '/a\u{2400}b', dims: { size: 'big\u{2400}' } });
    expect(fake.rows.get('call_1')).not.toHaveProperty('request_body');
  });

  it('names its place without user and password', async () => {
    const fake = await server();
    const destination = client(fake);
    expect(destination).toMatchObject({
      name: 'postgres',
      address: `postgresql://127.0.0.1:${fake.port}/ledger (table llm_proxy.calls)`,
      wantsBodies: false,
    });
    expect(client(fake, { bodies: true }).wantsBodies).toBe(true);
  });

  it('splits messages of megabytes into several statements of one transaction', async () => {
    const fake = await server();
    const long = aStoredMessage('HTTP/1.1 200 OK', 'x'.repeat(2_100_000));
    const calls = ['a', 'b'].map((id) => aStoredExchange({ id }, { response: long }));
    await client(fake, { bodies: true }).send(calls, alive);
    expect(fake.statements.filter((text) => text.startsWith('INSERT'))).toHaveLength(2);
    expect(fake.statements.filter((text) => text === 'COMMIT')).toHaveLength(2);
    expect(String(fake.rows.get('b')?.['response_body'])).toHaveLength(2_100_000);
  });

  it('adds the columns that a table of an earlier version lacks, and asks for nothing else', async () => {
    const fake = await server({ columns: ['id', 'started_at', 'provider'] });
    await client(fake).send(CALLS, alive);
    const changes = fake.statements.filter((text) => /^(?:CREATE|ALTER|COMMENT)/.test(text));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toContain('ADD COLUMN IF NOT EXISTS "cost_usd" numeric(20,9)');
    expect(changes[0]).not.toContain('"provider"');
    expect(fake.rows.size).toBe(2);
  });

  it.each([
    [{ columns: ['id', 'amount'] }, "another's"],
    [{ columns: ['id', 'started_at'], hasKey: false }, 'key'],
    [{ encoding: 'LATIN1' }, 'LATIN1'],
  ])('leaves a table alone that cannot be its own: %j', async (options, why) => {
    const fake = await server(options);
    const failure = await failureOf(client(fake).send(CALLS, alive));
    expect(failure).toMatchObject({ verdict: 'settings', message: expect.stringContaining(why) });
    expect(fake.statements.filter((text) => /^(?:CREATE|ALTER|INSERT|COMMENT)/.test(text))).toEqual([]);
  });

  it.each<[Exclude<Mishap, string> | 'cut', string]>([
    ['cut', 'retry'],
    [{ code: '53300' }, 'retry'],
    [{ code: '53100' }, 'retry'],
    [{ code: '57P01' }, 'retry'],
    [{ code: '57014' }, 'retry'],
    [{ code: '40001' }, 'retry'],
    [{ code: '55P03' }, 'retry'],
    [{ code: '25006' }, 'retry'],
    [{ code: 'XX000' }, 'retry'],
    [{ code: '42501' }, 'settings'],
    [{ code: '23502' }, 'settings'],
    [{ code: '23514' }, 'settings'],
    [{ code: '23514', constraint: 'cheap' }, 'refused'],
    [{ code: '22003' }, 'refused'],
    [{ code: '54000' }, 'refused'],
  ])('meets %j at the insert as %s, and goes on from there', async (mishap, verdict) => {
    const fake = await server({ mishap: once(/^INSERT/, mishap) });
    const destination = client(fake);
    expect((await failureOf(destination.send(CALLS, alive))).verdict).toBe(verdict);
    expect(fake.rows.size).toBe(0);
    await destination.send(CALLS, alive);
    expect(fake.rows.size).toBe(2);
  });

  it('makes the table again that somebody dropped', async () => {
    const fake = await server();
    const destination = client(fake);
    await destination.send(CALLS, alive);
    fake.columns.length = 0;
    expect((await failureOf(destination.send([aStoredExchange({ id: 'call_3' })], alive))).verdict).toBe('retry');
    await destination.send([aStoredExchange({ id: 'call_3' })], alive);
    expect(fake.statements.filter((text) => text.startsWith('CREATE TABLE'))).toHaveLength(2);
  });

  it('blames no call for a table that cannot be made', async () => {
    const fake = await server({ mishap: once(/^CREATE/, { code: '22023' }) });
    expect((await failureOf(client(fake).send(CALLS, alive))).verdict).toBe('settings');
  });

  it('sends again what a lost commit may have kept, and has it once', async () => {
    const fake = await server();
    const destination = client(fake);
    await destination.send(CALLS, alive);
    await destination.send(CALLS, alive);
    expect(fake.rows.size).toBe(2);
  });

  it('opens another connection when the server has closed an idle one', async () => {
    const fake = await server();
    const destination = client(fake);
    await destination.send(CALLS, alive);
    fake.cut();
    // The end of the old connection may be seen before the next batch, or by it.
    await destination.send([aStoredExchange({ id: 'call_3' })], alive).catch(() => {});
    await destination.send([aStoredExchange({ id: 'call_3' })], alive);
    expect(fake.rows.has('call_3')).toBe(true);
    expect(fake.connections).toBe(2);
  });

  it('ends soon when it is told to, though no answer comes', async () => {
    const fake = await server({ mishap: (statement) => (statement.startsWith('INSERT') ? 'silence' : null) });
    const end = new AbortController();
    const sent = failureOf(client(fake).send(CALLS, end.signal));
    while (!fake.statements.some((text) => text.startsWith('INSERT'))) await new Promise(setImmediate);
    end.abort();
    expect(await sent).toMatchObject({ verdict: 'retry', message: 'stopped' });
  });

  it('tells a wrong password and a file that is missing from a server that is away', async () => {
    const fake = await server({ password: 'another' });
    const wrong = await failureOf(client(fake).send(CALLS, alive));
    expect(wrong).toMatchObject({ verdict: 'settings', message: expect.stringContaining('28P01') });
    await fake.close();
    open.splice(open.indexOf(fake), 1);
    const away = await failureOf(client(fake).send(CALLS, alive));
    expect(away).toMatchObject({ verdict: 'retry', message: expect.stringContaining('ECONNREFUSED') });
    const socket = await failureOf(client(fake, { host: '%2Fno%2Fsuch%2Ffolder' }).send(CALLS, alive));
    expect(socket).toMatchObject({ verdict: 'retry', message: expect.stringContaining('ENOENT') });
    const file = await failureOf(
      client(fake, { query: 'sslmode=verify-ca&sslrootcert=/no/such/file' }).send(CALLS, alive),
    );
    expect(file).toMatchObject({ verdict: 'settings', message: expect.stringContaining('/no/such/file') });
  });

  describe('with TLS', () => {
    const ca = makeCa();
    const good = makeLeaf(ca, { ip: ['127.0.0.1'] });
    const other = makeLeaf(ca, { dns: ['db.example'] });

    it.each([
      ['sslmode=verify-full', good, true],
      ['sslmode=verify-ca', other, true],
      ['sslmode=verify-full', other, false],
      ['sslmode=verify-ca', makeLeaf(makeCa(), { ip: ['127.0.0.1'] }), false],
      ['sslmode=require', makeLeaf(makeCa(), { ip: ['127.0.0.1'] }), true],
      ['', good, true],
    ])('asks for the certificate as libpq does (%s)', async (query, leaf, isTrusted) => {
      const fake = await server({ tls: leaf });
      const sent = client(fake, { query, ca: ca.pem }).send(CALLS, alive);
      if (!isTrusted) expect((await failureOf(sent)).verdict).toBe('settings');
      else await sent;
      expect(fake.isEncrypted).toBe(true);
      expect(fake.rows.size).toBe(isTrusted ? 2 : 0);
    });

    it('reads the root certificate that the address names, also for sslmode=require', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-'));
      try {
        const file = join(folder, 'root.pem');
        writeFileSync(file, ca.pem);
        const query = `sslmode=require&sslrootcert=${encodeURIComponent(file)}`;
        await client(await server({ tls: good }), { query }).send(CALLS, alive);
        const strange = await server({ tls: makeLeaf(makeCa(), { ip: ['127.0.0.1'] }) });
        expect((await failureOf(client(strange, { query }).send(CALLS, alive))).verdict).toBe('settings');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('goes without where the server has none, unless it was asked for', async () => {
      const fake = await server();
      await client(fake, { query: '' }).send(CALLS, alive);
      expect(fake).toMatchObject({ isEncrypted: false, connections: 2 });
      const failure = await failureOf(client(fake, { query: 'sslmode=require' }).send(CALLS, alive));
      expect(failure.verdict).toBe('settings');
    });
  });
});
