import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { StoredExchange } from '../../../src/core/transfer.ts';
import { createParquet } from '../../../src/interchange/parquet.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

async function file(exchanges: Iterable<StoredExchange>, bodies = false): Promise<ArrayBuffer> {
  const formatter = createParquet({ bodies, version: '1.2.3' });
  const pieces: Uint8Array[] = [];
  for (const exchange of exchanges) pieces.push((await formatter.call(exchange)) as Uint8Array);
  pieces.push(formatter.end() as Uint8Array);
  return Uint8Array.from(Buffer.concat(pieces)).buffer;
}

describe('interchange/parquet', () => {
  it('is read back by a reader of Parquet with its types; unknown is null', async () => {
    const [row = {}] = await parquetReadObjects({
      file: await file([aStoredExchange({ status: null, agent: 'ä \ud83d\ude00 \ud800' })]),
    });
    expect(row).toMatchObject({
      id: 'call_0001',
      started_at: new Date('2026-11-21T12:00:00.000Z'),
      stream: false,
      input_tokens: 1200n,
      cost_usd: 0.006,
      duration_ms: 1234.5,
      agent: 'ä \ud83d\ude00 \ufffd',
      status: null,
      ttft_ms: null,
    });
    expect(row).not.toHaveProperty('request_body');
  });

  it('holds no more than a group of rows, and gives every row of every group', async () => {
    const exchanges = Array.from({ length: 10 }, (_, index) =>
      aStoredExchange(
        { id: `call_${index}` },
        { response: aStoredMessage('HTTP/1.1 200 OK', String(index).repeat(3 * 1024 * 1024)) },
      ),
    );
    const written = await file(exchanges, true);
    expect(parquetMetadata(written).row_groups.length).toBeGreaterThan(2);
    const rows = await parquetReadObjects({ file: written, columns: ['id', 'response_body'] });
    expect(rows.map(({ id, response_body: body }) => [id, String(body).slice(0, 2), String(body).length])).toEqual(
      exchanges.map((_, index) => [`call_${index}`, String(index).repeat(2), 3 * 1024 * 1024]),
    );
  });

  it('is a table also when nothing is in it', async () => {
    const written = await file([]);
    expect(parquetMetadata(written).num_rows).toBe(0n);
    expect(await parquetReadObjects({ file: written })).toEqual([]);
  });
});
