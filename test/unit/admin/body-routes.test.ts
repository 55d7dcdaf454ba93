import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyRoutes } from '../../../src/admin/body-routes.ts';
import { Calls } from '../../../src/admin/calls.ts';
import type { Capture } from '../../../src/core/capture.ts';
import { AppError } from '../../../src/core/errors.ts';
import { bodiesOf } from '../../../src/store/blocks/call-bodies.ts';
import { cutBody } from '../../../src/store/blocks/cut.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { Sweep } from '../../../src/store/sweep.ts';
import { aCapture, aMessage } from '../../support/captures.ts';

let folder: string;
let database: Database;
let calls: Calls;
let app: Hono;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-bodies-'));
  database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  calls = new Calls(join(folder, 'calls.db'));
  app = new Hono();
  app.onError((error, context) => {
    if (error instanceof AppError && error.code === 'config_invalid') return context.text(error.message, 400);
    throw error;
  });
  bodyRoutes(app, { calls });
});
afterEach(() => {
  calls.close();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const REQUEST = '{"messages":[{"role":"user","content":"Hé\\u0000 there"}]}';
const STREAM = 'data: {"a":1}\n\ndata: {"b":2}\n\n';

function store(over: Partial<Omit<Capture, 'record'>> = {}, id = 'call_0001', anomalies: string[] = []): void {
  const capture = aCapture(
    { id, anomalies },
    {
      response: aMessage('HTTP/1.1 200 OK', null, {
        headers: [
          ['Content-Type', 'text/event-stream'],
          ['Content-Encoding', 'gzip'],
        ],
      }),
      parts: {
        request: cutBody(Buffer.from(REQUEST), 'request'),
        response: cutBody(Buffer.from(STREAM), 'stream'),
        arrivals: [
          { offset: 0, at: 20 },
          { offset: 15, at: 55 },
        ],
      },
      ...over,
    },
  );
  const writer = new CallWriter(database);
  writer.begin();
  writer.add({ record: capture.record, costNanos: null, log: null }, bodiesOf(capture));
  writer.commit();
}

const get = (path: string): Promise<Response> => Promise.resolve(app.request(`/api/calls/${path}`));

describe('admin/body-routes', () => {
  it('gives the bytes of either side, and says what they are', async () => {
    store();
    const request = await get('call_0001/request');
    expect(await request.text()).toBe(REQUEST);
    expect(Object.fromEntries(request.headers)).toEqual({
      'content-type': 'application/json',
      'x-llm-proxy-masked': 'false',
      'x-llm-proxy-truncated': 'false',
      'x-llm-proxy-sha256': createHash('sha256').update(REQUEST).digest('hex'),
    });
    const response = await get('call_0001/response');
    expect(await response.text()).toBe(STREAM);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-llm-proxy-content-encoding')).toBe('gzip');
  });

  it('gives a binary body as it is', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    store({ parts: { request: cutBody(bytes, 'binary'), response: null, arrivals: null } });
    expect(new Uint8Array(await (await get('call_0001/request')).arrayBuffer())).toEqual(bytes);
  });

  it('gives the head alone, as on the wire', async () => {
    store();
    const head = await get('call_0001/response?part=head');
    expect(await head.text()).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n',
    );
    expect(head.headers.get('content-type')).toMatch('text/plain');
  });

  it('gives the times at which the chunks of a stream came', async () => {
    store();
    expect(await (await get('call_0001/response?part=events')).json()).toEqual([
      { offset_ms: 20, start: 0, bytes: 15 },
      { offset_ms: 55, start: 15, bytes: 15 },
    ]);
    expect(await (await get('call_0001/request?part=events')).json()).toEqual([]);
  });

  it('says that secrets are masked and that a body is cut, and gives no sum of a part', async () => {
    const body = { text: 'x', wireBytes: 9, truncated: true, masked: true };
    store({ request: aMessage('POST / HTTP/1.1', null, { body }) });
    const { headers } = await get('call_0001/request');
    expect([headers.get('x-llm-proxy-masked'), headers.get('x-llm-proxy-truncated')]).toEqual(['true', 'true']);
    expect(headers.get('x-llm-proxy-sha256')).toBeNull();
  });

  it('shows as text what a browser would run', async () => {
    for (const [index, type] of [
      'text/html',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/javascript',
      'text/xsl',
      'multipart/x-mixed-replace',
    ].entries()) {
      store({ request: aMessage('POST / HTTP/1.1', null, { headers: [['content-type', type]] }) }, `call_1${index}`);
      expect((await get(`call_1${index}/request`)).headers.get('content-type')).toBe('text/plain; charset=utf-8');
    }
  });

  it('tells what was deleted from what never was', async () => {
    store({ parts: { request: null, response: cutBody(Buffer.from(STREAM), 'stream'), arrivals: null } });
    const limits = {
      bodiesBefore: '2999',
      recordsBefore: null,
      bodiesBytes: null,
      usedBytes: null,
      recordsBytes: null,
    };
    new Sweep(limits, () => performance.now(), '2026-11-21T10:00:00.000Z').next(database, 1000);
    const answer = await get('call_0001/response');
    expect([answer.status, await answer.json()]).toEqual([
      410,
      { error: { type: 'pruned', message: expect.stringContaining('2026-11-21T10:00:00.000Z') as string } },
    ]);
    expect((await get('call_0001/response?part=events')).status).toBe(410);
    expect((await get('call_0001/request?part=head')).status).toBe(410);
    expect((await get('call_0001/request')).status).toBe(404);
    // As an earlier version left it.
    database.exec('DROP TRIGGER pruned_bodies_removed; DROP TABLE pruned_bodies');
    expect((await get('call_0001/response')).status).toBe(404);
  });

  it('says why there is nothing', async () => {
    store({ parts: { request: null, response: null, arrivals: null } });
    store({}, 'call_0002');
    const nothing = { parts: { request: null, response: null, arrivals: null } };
    store(nothing, 'call_0003', ['response_encoding_corrupt']);
    store(nothing, 'call_0004', ['response_encoding_unsupported']);
    const errorOf = async (path: string): Promise<unknown> => {
      const answer = await get(path);
      const { error } = (await answer.json()) as { error: { type: string } };
      return [answer.status, error.type];
    };
    expect(await errorOf('call_0001/request')).toEqual([404, 'not_stored']);
    expect(await errorOf('call_0003/request')).toEqual([404, 'not_stored']);
    expect(await errorOf('call_0003/response')).toEqual([404, 'undecodable']);
    expect(await (await get('call_0003/response')).text()).toContain('could not be taken off');
    expect(await (await get('call_0004/response')).text()).toContain('does not know its content-encoding');
    expect(await errorOf('call_9/request')).toEqual([404, 'not_found']);
    expect(await errorOf('call_000/request')).toEqual([409, 'ambiguous']);
    expect((await get('call_0002/request?part=feet')).status).toBe(400);
  });
});
