import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../../../src/recorder/inbox.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An inbox whose clock goes on by `costs` milliseconds for each message. */
function anInbox(costs: number) {
  const handled: number[] = [];
  let now = 0;
  const inbox = new Inbox<number>(
    (message) => {
      handled.push(message);
      now += costs;
    },
    () => now,
  );
  return { inbox, handled };
}

describe('recorder/inbox', () => {
  it('handles nothing while messages are still being handed over', async () => {
    const { inbox, handled } = anInbox(0);
    inbox.push(1);
    inbox.push(2);
    expect(handled).toEqual([]);
    await turn();
    expect(handled).toEqual([1, 2]);
  });

  it('keeps the order over several turns, each as long as ten milliseconds', async () => {
    const { inbox, handled } = anInbox(4);
    for (let message = 1; message <= 7; message += 1) inbox.push(message);
    await turn();
    // The third begins at 8 ms; at 12 ms the turn is over.
    expect(handled).toEqual([1, 2, 3]);
    inbox.push(8);
    await turn();
    expect(handled).toEqual([1, 2, 3, 4, 5, 6]);
    await turn();
    expect(handled).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('handles one message a turn when each takes longer than a turn', async () => {
    const { inbox, handled } = anInbox(50);
    inbox.push(1);
    inbox.push(2);
    await turn();
    expect(handled).toEqual([1]);
    await turn();
    expect(handled).toEqual([1, 2]);
  });

  it('lets timers run between two turns', async () => {
    const { inbox, handled } = anInbox(50);
    for (let message = 0; message < 100_000; message += 1) inbox.push(message);
    const seen = await new Promise<number>((resolve) => setTimeout(() => resolve(handled.length), 1));
    expect(seen).toBeLessThan(100_000);
  });

  it('lets go of what it has handled, though more is waiting all the time', async () => {
    let now = 0;
    const inbox: Inbox<object> = new Inbox(
      () => {
        now += 4;
        inbox.push({});
      },
      () => now,
    );
    const first = new WeakRef<object>({});
    inbox.push(first.deref() ?? {});
    inbox.push({});
    // What a WeakRef gives lives on to the end of the turn.
    for (let turns = 0; turns < 3; turns += 1) await turn();
    collectGarbage();
    expect(first.deref()).toBeUndefined();
  });

  it('takes messages that come while one is handled, and starts anew when all were', async () => {
    const handled: string[] = [];
    const inbox: Inbox<string> = new Inbox(
      (message) => {
        handled.push(message);
        if (message === 'a') inbox.push('b');
      },
      () => 0,
    );
    inbox.push('a');
    await turn();
    expect(handled).toEqual(['a', 'b']);
    await turn();
    inbox.push('c');
    await turn();
    expect(handled).toEqual(['a', 'b', 'c']);
  });
});
