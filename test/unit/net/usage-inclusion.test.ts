import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Counters } from '../../../src/core/counters.ts';
import type { HeldLimits } from '../../../src/net/held-bytes.ts';
import { UsageInclusions, type UsageRequest } from '../../../src/net/usage-inclusion.ts';

const REQUEST: UsageRequest = {
  provider: 'acme',
  authority: 'api.acme.example:443',
  method: 'POST',
  path: '/v1/chat/completions',
  headers: ['Content-Type', 'application/json', 'content-length', '15'],
};

function inclusions(limits: Partial<HeldLimits> = {}): UsageInclusions {
  return new UsageInclusions({ providers: new Set(['acme']), counters: new Counters(), limits });
}

function answerOf(statusCode: number, headers: Record<string, string>): IncomingMessage {
  return { statusCode, rawHeaders: Object.entries(headers).flat() } as unknown as IncomingMessage;
}

describe('net/usage-inclusion', () => {
  it('concerns providers that were named', () => {
    expect(inclusions().editOf(REQUEST)).not.toBeNull();
    expect(inclusions().editOf({ ...REQUEST, provider: 'other' })).toBeNull();
    expect(inclusions().concerns(null)).toBe(false);
  });

  it('writes the new length in the place and spelling of the old one', async () => {
    const edit = inclusions().editOf(REQUEST);
    edit?.hold(Buffer.from('{"stream":true}'));
    const edited = await edit?.decide();
    const length = Buffer.concat(edited?.body ?? []).length;
    expect(edited?.headers).toEqual(['Content-Type', 'application/json', 'content-length', String(length)]);
    expect(length).toBe(15 + ',"stream_options":{"include_usage":true}'.length);
  });

  it('holds so much of one body', () => {
    const edit = inclusions({ maxEachBytes: 10 }).editOf(REQUEST);
    expect(edit?.hold(Buffer.alloc(10))).toBe(true);
    expect(edit?.hold(Buffer.alloc(1))).toBe(false);
    // What did not fit is there all the same: it goes on with the rest.
    expect(Buffer.concat(edit?.held ?? [])).toHaveLength(11);
    expect(edit?.mark).toBeNull();
  });

  it('holds so much of all bodies together, and has room again once they are gone', () => {
    const all = inclusions({ maxAllBytes: 10 });
    const [one, other] = [all.editOf(REQUEST), all.editOf(REQUEST)];
    expect(one?.hold(Buffer.alloc(8))).toBe(true);
    expect(other?.hold(Buffer.alloc(8))).toBe(false);
    other?.release();
    one?.release();
    one?.release();
    const third = all.editOf(REQUEST);
    expect(third?.hold(Buffer.alloc(10))).toBe(true);
    expect(third?.hold(Buffer.alloc(1))).toBe(false);
  });

  it.each([
    [200, { 'Content-Type': 'text/event-stream; charset=utf-8' }, true, 'include_usage_added'],
    [200, { 'content-type': 'text/event-stream', 'Content-Encoding': 'identity' }, true, 'include_usage_added'],
    [200, { 'content-type': 'text/event-stream', 'content-encoding': 'br' }, false, 'include_usage_unfiltered'],
    [200, { 'content-type': 'application/json' }, false, 'include_usage_added'],
    [200, {}, false, 'include_usage_added'],
    [500, { 'content-type': 'text/event-stream' }, false, 'include_usage_added'],
  ])('filters an answer of %i with %o: %s', (status, headers, isFiltered, mark) => {
    const edit = inclusions().editOf(REQUEST);
    edit?.hold(Buffer.from('{"stream":true}'));
    void edit?.decide();
    expect(edit?.answer(answerOf(status, headers)) !== null).toBe(isFiltered);
    expect(edit?.mark).toBe(mark);
  });

  it('reads errors that can be read, of the kind that a refusal is', () => {
    const edit = inclusions().editOf(REQUEST);
    expect(edit?.mayBeRefused(answerOf(400, {}))).toBe(true);
    expect(edit?.mayBeRefused(answerOf(422, {}))).toBe(true);
    expect(edit?.mayBeRefused(answerOf(400, { 'Content-Encoding': 'gzip' }))).toBe(false);
    expect(edit?.mayBeRefused(answerOf(429, {}))).toBe(false);
  });

  it('remembers who refused, by host and path', () => {
    const all = inclusions();
    expect(all.editOf(REQUEST)?.isRefused(400, 'no stream_options here')).toBe(true);
    expect(all.editOf(REQUEST)).toBeNull();
    expect(all.editOf({ ...REQUEST, path: '/v2/chat/completions' })).not.toBeNull();
    expect(all.editOf({ ...REQUEST, authority: 'eu.acme.example:443' })).not.toBeNull();
  });
});
