import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ApiError,
  askEarly,
  get,
  NOT_STORED_YET,
  noteEnded,
  onRefused,
  send,
} from '../../../dashboard/src/api/client.ts';

const fetched = vi.fn<(url: string) => Promise<Response>>();

describe('dashboard/api/client', () => {
  beforeEach(() => {
    vi.stubGlobal('fetch', fetched);
    fetched.mockImplementation(async () => Response.json({ number: fetched.mock.calls.length }));
  });
  afterEach(() => {
    onRefused(() => {});
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('gives what was asked early to the one who asks for it first, once', async () => {
    askEarly('/api/calls?limit=3');
    expect(await get('/api/calls', { limit: 4 })).toEqual({ number: 2 });
    expect(await get('/api/calls', { limit: 3 })).toEqual({ number: 1 });
    expect(await get('/api/calls', { limit: 3 })).toEqual({ number: 3 });
  });

  it('asks again where what was asked early is old by now, or did not come', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    askEarly('/api/calls');
    now.mockReturnValue(7000);
    expect(await get('/api/calls')).toEqual({ number: 2 });
    fetched.mockRejectedValueOnce(new TypeError('refused'));
    askEarly('/api/calls');
    await expect(get('/api/calls')).rejects.toMatchObject({ status: 0, type: 'unreachable' });
  });

  it('tells a call that is not stored so far from one that is not there', async () => {
    fetched.mockImplementation(async () =>
      Response.json({ error: { type: 'not_found', message: 'there is no such call' } }, { status: 404 }),
    );
    noteEnded('call_1');
    await expect(get('/api/calls/call_1')).rejects.toMatchObject({ status: 404, type: NOT_STORED_YET });
    await expect(get('/api/calls/call_1/conversation', { all: 1 })).rejects.toMatchObject({ type: NOT_STORED_YET });
    await expect(get('/api/calls/call_2')).rejects.toMatchObject({ status: 404, type: 'not_found' });
    for (let number = 0; number < 500; number += 1) noteEnded(`call_x${number}`);
    await expect(get('/api/calls/call_1')).rejects.toMatchObject({ type: 'not_found' });
  });

  it('tells when the reader is signed out, whatever was asked, but not of a wrong token', async () => {
    let times = 0;
    onRefused(() => (times += 1));
    fetched.mockImplementation(async () =>
      Response.json({ error: { type: 'token_required', message: 'send it' } }, { status: 401 }),
    );
    await expect(send('POST', '/api/login', {})).rejects.toBeInstanceOf(ApiError);
    expect(times).toBe(0);
    await expect(get('/api/stats')).rejects.toMatchObject({ status: 401, message: 'send it' });
    expect(times).toBe(1);
  });
});
