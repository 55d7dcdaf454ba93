import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UnreadConnections } from '../../../src/net/unread-connections.ts';

/** What is looked at of a socket. */
class FakeSocket extends EventEmitter {
  bytesRead = 0;
  bytesWritten = 0;
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('net/unread-connections', () => {
  let isGuarded: boolean;
  let unread: UnreadConnections;
  let socket: FakeSocket;
  beforeEach(() => {
    vi.useFakeTimers();
    isGuarded = true;
    unread = new UnreadConnections();
    socket = new FakeSocket();
    unread.add(socket as unknown as Socket, () => isGuarded);
  });
  afterEach(() => {
    unread.close();
    vi.useRealTimers();
  });

  it('ends what has been quiet for some seconds since the mode changed', () => {
    unread.look();
    vi.advanceTimersByTime(5_000);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(socket.destroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['bytesRead', 'bytesWritten'] as const)('lets go on what still moves: %s', (side) => {
    unread.look();
    for (let second = 0; second < 60; second += 1) {
      if (second % 4 === 0) socket[side] += 1;
      vi.advanceTimersByTime(1_000);
    }
    expect(socket.destroyed).toBe(false);
  });

  it('asks again when the mode changes back', () => {
    unread.look();
    vi.advanceTimersByTime(5_000);
    isGuarded = false;
    vi.advanceTimersByTime(60_000);
    expect([socket.destroyed, vi.getTimerCount()]).toEqual([false, 0]);
  });

  it('does nothing while nothing is guarded', () => {
    isGuarded = false;
    unread.look();
    expect(vi.getTimerCount()).toBe(0);
  });
});
