import { describe, expect, it } from 'vitest';
import { headerValue, parseRequestHead, parseResponseHead } from '../../../src/core/headers.ts';

describe('core/headers', () => {
  it('keeps order, case and repetition', () => {
    const head = parseRequestHead(Buffer.from('POST /v1?a=b HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a:2 \r\nE:\r\n\r\n'));
    expect(head).toEqual({
      startLine: 'POST /v1?a=b HTTP/1.1',
      method: 'POST',
      target: '/v1?a=b',
      headers: [
        ['Host', 'h'],
        ['X-A', '1'],
        ['x-a', '2'],
        ['E', ''],
      ],
    });
  });

  it('joins the values of a repeated header and knows absent from empty', () => {
    const { headers } = parseRequestHead(Buffer.from('GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nE:\r\n\r\n'));
    expect(headerValue(headers, 'x-a')).toBe('1, 2');
    expect(headerValue(headers, 'e')).toBe('');
    expect(headerValue(headers, 'f')).toBeNull();
  });

  it('unfolds obsolete folding and takes bare line feeds', () => {
    const { headers, status } = parseResponseHead(Buffer.from('HTTP/1.1 200\nA: 1\n  2\n\tb\nno colon\n\n'));
    expect(status).toBe(200);
    expect(headers).toEqual([['A', '1 2 b']]);
  });

  it('never throws: what is no status is 0, bytes stay bytes', () => {
    expect(parseResponseHead(Buffer.from('garbage')).status).toBe(0);
    expect(parseResponseHead(new Uint8Array())).toEqual({ startLine: '', headers: [], status: 0 });
    const { headers } = parseRequestHead(Buffer.from([0x47, 0x0a, 0x61, 0x3a, 0xe9, 0xff, 0x0a]));
    expect(headers).toEqual([['a', '\u00e9\u00ff']]);
  });
});
