import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Capture, CapturedMessage } from '../../../../src/core/capture.ts';
import { bodiesOf } from '../../../../src/store/blocks/call-bodies.ts';
import { type BodyForm, cutBody } from '../../../../src/store/blocks/cut.ts';
import { decodeBlock, encodeBlock, ENCODING } from '../../../../src/store/blocks/encoding.ts';
import { joinHead, splitHead } from '../../../../src/store/blocks/heads.ts';
import { applyDelta, decodeIds, deltaOf, encodeIds } from '../../../../src/store/blocks/lists.ts';
import { blockIdsOf, bodyOf, headOf } from '../../../../src/store/blocks/read.ts';
import { removeBodies } from '../../../../src/store/blocks/remove.ts';
import { MAX_DEPTH } from '../../../../src/store/blocks/write.ts';
import { CallWriter } from '../../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../../src/store/driver.ts';
import { migrate } from '../../../../src/store/migrations.ts';
import { aCapture, aMessage } from '../../../support/captures.ts';

let database: Database;
let writer: CallWriter;
let calls = 0;

beforeEach(() => {
  calls = 0;
  database = openDatabase(':memory:');
  migrate(database);
  writer = new CallWriter(database);
});
afterEach(() => database.close());

const partOf = (text: string, form: BodyForm): Capture['parts']['request'] => cutBody(Buffer.from(text), form);

function add(request: string, response: string, over: Partial<Omit<Capture, 'record'>> = {}): number {
  calls += 1;
  const capture = aCapture(
    { id: `call_${String(calls).padStart(6, '0')}` },
    { parts: { request: partOf(request, 'request'), response: partOf(response, 'document'), arrivals: null }, ...over },
  );
  const { record, costNanos } = capture;
  writer.begin();
  writer.add({ record, costNanos, log: null }, bodiesOf(capture));
  writer.commit();
  return calls;
}

const read = (call: number, side: 'request' | 'response' = 'request'): string | null => {
  const body = bodyOf(database, call, side);
  return body === null ? null : Buffer.from(body.bytes).toString();
};
const count = (table: string): number => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
const unused = (): number =>
  Number(
    database
      .prepare('SELECT count(*) AS n FROM blocks WHERE NOT EXISTS (SELECT 1 FROM block_calls WHERE block = blocks.id)')
      .get()?.['n'],
  );

const words = (size: number, seed: string): string =>
  Array.from({ length: size }, (_, index) => `${seed}${index * 31}`).join(' ');
const turns = (length: number, seed = 's'): object[] =>
  Array.from({ length }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: words(index % 3 === 0 ? 200 : 10, `${seed}${index}-`),
  }));
const request = (length: number, seed = 's'): string =>
  JSON.stringify({ model: 'm', messages: turns(length, seed), system: words(300, 'system'), stream: true });
const answer = (index: number): string =>
  JSON.stringify({ id: `msg_${index}`, content: [{ type: 'text', text: 'ok' }] });

/** What must hold whatever was written and removed. */
function expectSound(): void {
  expect(unused()).toBe(0);
  for (const { call, side } of database.prepare('SELECT call, side FROM call_blocks').all()) {
    for (const id of blockIdsOf(database, Number(call), side === 0 ? 'request' : 'response')) {
      expect(database.prepare('SELECT 1 FROM blocks WHERE id = ?').get(id)).toBeDefined();
    }
  }
}

const aHead = (id: string): CapturedMessage => ({
  ...aMessage(`POST /v1/threads/${id}/runs HTTP/1.1`, null),
  headers: [
    ['content-type', 'application/json'],
    ['user-agent', 'sdk/1'],
    ['X-LLMObserve-Customer-ID', id],
    ['x-session-id', id],
    ['content-length', String(id.length)],
  ],
});

describe('store/blocks/lists', () => {
  it('gives every list back from its difference to any other', () => {
    const list = fc.array(fc.nat({ max: 9 }), { maxLength: 30 });
    fc.assert(
      fc.property(list, list, (ids, base) => {
        const delta = deltaOf(ids, base);
        expect(applyDelta({ ...delta, middle: decodeIds(encodeIds(delta.middle)) }, base)).toEqual(ids);
      }),
    );
  });

  it('keeps large ids, and neighbours in one byte each', () => {
    expect(decodeIds(encodeIds([2 ** 40, 1, 2 ** 45]))).toEqual([2 ** 40, 1, 2 ** 45]);
    expect(encodeIds([7, 8, 9, 10])).toHaveLength(4);
  });
});

