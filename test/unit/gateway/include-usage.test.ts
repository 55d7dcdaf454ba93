import { describe, expect, it } from 'vitest';
import {
  headersForPlainAnswer,
  mayIncludeUsage,
  reasonNotToAsk,
  refusesUsageQuestion,
  spliced,
  UsageQuestion,
} from '../../../src/gateway/include-usage.ts';

/** What becomes of a body that comes in these pieces; null = it stays as it is. */
function changed(...pieces: (string | Buffer)[]): string | null {
  const chunks = pieces.map((piece) => Buffer.from(piece));
  const question = new UsageQuestion();
  for (const chunk of chunks) question.push(chunk);
  const splice = question.splice();
  return splice === null ? null : Buffer.concat(spliced(chunks, splice)).toString('utf8');
}

const POST = {
  method: 'POST',
  target: '/v1/chat/completions',
  headers: [['Content-Type', 'application/json']],
} as const;

describe('gateway/include-usage', () => {
  describe('which requests may be changed', () => {
    it.each([
      ['/v1/chat/completions', true],
      ['/v1/completions', true],
      ['/openai/deployments/gpt/chat/completions?api-version=2024-10-21', true],
      ['/v1/chat/completions/', false],
      ['/v1/chat/completions/chatcmpl-1', false],
      ['/v1/responses', false],
      ['/v1/models?next=/chat/completions', false],
      ['/completions', true],
      ['/mycompletions', false],
      ['/v1/chat/completions?X-Amz-Signature=abc', false],
    ])('takes %s: %s', (target, expected) => {
      expect(mayIncludeUsage({ ...POST, target })).toBe(expected);
    });

    it('takes a POST alone', () => {
      expect(mayIncludeUsage({ ...POST, method: 'GET' })).toBe(false);
    });

    it.each([
      ['application/json', true],
      ['Application/JSON; charset=utf-8', true],
      ['application/vnd.acme+json', true],
      ['application/jsonl', false],
      ['multipart/form-data; boundary=x', false],
      ['text/plain', false],
    ])('takes a body of %s: %s', (type, expected) => {
      expect(mayIncludeUsage({ ...POST, headers: [['content-TYPE', type]] })).toBe(expected);
    });

    it('leaves a body without a type alone', () => {
      expect(mayIncludeUsage({ ...POST, headers: [] })).toBe(false);
    });

    it.each([
      ['Authorization', 'Bearer sk-1', true],
      ['Authorization', 'Basic dTpw', true],
      ['authorization', 'sk-raw', true],
      ['Authorization', 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c', false],
      ['Authorization', 'Signature keyId="a",signature="b"', false],
      ['Authorization', 'TC3-HMAC-SHA256 Credential=a', false],
      ['api-key', 'secret', true],
      ['X-Amz-Content-Sha256', 'abc', false],
      ['Signature-Input', 'sig1=("content-digest")', false],
      ['Content-Digest', 'sha-256=:x:', false],
      ['Content-MD5', 'x', false],
      ['X-Acme-Signature', 'x', false],
      ['Content-Encoding', 'gzip', false],
      ['Content-Encoding', 'identity', true],
      ['Expect', '100-continue', false],
    ])('takes one with %s: %s: %s', (name, value, expected) => {
      expect(mayIncludeUsage({ ...POST, headers: [...POST.headers, [name, value]] })).toBe(expected);
    });
  });

  describe('what is changed in a body', () => {
    const ADDED = ',"stream_options":{"include_usage":true}';

    it.each([
      ['{"model":"m","stream":true}', `{"model":"m","stream":true${ADDED}}`],
      ['{ "stream" : true }\n', `{ "stream" : true ${ADDED}}\n`],
      ['\uFEFF{"stream":true}', `\uFEFF{"stream":true${ADDED}}`],
      ['{"str\\u0065am":true}', `{"str\\u0065am":true${ADDED}}`],
      ['{"stream":true,"stream_options":{}}', '{"stream":true,"stream_options":{"include_usage":true}}'],
      ['{"stream_options":null,"stream":true}', '{"stream_options":{"include_usage":true},"stream":true}'],
      [
        '{"stream_options":{"include_obfuscation":false},"stream":true}',
        '{"stream_options":{"include_obfuscation":false,"include_usage":true},"stream":true}',
      ],
      [
        '{"stream":true,"stream_options":{ "include_usage" : false }}',
        '{"stream":true,"stream_options":{ "include_usage" : true }}',
      ],
      [
        '{"stream":true,"stream_options":{"include_usage":null}}',
        '{"stream":true,"stream_options":{"include_usage":true}}',
      ],
      // Names further down are somebody else's, and so is what stands in a text.
      [
        '{"tools":[{"stream_options":{"include_usage":true}}],"x":"\\"stream\\":false","stream":true}',
        `{"tools":[{"stream_options":{"include_usage":true}}],"x":"\\"stream\\":false","stream":true${ADDED}}`,
      ],
      ['{"x":"\\\\","stream":true}', `{"x":"\\\\","stream":true${ADDED}}`],
      ['{"seed":NaN,"stream":true}', `{"seed":NaN,"stream":true${ADDED}}`],
      ['{"stream":true,"__proto__":{"stream":false}}', `{"stream":true,"__proto__":{"stream":false}${ADDED}}`],
    ])('%s', (body, expected) => {
      expect(changed(body)).toBe(expected);
    });

    it.each([
      ['no stream', '{"model":"m"}'],
      ['a stream that is off', '{"stream":false}'],
      ['a stream that is no boolean', '{"stream":"true"}'],
      ['a stream that is there twice', '{"stream":true,"stream":true}'],
      ['a stream that is there twice under two spellings', '{"stream":true,"strea\\u006d":false}'],
      ['a client that asks itself', '{"stream":true,"stream_options":{"include_usage":true}}'],
      ['options that are there twice', '{"stream":true,"stream_options":{},"stream_options":null}'],
      ['options that are a list', '{"stream":true,"stream_options":[]}'],
      ['options that are a text', '{"stream":true,"stream_options":"{}"}'],
      ['an answer asked for twice', '{"stream":true,"stream_options":{"include_usage":false,"include_usage":false}}'],
      ['an answer that is no boolean', '{"stream":true,"stream_options":{"include_usage":0}}'],
      ['vLLM’s running counts', '{"stream":true,"stream_options":{"continuous_usage_stats":true}}'],
      ['options longer than anybody writes', `{"stream":true,"stream_options":{"x":"${'y'.repeat(20_000)}"}}`],
      ['a trailing comma', '{"stream":true,}'],
      ['a comment', '{"stream":true /* } */}'],
      ['a comment further down', '{"stream":true,"x":[/* } */]}'],
      ['a name without quotes', '{stream:true}'],
      ['single quotes', "{'stream':true}"],
      ['a second document', '{"stream":true}{"stream":true}'],
      ['brackets that do not match', '{"stream":true,"x":[}]}'],
      ['a body that breaks off', '{"stream":true,"messages":[{"content":"half'],
      ['a list', '[{"stream":true}]'],
      ['an empty body', ''],
      ['a body of UTF-16', '\0{\0"\0s'],
      ['brackets without end', `{"stream":true,"x":${'['.repeat(2_000)}${']'.repeat(2_000)}}`],
    ])('is nothing with %s', (_name, body) => {
      expect(changed(body)).toBeNull();
    });

    it('is the same for every split', () => {
      const bodies = [
        '{"model":"m é","x":"a\\\\\\"b","stream":true,"messages":[{"content":"}{\\""}],"stream_options":{"include_obfuscation":false}} ',
        '\uFEFF {"stream_options" : null , "strea\\u006d" : true}',
        '{"stream":true,"stream_options":{"include_usage":true}}',
      ];
      for (const body of bodies) {
        const bytes = Buffer.from(body);
        const whole = changed(bytes);
        for (let at = 0; at <= bytes.length; at += 1)
          expect(changed(bytes.subarray(0, at), bytes.subarray(at))).toBe(whole);
        expect(changed(...Array.from(bytes, (byte) => Buffer.of(byte)))).toBe(whole);
      }
    });

    it('keeps bytes that are no UTF-8', () => {
      const bytes = Buffer.concat([Buffer.from('{"x":"'), Buffer.of(0xff, 0xc0), Buffer.from('","stream":true}')]);
      const question = new UsageQuestion();
      question.push(bytes);
      const splice = question.splice();
      const after = splice === null ? Buffer.alloc(0) : Buffer.concat(spliced([bytes], splice));
      expect(after.subarray(0, bytes.length - 1)).toEqual(bytes.subarray(0, -1));
    });
  });

  it('says of which providers it is of no use to ask', () => {
    const completions = { method: 'POST', path: '/v1/chat/completions', operation: 'chat' } as const;
    const messages = { method: 'POST', path: '/v1/messages', operation: 'chat' } as const;
    expect(reasonNotToAsk({ id: 'openai', endpoints: [messages, completions] })).toBeNull();
    expect(reasonNotToAsk({ id: 'acme', endpoints: [] })).toBeNull();
    expect(reasonNotToAsk({ id: 'anthropic', endpoints: [messages] })).toMatch(/no chat completions/);
    expect(reasonNotToAsk({ id: 'mistral', endpoints: [completions] })).toMatch(/without being asked/);
  });

  it('asks for an answer that can be read, if the client named encodings at all', () => {
    const headers = [
      ['accept-Encoding', 'gzip'],
      ['X', '1'],
      ['Accept-Encoding', 'br'],
    ] as const;
    expect(headersForPlainAnswer(headers)).toEqual([
      ['accept-Encoding', 'identity'],
      ['X', '1'],
    ]);
    expect(headersForPlainAnswer([['X', '1']])).toEqual([['X', '1']]);
  });

  it('knows a refusal by status and words', () => {
    expect(refusesUsageQuestion(400, '{"error":{"message":"Unknown parameter: \'stream_options\'."}}')).toBe(true);
    expect(refusesUsageQuestion(422, '{"detail":[{"loc":["body","stream_options","include_usage"]}]}')).toBe(true);
    expect(refusesUsageQuestion(400, '{"error":{"message":"context too long"}}')).toBe(false);
    expect(refusesUsageQuestion(500, 'stream_options')).toBe(false);
  });
});
