import { NOWHERE } from '../../src/session/seen-call.ts';
import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { Metered, MeteredBody } from '../../src/usage/metered.ts';
import { headerValue } from '../../src/core/headers.ts';
import { maskBody } from '../../src/core/redact.ts';
import { loadRegistry } from '../../src/providers/registry.ts';
import { CleanSlices } from '../../src/recorder/clean-slices.ts';
import { recordExchange } from '../../src/recorder/record-exchange.ts';
import { bodiesOf, type Side } from '../../src/store/blocks/call-bodies.ts';
import { bodyOf, headOf } from '../../src/store/blocks/read.ts';
import { CallWriter } from '../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../src/store/driver.ts';
import { migrate } from '../../src/store/migrations.ts';
import { CASSETTES, loadCassettes } from '../support/cassettes.ts';
import { connectionInfo, exchangeEnd, noRereads } from '../support/exchanges.ts';
import { play } from './replay.ts';
import { readdirSync } from 'node:fs';

const CLEAN = new CleanSlices();

const FILES = CASSETTES === null ? [] : readdirSync(CASSETTES).filter((name) => name.endsWith('.jsonl'));

let last = 0;
function store(writer: CallWriter, metered: Metered): void {
  last += 1;
  const facts = {
    connection: connectionInfo(),
    wall: Date.UTC(2026, 10, 21),
    openedAt: 0,
    responseHeadAt: 10,
    endedAt: 30,
    requestBytes: metered.requestBody.wireBytes,
    responseBytes: metered.responseBody.wireBytes,
    dropped: 0,
  };
  const captures = recordExchange(
    { facts, end: exchangeEnd(), metered },
    {
      price: () => ({ nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] }),
      newId: () => `call_${last}`,
      rereads: noRereads(),
      isDuplicate: () => false,
      estimator: null,
      keepsBodies: () => true,
      place: () => NOWHERE,
      clean: CLEAN,
    },
  );
  const capture = captures[0];
  if (capture === undefined) throw new Error('no capture');
  writer.begin();
  writer.add({ record: capture.record, costNanos: null, log: null }, bodiesOf(capture));
  writer.commit();
}

function expectBack(database: Database, side: Side, body: MeteredBody, type: string | null): void {
  const stored = bodyOf(database, last, side);
  if (body.bytes === null) {
    expect(stored === null ? 0 : stored.bytes.length).toBe(0);
    return;
  }
  const text = Buffer.from(body.bytes).toString(isUtf8(body.bytes) ? 'utf8' : 'latin1');
  const masked = maskBody(text, type ?? undefined);
  expect(stored?.masked).toBe(masked !== text);
  const expected = masked === text ? body.bytes : Buffer.from(masked);
  expect(Buffer.compare(Buffer.from(stored?.bytes ?? []), expected)).toBe(0);
}

describe.skipIf(CASSETTES === null)('every recorded call', () => {
  it.each(FILES)('of %s is stored and read back byte for byte', async (file) => {
    const directory = await loadRegistry();
    const database = openDatabase(':memory:');
    migrate(database);
    const writer = new CallWriter(database);
    last = 0;
    for (const cassette of loadCassettes(file.slice(0, -'.jsonl'.length))) {
      const metered = await play(cassette, { directory, provider: null });
      store(writer, metered);
      expectBack(database, 'request', metered.requestBody, headerValue(metered.requestHeaders, 'content-type'));
      expectBack(database, 'response', metered.responseBody, headerValue(metered.responseHeaders, 'content-type'));
      expect(headOf(database, last, 'request')?.headers.map(([name]) => name)).toEqual(
        metered.requestHeaders.map(([name]) => name),
      );
    }
    database.close();
  });
});