describe('store/blocks/encoding', () => {
  it('gives any bytes back, whatever they are taken for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom('text', 'image', 'glue'), (bytes, kind) => {
        const { encoding, data } = encodeBlock(Buffer.from(bytes), kind);
        expect(Buffer.from(decodeBlock(encoding, data))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('stores a picture without its base64, unless that is not the usual one', () => {
    const base64 = Buffer.concat([Buffer.alloc(900, 1), deflateSync(Buffer.alloc(200, 'ab'))]).toString('base64');
    const { encoding, data } = encodeBlock(Buffer.from(base64), 'image');
    expect([encoding, data.length]).toEqual([ENCODING.base64, Buffer.from(base64, 'base64').length]);
    for (const odd of [`${base64.slice(0, -2)}\n=`, base64.replaceAll('A', '-'), `${base64}=`]) {
      const stored = encodeBlock(Buffer.from(odd), 'image');
      expect(stored.encoding).not.toBe(ENCODING.base64);
      expect(Buffer.from(decodeBlock(stored.encoding, stored.data)).toString()).toBe(odd);
    }
  });
});

describe('store/blocks/heads', () => {
  it('gives any head back', () => {
    const value = fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\r\n\0]/g, ''));
    const name = fc.constantFrom('Host', 'x-request-id', 'content-type', 'USER-AGENT', 'date', 'cookie', 'X');
    fc.assert(
      fc.property(value, fc.array(fc.tuple(name, value)), (startLine, headers) => {
        expect(joinHead(splitHead({ startLine, headers }))).toEqual({ startLine, headers });
      }),
    );
  });

  it('shares what programs say, and nothing that tells one call or one customer from another', () => {
    const { shared, own } = splitHead(aHead('canary'));
    expect(shared).toContain('user-agent: sdk/1');
    expect(shared).not.toContain('canary');
    expect(splitHead(aHead('another')).shared).toBe(shared);
    expect(own.length).toBeLessThan(80);
  });
});

