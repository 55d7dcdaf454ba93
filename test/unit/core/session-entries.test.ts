import { describe, expect, it } from 'vitest';
import type { Arrival, CallRecord, Capture } from '../../../src/core/capture.ts';
import { callEntries, isConversation, sessionStart } from '../../../src/core/session-entries.ts';
import { aCapture, aMessage, aRecord } from '../../support/captures.ts';

const PLACE = { session: 'ses-1', machine: 'ana@box' };

interface Entry {
  type: string;
  seq: number;
  _meta: Record<string, unknown>;
  headers: Record<string, string[]>;
  body?: string | null;
  chunks?: { ts: string | null; delta_ms: number | null; raw: string }[];
  [field: string]: unknown;
}

const entriesOf = (capture: Capture): [Entry, Entry] =>
  callEntries(capture, PLACE, 3).map((line) => JSON.parse(line) as Entry) as [Entry, Entry];

const aStream = (text: string, over: Partial<CallRecord> = {}, arrivals: Arrival[] | null = null): Capture =>
  aCapture(
    { stream: true, ...over },
    { response: aMessage('HTTP/1.1 200 OK', text), parts: { request: null, response: null, arrivals } },
  );

describe('core/session-entries', () => {
  it('writes the start of a session with provider and upstream', () => {
    expect(JSON.parse(sessionStart(aCapture(), PLACE))).toEqual({
      type: 'session_start',
      _meta: { ts: '2026-11-21T12:00:00.000Z', machine: 'ana@box', host: 'api.anthropic.com', session: 'ses-1' },
      provider: 'anthropic',
      upstream: 'api.anthropic.com',
    });
  });

  it('writes a request with its path without a query, its body as one string and its size', () => {
    const [request] = entriesOf(aCapture());
    const body = '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Hello"}]}';
    expect(request).toEqual({
      type: 'request',
      seq: 3,
      _meta: {
        ts: '2026-11-21T12:00:00.000Z',
        machine: 'ana@box',
        host: 'api.anthropic.com',
        session: 'ses-1',
        request_id: 'call_0001',
      },
      method: 'POST',
      path: '/v1/messages',
      headers: { 'Content-Type': ['application/json'] },
      body,
      size: body.length,
    });
  });

  it('writes a response with whole milliseconds, at the time of its end', () => {
    const [request, response] = entriesOf(aCapture());
    expect(response).toEqual({
      type: 'response',
      seq: 3,
      _meta: { ...request._meta, ts: '2026-11-21T12:00:01.234Z' },
      status: 200,
      headers: { 'Content-Type': ['application/json'] },
      timing: { ttfb_ms: 300, total_ms: 1235 },
      size: 640,
      body: '{"type":"message","content":[{"type":"text","text":"Hi there"}]}',
    });
  });

  it('writes header names as Go does, and every value of a name', () => {
    const headers: [string, string][] = [
      ['x-api-key', 'sk-ant-...wxyz'],
      ['anthropic-BETA', 'a'],
      ['Anthropic-Beta', 'b'],
      ['__proto__', 'x'],
    ];
    const [request] = entriesOf(aCapture({}, { request: aMessage('POST / HTTP/1.1', '{}', { headers }) }));
    expect(Object.entries(request.headers)).toEqual([
      ['X-Api-Key', ['sk-ant-...wxyz']],
      ['Anthropic-Beta', ['a', 'b']],
      ['__proto__', ['x']],
    ]);
  });

  it('writes a stream as one chunk for each line, with nothing made up about its time', () => {
    const text = 'event: a\ndata: {"x":"é"}\n\ndata: [DONE]';
    const [, response] = entriesOf(aStream(text));
    expect(response.body).toBeUndefined();
    expect(response.chunks?.map(({ raw }) => raw)).toEqual(['event: a\n', 'data: {"x":"é"}\n', '\n', 'data: [DONE]']);
    expect(response.chunks?.map(({ raw }) => raw).join('')).toBe(text);
    expect(new Set(response.chunks?.map(({ delta_ms }) => delta_ms))).toEqual(new Set([null]));
  });

  it.each([1, 2, 3, 5, 8, 11])('gives each line the time when its last byte came, in pieces of %i bytes', (step) => {
    const text = 'ab\né\n\nlast';
    const bytes = Buffer.from(text);
    const offsets = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => index * step);
    const arrivals = offsets.map((offset, index) => ({ offset, at: 300.25 + index * 10.4 }));
    const [, response] = entriesOf(aStream(text, {}, arrivals));
    const ends = [2, 5, 6, 10].map((last) => Math.floor(last / step) * 10.4);
    expect(response.chunks?.map(({ delta_ms }) => delta_ms)).toEqual(ends.map((ms) => Math.round(ms)));
    const started = Date.parse('2026-11-21T12:00:00.000Z');
    expect(response.chunks?.map(({ ts }) => ts)).toEqual(
      ends.map((ms) => new Date(started + 300.25 + ms).toISOString()),
    );
  });

  it('writes the frames of an event stream of AWS, in the form of SSE, with their times', () => {
    const bytes = new Uint8Array(40);
    const response = aMessage('HTTP/1.1 200 OK', null, {
      headers: [['content-type', 'application/vnd.amazon.eventstream']],
    });
    const cut = { bytes, blocks: [], messages: [], system: null, tools: null };
    const arrivals = [
      { offset: 0, at: 301 },
      { offset: 25, at: 350 },
    ];
    const capture = aCapture({ stream: true }, { response, parts: { request: null, response: cut, arrivals } });
    const frames = [
      { text: '{"type":"message_start"}', end: 20 },
      { text: '{"type":"message_stop"}', end: 40 },
    ];
    const lines = callEntries(capture, PLACE, 1, (body) => (body === bytes ? frames : []));
    const entry = JSON.parse(lines[1] ?? '') as Entry;
    expect(entry.chunks).toEqual([
      { ts: '2026-11-21T12:00:00.301Z', delta_ms: 1, raw: 'data: {"type":"message_start"}' },
      { ts: '2026-11-21T12:00:00.350Z', delta_ms: 50, raw: 'data: {"type":"message_stop"}' },
    ]);
  });

  it('leaves no request alone: a call without an answer has a response entry that says why', () => {
    const error = { type: 'upstream_refused', message: 'connection refused' };
    const [, response] = entriesOf(
      aCapture(
        { status: null, outcome: 'upstream_error', error, ttfb_ms: null, response_bytes: 0 },
        { response: null },
      ),
    );
    expect(response).toMatchObject({
      status: null,
      headers: {},
      timing: { ttfb_ms: null, total_ms: 1235 },
      size: 0,
      body: null,
      outcome: 'upstream_error',
      error,
    });
  });

  it('writes what came of a stream that its client left, and says so', () => {
    const [, response] = entriesOf(aStream('data: {"half', { outcome: 'client_aborted' }));
    expect(response.chunks?.map(({ raw }) => raw)).toEqual(['data: {"half']);
    expect(response['outcome']).toBe('client_aborted');
  });

  it('says of a body that is not whole that it is truncated, and of a binary one that it is null', () => {
    const cut = { text: '{"a":', wireBytes: 99, truncated: true, masked: false };
    const binary = { text: null, wireBytes: 12, truncated: false, masked: false };
    const [request, response] = entriesOf(
      aCapture(
        {},
        { request: aMessage('POST / HTTP/1.1', '', { body: cut }), response: aMessage('', '', { body: binary }) },
      ),
    );
    expect(request).toMatchObject({ body: '{"a":', truncated: true, size: 99 });
    expect(response['body']).toBeNull();
    expect(response['truncated']).toBeUndefined();
  });

  it('has one line for each entry, whatever the bodies hold', () => {
    const body = 'a\nb\u2028c\u0000"\\';
    const lines = callEntries(aStream(body), PLACE, 1);
    for (const line of lines) expect(line.indexOf('\n')).toBe(line.length - 1);
  });

  it.each<[boolean, Partial<CallRecord>]>([
    [true, { operation: 'chat' }],
    [true, { operation: 'responses' }],
    [true, { operation: 'text_completion' }],
    [true, { operation: null, session_id: 's' }],
    [false, { operation: null }],
    [false, { operation: 'embeddings', session_id: 's' }],
    [false, { operation: 'transcription' }],
    [false, { operation: 'chat', inference: false }],
    [false, { operation: 'count_tokens', inference: false, session_id: 's' }],
  ])('says %s to the conversation of %j', (expected, over) => {
    expect(isConversation(aRecord(over))).toBe(expected);
  });
});
