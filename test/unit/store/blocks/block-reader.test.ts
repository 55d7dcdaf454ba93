import { describe, expect, it } from 'vitest';
import { CleanSlices } from '../../../../src/recorder/clean-slices.ts';
import { captureOf } from '../../../../src/recorder/record-exchange.ts';
import { createSqliteSink } from '../../../../src/sinks/sqlite.ts';
import { BlockReader } from '../../../../src/store/blocks/block-reader.ts';
import { bodyOf, headOf } from '../../../../src/store/blocks/read.ts';
import { openDatabase } from '../../../../src/store/driver.ts';
import type { Capture } from '../../../../src/core/capture.ts';
import { aRecord } from '../../../support/captures.ts';
import { useSinkHouse } from '../../../support/sink-house.ts';

const house = useSinkHouse();
const CLEAN = new CleanSlices();

const body = (text: string) => ({ text, bytes: Buffer.from(text), wireBytes: text.length, truncated: false });

/** A call that sends all again that was said before. */
function aTurn(turn: number): Capture {
  const messages = Array.from({ length: turn + 1 }, (_, index) => ({
    role: 'user',
    content: `${index} ${'word '.repeat(300)}`,
  }));
  return captureOf(
    aRecord({ id: `call_${turn}` }),
    { nanos: null },
    {
      requestStartLine: 'POST /v1/messages HTTP/1.1',
      requestHeaders: [
        ['content-type', 'application/json'],
        ['x-turn', String(turn)],
      ],
      requestBody: body(JSON.stringify({ model: 'm', messages })),
      responseStartLine: 'HTTP/1.1 200 OK',
      responseHeaders: [['content-type', 'application/json']],
      responseBody: body(`{"turn":${turn}}`),
      assembled: null,
      stream: false,
    },
    CLEAN,
  );
}

describe('store/blocks/block-reader', () => {
  it('reads what one reads call by call, in whatever order, also while others write', async () => {
    const sink = await house.opened(createSqliteSink({ path: house.database }, null, house.deps()));
    for (let turn = 0; turn < 40; turn += 1) sink.write(aTurn(turn));
    await sink.flush();
    const database = openDatabase(house.database, { readOnly: true });
    const reader = new BlockReader(database);
    const expectSame = (call: number): void => {
      for (const side of ['request', 'response'] as const) {
        const { sha: _, bytes, ...expected } = bodyOf(database, call, side) ?? { sha: '', bytes: new Uint8Array() };
        const { head, body: found } = reader.read(call, side);
        expect({ head, body: found }).toMatchObject({ head: headOf(database, call, side), body: expected });
        // Byte by byte vitest compares for seconds.
        expect(Buffer.compare(found?.bytes ?? new Uint8Array(), bytes)).toBe(0);
      }
    };
    for (let call = 40; call > 0; call -= 3) expectSame(call);
    for (let call = 1; call <= 40; call += 1) expectSame(call);
    sink.write(aTurn(40));
    await sink.flush();
    expectSame(41);
    expect(reader.read(99, 'request')).toEqual({ head: null, body: null });
    database.close();
  });
});
