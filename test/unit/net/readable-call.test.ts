import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BodyModel } from '../../../src/gateway/body-model.ts';
import type { ClientCall } from '../../../src/gateway/target-request.ts';
import { bodyCoding, readableCall } from '../../../src/net/readable-call.ts';

const TEXT = '{"model":"claude","messages":[]}';
/** `TEXT` in a frame of one raw block. */
const ZSTD = Buffer.from('KLUv/SAgAQEAeyJtb2RlbCI6ImNsYXVkZSIsIm1lc3NhZ2VzIjpbXX0=', 'base64');

function call(coding: string | null, ...chunks: Buffer[]): ClientCall {
  const body = new BodyModel();
  for (const chunk of chunks) body.push(chunk);
  const headers = [['Content-Type', 'application/json'] as const];
  if (coding !== null) headers.push(['content-Encoding', coding] as never);
  return { method: 'POST', path: '/v1/messages', headers, shape: null, chunks, body };
}

describe('net/readable-call', () => {
  it.each([
    ['gzip', gzipSync(TEXT)],
    ['GZIP', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', ZSTD],
  ])('opens %s, in any number of pieces', async (coding, bytes) => {
    const readable = await readableCall(call(coding, bytes.subarray(0, 5), bytes.subarray(5)));
    expect(Buffer.concat(readable.chunks).toString()).toBe(TEXT);
    expect(readable.body.model).toBe('claude');
    expect(readable.headers).toEqual([['Content-Type', 'application/json']]);
  });

  it.each([
    ['what is no gzip', 'gzip', Buffer.from(TEXT)],
    ['a coding that nobody knows', 'x-own', Buffer.from(TEXT)],
    ['what becomes too much', 'gzip', gzipSync(Buffer.alloc(65 * 1024 * 1024))],
    ['a frame that asks for too much memory', 'zstd', Buffer.from('28b52ffd00f800000000', 'hex')],
  ])('leaves %s as it is', async (_, coding, bytes) => {
    const given = call(coding, bytes);
    expect(await readableCall(given)).toBe(given);
  });

  it('knows when there is nothing to open', () => {
    expect([bodyCoding(call(null)), bodyCoding(call('identity')), bodyCoding(call('br'))]).toEqual([null, null, 'br']);
  });
});
