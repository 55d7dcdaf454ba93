import { getEventListeners } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connections } from '../../../src/net/connections.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('net/connections', () => {
  it('waits for live calls without piling up listeners, which Node would complain of in the terminal', async () => {
    const connections = new Connections();
    const socket = new Socket();
    connections.add(socket);
    const force = new AbortController();
    const listeners: number[] = [];
    const drained = connections.drain(10_000, force.signal);
    for (let waited = 0; waited < 20; waited += 1) {
      listeners.push(getEventListeners(force.signal, 'abort').length);
      await vi.advanceTimersByTimeAsync(200);
    }
    force.abort();
    await drained;
    expect(Math.max(...listeners)).toBe(1);
    expect(getEventListeners(force.signal, 'abort')).toEqual([]);
    socket.destroy();
  });
});
