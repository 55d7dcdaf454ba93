import { describe, expect, it } from 'vitest';
import { escapeLine, escapeText } from '../../../src/sinks/escape.ts';
import type { Capture } from '../../../src/core/capture.ts';
import { formatSection as partsOf, type LogBodies } from '../../../src/sinks/log-section.ts';
import { newMessagesOf } from '../../../src/sinks/new-messages.ts';
import { prettyJson } from '../../../src/sinks/pretty-json.ts';
import { aCapture, aMessage, aUsage } from '../../support/captures.ts';
import { expectLinearTime } from '../../support/growth.ts';

const formatSection = (capture: Capture, bodies: LogBodies): string => partsOf(capture, bodies).join('');

/** What a terminal would obey, or a reader take for a line of its own. */
const HOSTILE = [
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007',
  'a\r\n=== 2026-01-01 00:00:00.000  call_forged',
  'a\n=== forged',
  'a\u2028=== forged',
  'a\u2029=== forged',
  'a\u0085=== forged',
  '\u009b31m',
  'over\rwritten',
  '\u202Etxt.exe',
  'null\u0000byte\u0008\u0008',
];
const RAW_CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe('sinks/escape', () => {
  it.each(HOSTILE)('leaves no control character of %j', (text) => {
    expect(escapeText(text)).not.toMatch(RAW_CONTROL);
    expect(escapeLine(text)).not.toMatch(/[\n\r\t]/);
    expect(escapeLine(text)).not.toMatch(RAW_CONTROL);
  });

  it('keeps lines, tabs and every script', () => {
    expect(escapeText('a\tb\nc\r\nd é 漢字 😀 العربية')).toBe('a\tb\nc\nd é 漢字 😀 العربية');
  });
});

describe('sinks/pretty-json prettyJson', () => {
  it.each([
    {},
    [],
    [[]],
    { a: { b: [] } },
    { a: 'x:{[,"\\', b: null, c: true },
    [{ a: 1 }, { b: [{}] }],
    { e: [0.1, -2e9, 3] },
    { '': { '"': '\\"' } },
  ])('keeps the meaning of %j, sent compact or with spaces', (value) => {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 4), ` ${JSON.stringify(value)}\n`]) {
      expect(JSON.parse(prettyJson(text) ?? '')).toEqual(value);
    }
  });

  it('lays out as people expect, lists of numbers in one line', () => {
    expect(prettyJson('{"a":[{"b":1},"c"],"e":[1,2],"o":{}}')).toBe(
      '{\n  "a": [\n    {\n      "b": 1\n    },\n    "c"\n  ],\n  "e": [1,2],\n  "o": {}\n}',
    );
  });

  it('begins each of several values on a line of its own', () => {
    expect(prettyJson('\n{"a":{\n"b":1}\n}\n{}\n{"c":2}\n')).toBe(
      '{\n  "a": {\n    "b": 1\n  }\n}\n{}\n{\n  "c": 2\n}',
    );
  });

  it('keeps numbers, escapes and repeated keys as they were sent', () => {
    expect(prettyJson('{"n":12345678901234567890,"f":1.0,"u":"\\u00e9","n":1}')).toBe(
      '{\n  "n": 12345678901234567890,\n  "f": 1.0,\n  "u": "\\u00e9",\n  "n": 1\n}',
    );
  });

  it('keeps every line within the margin, whatever the text, cut at any byte', () => {
    const text = '{"a":"x\n=== forged","b":[1,\n2],"c":"\\"\n\n"}\n[\n"=== x"\n]';
    for (let cut = 1; cut <= text.length; cut += 1) {
      const lines = prettyJson(text.slice(0, cut), '  ')?.split('\n').slice(1) ?? [];
      expect(lines.every((line) => line.startsWith('  '))).toBe(true);
    }
  });

  it('says null for what is no JSON, and for what would grow too much', () => {
    expect(['', 'hello', '"text"', '12', 'data: {}'].map((text) => prettyJson(text))).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(prettyJson('['.repeat(100_000))).toBeNull();
  });

  it.each(['[1,', '{"a":', '"\\', '{', '[', '\\"', ',', '{ '])(
    'needs linear time for a megabyte of %j',
    async (unit) => {
      await expectLinearTime((bytes) => {
        const text = `[${unit.repeat(bytes / unit.length)}`;
        return () => prettyJson(text);
      }, 1_000_000);
    },
  );
});

describe('sinks/new-messages newMessagesOf', () => {
  it('keeps what came after the last turn of the model', () => {
    const body = {
      model: 'm',
      system: 'long',
      tools: [{}],
      messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'user', content: 'new' }],
    };
    expect(JSON.parse(newMessagesOf(JSON.stringify(body)) ?? '')).toEqual({
      model: 'm',
      system: '[as before]',
      tools: '[as before]',
      messages: ['[2 earlier messages]', { role: 'user', content: 'new' }],
    });
    expect(newMessagesOf(JSON.stringify({ contents: [{ role: 'model' }, { role: 'user', parts: [1] }] }))).toContain(
      '[1 earlier messages]',
    );
    expect(
      newMessagesOf(JSON.stringify({ input: [{ type: 'function_call' }, { type: 'function_call_output' }] })),
    ).toContain('function_call_output');
  });

  it.each([null, '', 'no json', '{"messages":[{"role":"user"}]}', '{"input":"text"}', '[1]', '{"messages":[null'])(
    'leaves %j as it is',
    (text) => {
      expect(newMessagesOf(text)).toBe(text);
    },
  );
});

