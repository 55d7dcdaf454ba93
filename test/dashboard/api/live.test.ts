import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveFeed } from '../../../dashboard/src/api/live.ts';

/** What a browser gives: it comes back by itself, unless it was refused. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static made: Source[] = [];
  readyState = 0;

  constructor() {
    super();
    Source.made.push(this);
  }

  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  breaks(readyState: 0 | 2): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }

  tells(type: string, data: object): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }

  close(): void {
    this.readyState = 2;
  }
}

const source = (): Source => Source.made.at(-1) as Source;

describe('dashboard/api/live', () => {
  let feed: LiveFeed;
  let told: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Source);
    Source.made = [];
    told = [];
    feed = new LiveFeed('/api/live', (then) => setTimeout(then, 16));
    feed.listen({ call: ({ id }) => told.push(id), gap: () => told.push('gap') });
    feed.open();
    source().opens();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('comes back after it was refused, and asks for what was missed when the new line is there, not before', () => {
    source().breaks(2);
    expect(feed.state).toBe('lost');
    for (let tries = 1; tries <= 3; tries += 1) {
      vi.advanceTimersByTime(3000);
      expect(Source.made).toHaveLength(tries + 1);
      expect(feed.state).toBe('lost');
      source().breaks(2);
    }
    vi.advanceTimersByTime(3000);
    expect(told).toEqual([]);
    source().opens();
    expect(feed.state).toBe('open');
    source().tells('call', { id: 'call_1' });
    expect(told).toEqual(['gap', 'call_1']);
  });

  it('asks for what was missed also when the reader opens it before it is tried again', () => {
    source().breaks(2);
    feed.open();
    source().opens();
    expect(told).toEqual(['gap']);
  });

  it('notes when a call ended, and tells which one the reader deleted', () => {
    expect(feed.endedAt).toBe(-Infinity);
    source().tells('call', { id: 'call_1' });
    expect(feed.endedAt).toBe(performance.now());
    feed.listen({ deleted: (id) => told.push(`no ${id}`) });
    feed.deleted('call_1');
    expect(told).toEqual(['call_1', 'no call_1']);
  });

  it('leaves a line that comes back by itself to the browser, and to the daemon to say what is missing', () => {
    source().breaks(0);
    expect(feed.state).toBe('lost');
    vi.advanceTimersByTime(10_000);
    source().opens();
    source().tells('call', { id: 'call_1' });
    source().tells('gap', {});
    expect(Source.made).toHaveLength(1);
    expect(told).toEqual(['call_1', 'gap']);
  });

  it('knows of calls under way what the line that is open says', () => {
    source().tells('started', { id: 'call_1', text: null });
    source().tells('progress', { id: 'call_1', text: 'so far' });
    vi.advanceTimersByTime(16);
    expect(feed.running.get('call_1')?.text).toBe('so far');
    source().breaks(0);
    source().opens();
    vi.advanceTimersByTime(16);
    expect(feed.running.size).toBe(0);
  });
});
