import { describe, expect, it } from 'vitest';
import { CONTEXT_HEADERS, contextHeaders, namesToCut } from '../../../src/net/context-headers.ts';
import { MessageParser } from '../../../src/wire/http1.ts';

const head = (...lines: string[]): Buffer =>
  Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');

function isWatched(bytes: Buffer, watched: readonly string[]): boolean {
  let seen = false;
  const parser = new MessageParser(
    'request',
    { head: (_, framing) => void (seen = framing.watched), body() {}, end() {} },
    watched,
  );
  parser.execute(bytes);
  return seen;
}

describe('net/context-headers', () => {
  const own = contextHeaders(['X-Task-ID', 'traceparent', 'Baggage']);

  it('cuts ours and those of LLMObserve, every time they stand there, and keeps every other byte', () => {
    const big = 'x'.repeat(60_000);
    const before = head(
      'X-LLM-Proxy-Customer: M\xc3\xbcller',
      'Accept:  */* ',
      `x-llmobserve-section: ${big}`,
      'X-LLMOBSERVE-Section: again',
      'X-Task-ID: t',
      'traceparent: 00-1-2-01',
      'x-note: \xff\xfe',
    );
    expect(CONTEXT_HEADERS.strip(before)).toEqual(
      head('Accept:  */* ', 'X-Task-ID: t', 'traceparent: 00-1-2-01', 'x-note: \xff\xfe'),
    );
  });

  it('cuts what the user names, by the whole name', () => {
    const before = head('x-task-id: t', 'X-Task-ID-2: stays', 'TraceParent: 00', 'baggage: a=b', 'tracestate: stays');
    expect(own.strip(before)).toEqual(head('X-Task-ID-2: stays', 'tracestate: stays'));
  });

  it('gives null when there is nothing to cut', () => {
    expect(CONTEXT_HEADERS.strip(head('X-Task-ID: t'))).toBeNull();
    expect(own.strip(head('accept: x-task-id: 1'))).toBeNull();
  });

  it('never cuts what a signature covers, not even for the user', () => {
    const signed = 'Authorization: AWS4-HMAC-SHA256 Credential=k, SignedHeaders=host;x-task-id, Signature=0';
    expect(own.strip(head(signed, 'x-task-id: t'))).toBeNull();
  });

  it.each([
    ['x-task-id: t', false, true],
    ['traceparent: 00', false, true],
    ['baggage: a=b', false, true],
    ['tracestate: a=b', false, false],
    ['te: trailers', false, false],
    ['X-LLM-Proxy-Agent: a', true, true],
    ['X-LLMObserve-Run-ID: r', true, true],
    ['x-llm-other: a', false, false],
  ])('is told by the parser of %j', (line, byDefault, byUser) => {
    expect(isWatched(head(line), CONTEXT_HEADERS.watched)).toBe(byDefault);
    expect(isWatched(head(line), own.watched)).toBe(byUser);
    expect(CONTEXT_HEADERS.mentionedIn(head(line))).toBe(byDefault);
    expect(own.mentionedIn(head(line))).toBe(byUser);
  });

  it('still reads the framing of a head that it looks through for other names', () => {
    const bytes = head('te: trailers', 'transfer-encoding: chunked', 'baggage: a=b');
    let chunked = false;
    const parser = new MessageParser(
      'request',
      { head: (_, framing) => void (chunked = framing.chunked && framing.watched), body() {}, end() {} },
      own.watched,
    );
    parser.execute(bytes);
    expect(chunked).toBe(true);
  });

  it('cuts the generic ones of requests that come by a base URL alone', () => {
    for (const name of ['x-trace-id', 'x-task-id', 'x-agent-name', 'traceparent']) {
      expect([CONTEXT_HEADERS.isCut(name, true), CONTEXT_HEADERS.isCut(name, false)]).toEqual([true, false]);
    }
    expect([own.isCut('x-task-id', false), own.isCut('baggage', false), own.isCut('accept', true)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it.each(['Host', 'content-length', 'Transfer-Encoding', 'authorization', 'x-api-key', 'Sec-WebSocket-Key'])(
    'refuses to cut %s, which the provider needs',
    (name) => {
      expect(() => namesToCut([name])).toThrow(`context.cut: the provider needs ${name}`);
    },
  );

  it.each(['', 'a b', 'x:y', 'x-\r\ny'])('refuses %j, which is no name of a header', (name) => {
    expect(() => namesToCut([name])).toThrow('is not the name of a header');
  });

  it('takes other names as they are', () => {
    expect(namesToCut(['X-Task-ID', 'baggage'])).toEqual(['X-Task-ID', 'baggage']);
  });
});
