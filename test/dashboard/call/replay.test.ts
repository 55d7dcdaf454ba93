import { describe, expect, it } from 'vitest';
import { parseHead } from '../../../dashboard/src/call/head.ts';
import { maskOf } from '../../../dashboard/src/call/masked.ts';
import { credentialsOf, headerOf } from '../../../dashboard/src/call/replay/credentials.ts';
import { editable, jsonProblem } from '../../../dashboard/src/call/replay/edited.ts';
import { maskHeaders } from '../../../src/core/redact.ts';

describe('dashboard/call/masked', () => {
  it('knows what the daemon put in the place of a secret, and nothing else', () => {
    const secrets = maskHeaders([
      ['x-api-key', 'sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaawxyz'],
      ['authorization', 'Bearer abcdefghijklmnopqrstuvwxyz0123456789'],
      ['authorization', 'Basic dXNlcjpwYXNzd29yZA=='],
      ['cookie', 'a=b; c=d'],
      ['x-goog-api-key', 'AIzaSyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ]);
    for (const [, value] of secrets) expect(maskOf(value)).toBe('secret');
    expect(maskOf(maskHeaders([['openai-organization', 'org-abc']])[0]?.[1] ?? '')).toBe('account');
    for (const plain of ['application/json', 'and so on ... as ever', '2023-06-01', 'keep-alive', '']) {
      expect(maskOf(plain)).toBeNull();
    }
  });
});

describe('dashboard/call/head', () => {
  it('takes a head apart, whatever stands in its values', () => {
    expect(parseHead('POST /v1 HTTP/1.1\r\nA: b: c\nEmpty:\n')).toEqual({
      startLine: 'POST /v1 HTTP/1.1',
      headers: [
        { name: 'A', value: 'b: c' },
        { name: 'Empty', value: '' },
      ],
    });
  });
});

describe('dashboard/call/replay/credentials', () => {
  it('asks for the keys that a call carried, once each, in the form that they had', () => {
    const head = parseHead(
      'POST / HTTP/1.1\nX-Api-Key: sk-ant-...wxyz\nAuthorization: Bearer ...wxyz\ncookie: [masked]',
    );
    expect(credentialsOf(head, 'anthropic', '/v1/messages')).toEqual([
      { header: 'x-api-key', before: '' },
      { header: 'authorization', before: 'Bearer ' },
    ]);
    expect(credentialsOf(parseHead('POST / HTTP/1.1'), 'ollama', '/api/chat')).toEqual([]);
    expect(credentialsOf(parseHead('POST / HTTP/1.1'), 'google', '/v1beta/x?key=AIza...wxyz')).toEqual([
      { header: 'x-goog-api-key', before: '' },
    ]);
  });

  it('writes the scheme when it was left out', () => {
    const bearer = { header: 'authorization', before: 'Bearer ' };
    expect(headerOf(bearer, ' abc ')).toBe('Bearer abc');
    expect(headerOf(bearer, 'Bearer abc')).toBe('Bearer abc');
    expect(headerOf(bearer, '  ')).toBe('');
  });
});

describe('dashboard/call/replay/edited', () => {
  it('lays JSON out for the editor where nothing of it is lost', () => {
    expect(editable('{"a":[1,"x y"]}')).toEqual({ text: '{\n  "a": [\n    1,\n    "x y"\n  ]\n}', isJson: true });
    const exact = String.raw`{ "n":12345678901234567890,"m":1.10,"n":"\u00e9" ,"e":{},"l":[ ]}`;
    expect(editable(exact).text).toBe(
      String.raw`{
  "n": 12345678901234567890,
  "m": 1.10,
  "n": "\u00e9",
  "e": {},
  "l": [ ]
}`,
    );
    expect(editable('['.repeat(5000) + ']'.repeat(5000)).isJson).toBe(true);
    expect(editable('no JSON')).toEqual({ text: 'no JSON', isJson: false });
  });

  it('says where a text is no JSON any more', () => {
    expect(jsonProblem('{"a": 1}')).toBeNull();
    expect(jsonProblem('{\n  "a": x\n}')).toMatch(/x|JSON|line 2/);
    expect(jsonProblem('')).not.toBeNull();
  });
});
