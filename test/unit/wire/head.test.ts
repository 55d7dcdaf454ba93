import { describe, expect, it } from 'vitest';
import { signedHeaderNames, stripHeaders } from '../../../src/wire/head.ts';

const head = (...lines: string[]): Buffer =>
  Buffer.from(`POST / HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
const PREFIXES = ['x-llm-proxy-'];

describe('wire/head', () => {
  it('cuts every header with the prefix, in any case and anywhere, and keeps every other byte', () => {
    const before = head(
      'X-LLM-Proxy-A: 1',
      'Accept:  */* ',
      'x-llm-proxy-b:2',
      'X-LLM-Prox: stays',
      'é: \xff',
      'X-LLM-PROXY-C: 3',
    );
    expect(stripHeaders(before, PREFIXES)).toEqual({
      head: head('Accept:  */* ', 'X-LLM-Prox: stays', 'é: \xff'),
      cut: ['x-llm-proxy-a', 'x-llm-proxy-b', 'x-llm-proxy-c'],
      signed: [],
    });
  });

  it('gives the same buffer back when there is nothing to cut', () => {
    const before = head('Accept: x-llm-proxy-a: 1');
    expect(stripHeaders(before, PREFIXES).head).toBe(before);
  });

  it.each([
    ['SigV4', 'Authorization: AWS4-HMAC-SHA256 Credential=k, SignedHeaders=host;x-llm-proxy-a, Signature=0'],
    ['RFC 9421', 'Signature-Input: sig1=("@method" "x-llm-proxy-a";sf);created=1'],
    ['the draft before RFC 9421', 'Signature: keyId="k",headers="(request-target) X-LLM-Proxy-A"'],
  ])('never cuts a header that a signature covers (%s)', (_, signature) => {
    const before = head(signature, 'X-LLM-Proxy-A: 1', 'X-LLM-Proxy-B: 2');
    const result = stripHeaders(before, PREFIXES);
    expect(result).toMatchObject({ cut: ['x-llm-proxy-b'], signed: ['x-llm-proxy-a'] });
    expect(result.head).toEqual(head(signature, 'X-LLM-Proxy-A: 1'));
  });

  it('reads the signed names of a presigned URL', () => {
    const url = Buffer.from('GET /x?X-Amz-SignedHeaders=host%3Bx-llm-proxy-a&X-Amz-Signature=0 HTTP/1.1\r\n\r\n');
    expect([...signedHeaderNames(url)]).toEqual(['host', 'x-llm-proxy-a']);
  });
});
