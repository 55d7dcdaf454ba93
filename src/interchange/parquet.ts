/** Parquet: one row a call, the columns of the csv. Snappy, row groups of some megabytes, all columns optional. */
import { ByteWriter, ParquetWriter, type ColumnSource } from 'hyparquet-writer';
import type { StoredExchange } from '../core/transfer.ts';
import { type Cell, columns, type ColumnType } from './columns.ts';
import type { Formatter } from './formats.ts';

/** Of one row group: what is held in memory at once. */
const GROUP = { rows: 10_000, characters: 8 * 1024 * 1024 };

export function createParquet({ bodies, version }: { bodies: boolean; version: string }): Formatter {
  const all = columns(bodies);
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'calls', num_children: all.length },
      ...all.map(({ name, type }) => ({ name, repetition_type: 'OPTIONAL' as const, ...TYPES[type] })),
    ],
    createdBy: `llm-proxy ${version}`,
  });
  let rows: Cell[][] = [];
  let characters = 0;
  const writeGroup = (): void => {
    if (rows.length === 0) return;
    const columnData = all.map(({ name, type }, index): ColumnSource => ({
      name,
      data: rows.map((row) => stored(row[index] ?? null, type)),
    }));
    // Promises come of writers that wait; this one is memory.
    void writer.write({ columnData, rowGroupSize: rows.length });
    rows = [];
    characters = 0;
  };
  return {
    start: () => '',
    call(exchange: StoredExchange) {
      const row = all.map(({ value }) => value(exchange));
      rows.push(row);
      for (const cell of row) if (typeof cell === 'string') characters += cell.length;
      if (rows.length >= GROUP.rows || characters >= GROUP.characters) writeGroup();
      return taken(bytes);
    },
    end() {
      writeGroup();
      void writer.finish();
      return taken(bytes);
    },
  };
}

/** Bytes leave as they come; offsets in the file go on counting. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = new Uint8Array(writer.getBytes());
  writer.index = 0;
  return bytes;
}

const TYPES = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  time: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const satisfies Record<ColumnType, object>;

/** What the writer takes for each type; halves of surrogate pairs become U+FFFD, as in any UTF-8. */
function stored(cell: Cell, type: ColumnType): unknown {
  if (cell === null) return undefined;
  if (type === 'integer') return BigInt(Math.round(Number(cell)));
  if (type === 'time') return new Date(String(cell));
  return type === 'text' ? Buffer.from(String(cell)).toString() : cell;
}