describe('sinks/log-section formatSection', () => {
  it('shows heads, bodies, usage, cost and context of a call', () => {
    const section = formatSection(
      aCapture({ session_id: 's1', error: { type: 'overloaded_error', message: 'try later' } }),
      'full',
    );
    expect(section).toMatch(
      /^=== 2026-11-2\d \d\d:\d[05]:00\.000 {2}call_0001 {2}POST api\.anthropic\.com\/v1\/messages\?beta=true {2}200 {2}claude-sonnet-4-5-20250929 {2}1\.23s\n/,
    );
    expect(section).toContain(
      '> POST /v1/messages?beta=true HTTP/1.1\n> Content-Type: application/json\n  {\n    "model": "claude-sonnet-4-5",',
    );
    expect(section).toContain('< HTTP/1.1 200 OK\n');
    expect(section).toContain('= usage: in 1200 (cache read 1000, cache write 0), out 340  [json, final]\n');
    expect(section).toContain('= cost: $0.006000  [genai-prices, 2026-09-23, exact]\n');
    expect(section).toContain('= session s1, stop end_turn, request req_1\n');
    expect(section).toMatch(/= error: overloaded_error: try later\n\n$/);
  });

  it('shows a stream put together, not its fragments', () => {
    const assembled = {
      thinking: 'hm',
      text: 'line 1\nline 2',
      toolCalls: [{ id: 't1', name: 'grep', input: '{"q":"x"}' }],
    };
    const response = aMessage('HTTP/1.1 200 OK', 'event: content_block_delta\ndata: {}\n\n');
    const section = formatSection(aCapture({ stream: true, ttft_ms: 250 }, { assembled, response }), 'full');
    expect(section).toContain(
      '- thinking\n  hm\n- text\n  line 1\n  line 2\n- tool call grep (t1)\n  {\n    "q": "x"\n  }\n',
    );
    expect(section).not.toContain('content_block_delta');
    expect(section).toContain('ttft 250ms');
  });

  it('says unknown and unpriced, marks what is not exact, and never shows 0 for unknown', () => {
    const unknown = formatSection(
      aCapture({
        usage: aUsage({ state: 'none', source: null, input_tokens: null }),
        cost_usd: null,
        cost: { source: null, price_date: null, confidence: 'unpriced', lines: [] },
      }),
      'full',
    );
    expect(unknown).toContain('= usage: ? (the provider said nothing)\n= cost: ?\n');
    const cut = formatSection(
      aCapture({ usage: aUsage({ state: 'partial', output_tokens: null, source: 'sse' }) }),
      'full',
    );
    expect(cut).toMatch(/in ~1200 .* out \? {2}\[sse, partial\]\n= cost: ~\$0\.006000/);
  });

  it('shows bodies as asked, and says what it does not show', () => {
    const capture = aCapture(
      {},
      {
        response: aMessage('HTTP/1.1 200 OK', null, {
          body: { text: null, wireBytes: 99, truncated: false, masked: false },
        }),
      },
    );
    expect(formatSection(capture, 'full')).toContain('  [99 bytes, not shown]\n');
    expect(formatSection(capture, 'none')).not.toContain('Hello');
    const cut = aCapture(
      {},
      {
        response: aMessage('HTTP/1.1 200 OK', '{"a":"b', {
          body: { text: '{"a":"b', wireBytes: 5000, truncated: true, masked: false },
        }),
      },
    );
    expect(formatSection(cut, 'full')).toContain('    "a": "b\n  [cut here; 5000 bytes on the wire]\n');
  });

  it('lets nothing that a client or provider wrote look like a heading, or reach a terminal raw', () => {
    for (const text of HOSTILE) {
      const message = aMessage(`HTTP/1.1 200 ${text}`, text, { headers: [[text, text]] });
      const section = formatSection(
        aCapture(
          {
            host: text,
            path: text,
            request_model: text,
            response_model: text,
            session_id: text,
            agent: text,
            stop_reason: text,
            anomalies: [text],
            error: { type: text, message: text },
            stream: true,
          },
          {
            request: aMessage(text, JSON.stringify({ text }).replaceAll('\\n', '\n')),
            response: message,
            assembled: { text, thinking: text, toolCalls: [{ id: text, name: text, input: text }] },
          },
        ),
        'full',
      );
      expect(section).not.toMatch(RAW_CONTROL);
      expect(section.split('\n').filter((line) => line.startsWith('==='))).toHaveLength(1);
      expect(section.split('\n').every((line) => line === '' || /^(?:=== |[><=-] | {2})/.test(line))).toBe(true);
    }
  });
});
