import { describe, expect, it } from 'vitest';
import { endToEndHeaders, framingProblem, withoutContextHeaders } from '../../../src/net/end-to-end.ts';

describe('net/end-to-end', () => {
  describe('endToEndHeaders', () => {
    it('keeps order, case and duplicates', () => {
      const raw = ['hOsT', 'a', 'X-B', '2', 'x-a', '1', 'X-b', '3', 'Content-Length', '0'];
      expect(endToEndHeaders(raw)).toEqual(raw);
    });

    it('removes what is meant for the next hop alone', () => {
      const hop = ['Keep-Alive', 'timeout=5', 'TE', 'trailers', 'Upgrade', 'h2c', 'Proxy-Connection', 'keep-alive'];
      const proxy = ['Proxy-Authorization', 'Basic x', 'proxy-authenticate', 'y'];
      const named = ['Connection', 'keep-alive, X-Hop', 'connection', 'X-Hop-Two', 'x-hop', '1', 'X-HOP-TWO', '2'];
      const kept = ['X-Stays', '3', 'Transfer-Encoding', 'chunked', 'Trailer', 'x-sum'];
      expect(endToEndHeaders([...hop, ...proxy, ...named, ...kept])).toEqual(kept);
    });

    it.each(['Host', 'Content-Length', 'Transfer-Encoding', 'Authorization', 'Content-Type', 'Expect'])(
      'does not let Connection take %s away',
      (name) => {
        expect(endToEndHeaders(['Connection', name, name, 'kept'])).toEqual([name, 'kept']);
      },
    );

    it('puts the host of the target where the Host header was, or first', () => {
      expect(endToEndHeaders(['A', '1', 'hOST', 'evil.example'], { host: 'a.example:81' })).toEqual([
        'A',
        '1',
        'hOST',
        'a.example:81',
      ]);
      expect(endToEndHeaders(['A', '1'], { host: 'a.example' })).toEqual(['Host', 'a.example', 'A', '1']);
    });

    it('keeps an upgrade, and nothing else of Connection', () => {
      const raw = ['Connection', 'keep-alive, Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Protocol', 'realtime'];
      expect(endToEndHeaders(raw, { upgrade: true })).toEqual([
        'Connection',
        'Upgrade',
        'Upgrade',
        'websocket',
        'Sec-WebSocket-Protocol',
        'realtime',
      ]);
    });
  });

  describe('withoutContextHeaders', () => {
    it('cuts what is meant for us', () => {
      expect(
        withoutContextHeaders(['X-LLMObserve-Agent', 'a', 'A', '1', 'x-llm-proxy-section', 'b', 'X-LLM-Other', '2']),
      ).toEqual(['A', '1', 'X-LLM-Other', '2']);
    });

    it.each([
      ['Signature', 'keyId="k",headers="(request-target) x-llm-proxy-section",signature="0"'],
      [
        'Authorization',
        'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host;x-llm-proxy-section;x-amz-date, Signature=y',
      ],
      ['Signature-Input', 'sig1=("@method" "x-llm-proxy-section");created=1'],
    ])('leaves what %s covers', (name, value) => {
      const raw = [name, value, 'X-LLM-Proxy-Section', 'b', 'X-LLM-Proxy-Agent', 'c'];
      expect(withoutContextHeaders(raw)).toEqual([name, value, 'X-LLM-Proxy-Section', 'b']);
    });
  });

  it.each([
    [['Host', 'a', 'Content-Length', '1'], '1.1', true],
    [['Host', 'a', 'Transfer-Encoding', 'Chunked'], '1.1', true],
    [[], '1.1', true],
    [['Host', 'a', 'Host', 'a'], '1.1', false],
    [['Content-Length', '1', 'content-length', '1'], '1.1', false],
    [['Transfer-Encoding', 'chunked', 'Content-Length', '1'], '1.1', false],
    [['Transfer-Encoding', 'gzip, chunked'], '1.1', false],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], '1.1', false],
    [['Transfer-Encoding', 'identity'], '1.1', false],
    [['Transfer-Encoding', 'chunked'], '1.0', false],
  ])('says of %j in HTTP/%s whether it is framed beyond doubt: %s', (raw, version, clear) => {
    expect(framingProblem(raw, version) === null).toBe(clear);
  });
});
