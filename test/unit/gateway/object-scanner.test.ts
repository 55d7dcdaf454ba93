import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliced, UsageQuestion } from '../../../src/gateway/include-usage.ts';
import { ObjectScanner } from '../../../src/gateway/object-scanner.ts';
import { UsageChunkFilter } from '../../../src/gateway/usage-chunk-filter.ts';

/** Cuts bytes after these many, over and over. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

const SIZES = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const SPACE = fc.constantFrom('', ' ', '\t', '\n  ');
const DOCUMENT = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }));

describe('gateway/object-scanner', () => {
  it('finds every member of any object where it stands, for any split', () => {
    fc.assert(
      fc.property(DOCUMENT, SPACE, SIZES, (document, space, sizes) => {
        const bytes = Buffer.from(JSON.stringify(document, null, space));
        const scanner = new ObjectScanner(null);
        for (const part of cut(bytes, sizes)) scanner.push(part);
        const found = scanner.result();
        expect(bytes[found?.closeAt ?? -1]).toBe(0x7d);
        expect(found?.empty).toBe(Object.keys(document).length === 0);
        const members = [...(found?.members ?? [])].map(([name, [member]]) => {
          const text = bytes.toString('utf8', member?.start, member?.end);
          expect(member?.text).toBe(text);
          expect(
            JSON.parse(
              bytes.toString('utf8', member?.nameAt, (member?.nameAt ?? 0) + Buffer.byteLength(JSON.stringify(name))),
            ),
          ).toBe(name);
          return [name, JSON.parse(text)] as const;
        });
        expect(new Map(members)).toEqual(new Map(Object.entries(JSON.parse(bytes.toString()) as object)));
      }),
      { numRuns: 500 },
    );
  });

  it('is in doubt about every document that is cut', () => {
    fc.assert(
      fc.property(DOCUMENT, fc.double({ min: 0, max: 1, noNaN: true }), (document, part) => {
        const bytes = Buffer.from(JSON.stringify(document));
        const scanner = new ObjectScanner(null);
        scanner.push(bytes.subarray(0, Math.floor((bytes.length - 1) * part)));
        expect(scanner.result()).toBeNull();
      }),
    );
  });

  it('lets a request become itself and the question, whatever else is in it', () => {
    fc.assert(
      fc.property(DOCUMENT, SPACE, SIZES, (document, space, sizes) => {
        const request = { ...document, stream: true };
        delete (request as Record<string, unknown>)['stream_options'];
        const parts = cut(Buffer.from(JSON.stringify(request, null, space)), sizes);
        const question = new UsageQuestion();
        for (const part of parts) question.push(part);
        const splice = question.splice();
        if (splice === null) throw new Error('nothing was put in');
        const after: unknown = JSON.parse(Buffer.concat(spliced(parts, splice)).toString());
        expect(after).toEqual(JSON.parse(JSON.stringify({ ...request, stream_options: { include_usage: true } })));
      }),
      { numRuns: 300 },
    );
  });

  it('never throws and never changes what it is given, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), SIZES, (bytes, sizes) => {
        const question = new UsageQuestion();
        const filter = new UsageChunkFilter({ withoutNulls: true });
        const parts = cut(Buffer.from(bytes), sizes);
        const out = parts.map((part) => (question.push(part), filter.push(part)));
        question.splice();
        expect(Buffer.concat([...out, filter.end()])).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('passes over a long list of numbers, and a long text, once', () => {
    const scanner = new ObjectScanner(new Set(['last']));
    scanner.push(Buffer.from(`{"prompt":[${'123,'.repeat(200_000)}4],"text":"`));
    for (let part = 0; part < 100; part += 1) scanner.push(Buffer.from('\\"\\\\'.repeat(10_000)));
    scanner.push(Buffer.from('","last":true}'));
    expect(scanner.result()?.members.get('last')).toMatchObject([{ text: 'true' }]);
  });
});