describe('store/blocks', () => {
  it('gives bodies and heads back, byte for byte', () => {
    const call = add(request(9), answer(1));
    expect(read(call)).toBe(request(9));
    expect(read(call, 'response')).toBe(answer(1));
    expect(bodyOf(database, call, 'request')).toMatchObject({
      masked: false,
      truncated: false,
      sha: createHash('sha256').update(request(9)).digest('hex'),
    });
    expect(headOf(database, call, 'request')).toEqual({
      startLine: 'POST /v1/messages?beta=true HTTP/1.1',
      headers: [['Content-Type', 'application/json']],
    });
    expect(headOf(database, call, 'response')?.startLine).toBe('HTTP/1.1 200 OK');
  });

  it('tells an empty body from none', () => {
    const parts = { request: partOf('', 'request'), response: null, arrivals: null };
    const call = add('', '', { parts });
    expect(read(call)).toBe('');
    expect(read(call, 'response')).toBeNull();
    expect(headOf(database, call, 'response')).not.toBeNull();
    expect(read(99)).toBeNull();
    expect(headOf(database, 99, 'request')).toBeNull();
  });

  it('says when secrets are masked in a body, when it is cut, and when its chunks came', () => {
    const body = { text: 'x', wireBytes: 9, truncated: true, masked: true };
    const call = add('{}', 'data: 1\n\ndata: 2\n\n', {
      response: aMessage('HTTP/1.1 200 OK', null, { body }),
      parts: {
        request: partOf('{}', 'request'),
        response: partOf('data: 1\n\ndata: 2\n\n', 'stream'),
        arrivals: [
          { offset: 0, at: 12.4 },
          { offset: 9, at: 1300.6 },
        ],
      },
    });
    expect(bodyOf(database, call, 'response')).toMatchObject({
      masked: true,
      truncated: true,
      arrivals: [
        { offset: 0, at: 12 },
        { offset: 9, at: 1301 },
      ],
    });
    expect(bodyOf(database, call, 'request')).toMatchObject({ masked: false, truncated: false, arrivals: null });
  });

  it('stores what is sent again once: a turn costs what is new in it', () => {
    const first = add(request(60), answer(0));
    const before = count('blocks');
    for (let turn = 61; turn < 100; turn += 1) add(request(turn), answer(turn));
    expect(count('blocks') - before).toBeLessThan(39 * 5);
    expect(read(first)).toBe(request(60));
    expect(read(calls)).toBe(request(99));
    const sizes = database.prepare('SELECT sum(length(middle) + length(head)) AS n FROM call_blocks').get();
    expect(Number(sizes?.['n'])).toBeLessThan(40 * 2 * 120);
  });

  it('stores the same call again in its list alone', () => {
    add(request(30), answer(1));
    const before = [count('blocks'), count('block_calls')];
    const again = add(request(30), answer(1));
    expect([count('blocks'), count('block_calls')]).toEqual(before);
    expect(read(again)).toBe(request(30));
  });

  it('begins a list anew after so many that build on each other', () => {
    for (let turn = 1; turn <= MAX_DEPTH + 2; turn += 1) add(request(turn), answer(turn));
    const roots = database.prepare('SELECT call FROM call_blocks WHERE base IS NULL AND side = 0').all();
    expect(roots.map(({ call }) => call)).toEqual([1, MAX_DEPTH + 1]);
    expect(read(MAX_DEPTH + 2)).toBe(request(MAX_DEPTH + 2));
  });

  it('goes on after a restart with what is stored', () => {
    add(request(30), answer(1));
    const before = count('blocks');
    writer = new CallWriter(database);
    const call = add(request(31), answer(2));
    expect(read(call)).toBe(request(31));
    expect(count('blocks') - before).toBeLessThan(6);
  });

  it('builds on nothing that was rolled back', () => {
    add(request(5), answer(1));
    const capture = aCapture(
      { id: 'call_x' },
      { parts: { request: partOf(request(9), 'request'), response: null, arrivals: null } },
    );
    writer.begin();
    writer.add({ record: capture.record, costNanos: null, log: null }, bodiesOf(capture));
    writer.rollBack();
    expect(read(add(request(10), answer(2)))).toBe(request(10));
    expectSound();
  });

  it('removes a call with what only it needs; the others stay whole, in any order of removal', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(Array.from({ length: 12 }, (_, index) => index + 1)),
        fc.boolean(),
        (gone, once) => {
          database.close();
          database = openDatabase(':memory:');
          migrate(database);
          writer = new CallWriter(database);
          calls = 0;
          for (let turn = 1; turn <= 6; turn += 1) {
            add(request(turn * 3), answer(turn));
            add(request(turn * 2, 'other'), answer(turn % 2));
          }
          if (once) removeBodies(database, gone);
          else for (const call of gone) removeBodies(database, [call]);
          for (let call = 1; call <= 12; call += 1) {
            const turn = Math.ceil(call / 2);
            const whole = call % 2 === 1 ? request(turn * 3) : request(turn * 2, 'other');
            expect(read(call)).toBe(gone.includes(call) ? null : whole);
          }
          expectSound();
          if (gone.length === 12)
            expect([count('blocks'), count('block_calls'), count('call_blocks')]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives no id twice, so that whoever follows the blocks by it misses none', () => {
    add(request(3), answer(1));
    const gone = add(request(3, 'other'), answer(2));
    const ids = blockIdsOf(database, gone, 'request');
    removeBodies(database, [gone]);
    writer.blocks.recheck();
    const fresh = blockIdsOf(database, add(request(3, 'third'), answer(3)), 'request');
    expect(fresh.filter((id) => ids.includes(id))).toEqual(
      blockIdsOf(database, 1, 'request').filter((id) => fresh.includes(id) && ids.includes(id)),
    );
    expect(Math.max(...fresh)).toBeGreaterThan(Math.max(...ids));
  });

  it('builds on a list that is still there after others were deleted, and not on one that is gone', () => {
    const baseOf = (call: number) =>
      database.prepare('SELECT base FROM call_blocks WHERE call = ? AND side = 0').get(call)?.['base'];
    const old = add(request(20, 'other'), answer(1));
    const kept = add(request(20), answer(2));
    removeBodies(database, [old]);
    writer.blocks.recheck();
    const next = add(request(21), answer(3));
    expect(baseOf(next)).toBe(kept);
    removeBodies(database, [kept, next]);
    writer.blocks.recheck();
    const later = add(request(22), answer(4));
    expect(baseOf(later)).toBeNull();
    expect(read(later)).toBe(request(22));
    expectSound();
  });

  it('goes on in a database that was emptied', () => {
    add(request(9), answer(1));
    removeBodies(database, [1]);
    writer = new CallWriter(database);
    expect(read(add(request(9), answer(2)))).toBe(request(9));
    expectSound();
  });

  it('says which blocks are gone', () => {
    const kept = add(request(3), answer(1));
    const gone = add(request(3, 'other'), answer(1));
    const own = blockIdsOf(database, gone, 'request').filter(
      (id) => !blockIdsOf(database, kept, 'request').includes(id),
    );
    expect(new Set(removeBodies(database, [gone]))).toEqual(new Set(own));
  });
});
