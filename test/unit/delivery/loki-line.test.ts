import { describe, expect, it } from 'vitest';
import type { SessionEntry } from '../../../src/core/session-entries.ts';
import { lineOf } from '../../../src/delivery/loki-line.ts';

const META = { ts: '2026-11-21T12:00:00.000Z', machine: 'ana@box', host: 'h', session: 's', request_id: 'call_1' };
const anEntry = (fields: object): SessionEntry => ({ type: 'request', _meta: META, headers: {}, size: 1, ...fields });
const aChunk = (raw: string): object => ({ ts: META.ts, delta_ms: 5, raw });

interface Cut {
  body: string;
  chunks: { raw: string }[];
  truncated?: boolean;
  size: number;
}

function cut(fields: object, limit: number): Cut {
  const line = lineOf(anEntry(fields), limit);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(limit);
  return JSON.parse(line) as Cut;
}

describe('delivery/loki-line', () => {
  it('leaves what fits as it is', () => {
    const entry = anEntry({ body: 'x'.repeat(500) });
    expect(lineOf(entry, JSON.stringify(entry).length)).toBe(JSON.stringify(entry));
  });

  it('keeps the beginning and the end of a body that is too long, and says so', () => {
    const { body, truncated, size } = cut({ body: `{"model":"m",${'x'.repeat(9000)}"new"}` }, 2000);
    expect(truncated).toBe(true);
    expect(size).toBe(1);
    expect(body.startsWith('{"model":"m",')).toBe(true);
    expect(body.endsWith('"new"}')).toBe(true);
    expect(Number(/\[(\d+) characters cut\]/.exec(body)?.[1])).toBeGreaterThan(7000);
    expect(body.length).toBeGreaterThan(1000);
  });

  it.each([
    ['quotes', '"'.repeat(5000)],
    ['control characters', '\u0001'.repeat(5000)],
    ['pairs of surrogates', '😀'.repeat(3000)],
    ['ends that need more than the middle', `${'\u0001'.repeat(600)}${'x'.repeat(9000)}${'é'.repeat(600)}`],
  ])('stays within the limit with %s, and parts no character', (_, body) => {
    for (let limit = 700; limit < 760; limit += 1) {
      const text = cut({ body }, limit).body;
      expect(Buffer.from(text).toString()).toBe(text);
    }
  });

  it('keeps the first and the last chunks of a stream', () => {
    const chunks = Array.from({ length: 400 }, (_, index) => aChunk(`data: ${index}\n`));
    const kept = cut({ chunks }, 4000).chunks.map(({ raw }) => raw);
    const note = kept.findIndex((raw) => raw.startsWith(': '));
    expect(kept.slice(0, 2)).toEqual(['data: 0\n', 'data: 1\n']);
    expect(kept.at(-1)).toBe('data: 399\n');
    expect(kept[note]).toBe(`: ${400 - (kept.length - 1)} lines cut\n`);
    expect(kept.length).toBeGreaterThan(20);
  });

  it('cuts one huge chunk, and keeps those around it', () => {
    const chunks = [aChunk('data: first\n'), aChunk(`data: ${'x'.repeat(50_000)}\n`), aChunk('data: last\n')];
    const kept = cut({ chunks }, 10_000).chunks.map(({ raw }) => raw);
    expect(kept).toHaveLength(3);
    expect(kept[1]).toContain('characters cut');
    expect([kept[0], kept[2]]).toEqual(['data: first\n', 'data: last\n']);
  });

  it('shortens what else is long, where that alone is too much', () => {
    const headers = { 'X-Long': ['y'.repeat(5000)] };
    const line = lineOf(anEntry({ headers, path: 'p'.repeat(5000), body: 'x' }), 2000);
    expect(JSON.parse(line)).toMatchObject({ truncated: true, path: `${'p'.repeat(500)}...` });
    expect(line.length).toBeLessThan(2000);
  });
});
