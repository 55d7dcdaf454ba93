import { describe, expect, it } from 'vitest';
import { UsageChunkFilter } from '../../../src/gateway/usage-chunk-filter.ts';

const ROLE = '{"id":"c1","choices":[{"index":0,"delta":{"role":"assistant"}}],"usage":null}';
const WORD =
  '{"id":"c1","choices":[{"index":0,"delta":{"content":"héllo \\"usage\\": {}"}}],"usage":null,"obfuscation":"ab"}';
const EXTRA =
  '{"id":"c1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}';

function events(...data: string[]): string {
  return data.map((text) => `data: ${text}\n\n`).join('');
}

function filtered(pieces: readonly (string | Buffer)[], withoutNulls = false): string {
  const filter = new UsageChunkFilter({ withoutNulls });
  const out = pieces.map((piece) => filter.push(Buffer.from(piece)));
  return Buffer.concat([...out, filter.end()]).toString('utf8');
}

const STREAM = events(ROLE, WORD, EXTRA, '[DONE]');

describe('gateway/usage-chunk-filter', () => {
  it('takes the usage chunk out, and nothing else', () => {
    expect(filtered([STREAM])).toBe(events(ROLE, WORD, '[DONE]'));
  });

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('does so for every split and for byte after byte, with line ends of %s', (_name, end) => {
    const bytes = Buffer.from(`: ping\n\n${STREAM}`.replaceAll('\n', end));
    const expected = `: ping\n\n${events(ROLE, WORD, '[DONE]')}`.replaceAll('\n', end);
    for (let at = 0; at <= bytes.length; at += 1)
      expect(filtered([bytes.subarray(0, at), bytes.subarray(at)])).toBe(expected);
    expect(filtered(Array.from(bytes, (byte) => Buffer.of(byte)))).toBe(expected);
  });

  it('takes nulls out where the provider wrote them for having been asked, for every split', () => {
    const bytes = Buffer.from(STREAM);
    const expected = events(ROLE.replace(',"usage":null', ''), WORD.replace(',"usage":null', ''), '[DONE]');
    for (let at = 0; at <= bytes.length; at += 1)
      expect(filtered([bytes.subarray(0, at), bytes.subarray(at)], true)).toBe(expected);
  });

  it.each([
    ['{"usage":null,"choices":[{}]}', '{"choices":[{}]}'],
    ['{"usage" : null , "choices":[{}]}', '{"choices":[{}]}'],
    ['{"choices":[{}] , "usage" : null }', '{"choices":[{}]  }'],
    ['{"usage":null}', '{}'],
    ['{"choices":[{"usage":null}]}', '{"choices":[{"usage":null}]}'],
    ['{"usage":null,"usage":null}', '{"usage":null,"usage":null}'],
  ])('makes %s of it', (data, expected) => {
    expect(filtered([events(data)], true)).toBe(events(expected));
  });

  it.each([
    ['a usage on the last choice', '{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}'],
    ['no usage', '{"choices":[]}'],
    ['a usage that is null', '{"choices":[],"usage":null}'],
    [
      'Azure’s word on the prompt',
      '{"choices":[],"prompt_filter_results":[{"prompt_index":0}],"usage":{"prompt_tokens":1}}',
    ],
    ['an error', '{"choices":[],"usage":{"prompt_tokens":1},"error":{"message":"x"}}'],
    ['no choices', '{"usage":{"prompt_tokens":1}}'],
    ['choices that are null', '{"choices":null,"usage":{"prompt_tokens":1}}'],
    ['a usage further down', '{"choices":[],"x":{"usage":{"prompt_tokens":1}}}'],
    ['no JSON', '{"choices":[],"usage":{"prompt_tokens":1}'],
    ['Anthropic’s words', '{"type":"message_delta","usage":{"output_tokens":1}}'],
  ])('passes a chunk with %s', (_name, data) => {
    expect(filtered([events(data)])).toBe(events(data));
  });

  it('knows the usage chunk by any spelling', () => {
    const spellings = [
      `data:${EXTRA}\n\n`,
      `event: chunk\ndata: ${EXTRA}\nid: 7\n\n`,
      `\uFEFFdata: ${EXTRA}\n\n`,
      `data: { "usage" : { "prompt_tokens" : 1 } , "choices" : [ ] , "prompt_filter_results":[], "error":null }\n\n`,
    ];
    for (const spelling of spellings) expect(filtered([spelling])).toBe('');
  });

  it('knows it without an empty line behind it, at the end', () => {
    expect(filtered([`${events(ROLE)}data: ${EXTRA}\n`])).toBe(events(ROLE));
    expect(filtered([`${events(ROLE)}data: ${EXTRA}`])).toBe(events(ROLE));
  });

  it('gives back half an event when the stream was cut', () => {
    const half = `data: ${EXTRA.slice(0, 30)}`;
    expect(filtered([`${events(ROLE)}${half}`])).toBe(`${events(ROLE)}${half}`);
  });

  it('gives out an event with its last byte, and a comment with its first', () => {
    const filter = new UsageChunkFilter({ withoutNulls: false });
    expect(filter.push(Buffer.from(events(WORD).slice(0, -1))).toString()).toBe('');
    expect(filter.push(Buffer.from('\n')).toString()).toBe(events(WORD));
    expect(filter.push(Buffer.from(': keep')).toString()).toBe(': keep');
    expect(filter.removed).toBe(0);
  });

  it('holds no more of an event than a usage chunk may be long', () => {
    const filter = new UsageChunkFilter({ withoutNulls: false });
    const long = Buffer.from(`data: {"choices":[],"usage":{"x":"${'y'.repeat(300_000)}"}}\n\n${events(EXTRA)}`);
    let before = 0;
    for (let at = 0; at < 270_000; at += 10_000) before += filter.push(long.subarray(at, at + 10_000)).length;
    expect(before).toBeGreaterThan(0);
    const rest = filter.push(long.subarray(270_000));
    expect(before + rest.length + Buffer.byteLength(events(EXTRA))).toBe(long.length);
    expect(filter.removed).toBe(1);
  });

  it('passes what is no event stream', () => {
    const body = 'no events here, but "usage" and\r\n\r\nlines\n';
    expect(filtered([body])).toBe(body);
  });
});
