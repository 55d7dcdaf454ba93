import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { connectRpc, serveRpc } from '../../../src/core/rpc.ts';

interface Service {
  add(one: number, two: number): number;
  fail(): void;
  hang(): Promise<void>;
}

function connected(timeoutMs?: number): { remote: ReturnType<typeof connectRpc<Service>>; end: () => void } {
  const { port1, port2 } = new MessageChannel();
  serveRpc<Service>(port1, {
    add: (one, two) => one + two,
    fail: () => {
      throw new Error('no');
    },
    hang: () => new Promise(() => {}),
  });
  return { remote: connectRpc<Service>(port2, timeoutMs), end: () => port1.close() };
}

describe('core/rpc', () => {
  it('answers, and tells errors by their message', async () => {
    const { remote, end } = connected();
    expect(await remote.add(1, 2)).toBe(3);
    await expect(remote.fail()).rejects.toThrow('no');
    end();
  });

  it('rejects at once what is waiting when the other side ends', async () => {
    const { remote, end } = connected();
    const answer = remote.hang();
    end();
    await expect(answer).rejects.toThrow('has ended');
  });

  it('rejects what is never answered', async () => {
    const { remote, end } = connected(20);
    await expect(remote.hang()).rejects.toThrow('no answer to hang within 20 ms');
    end();
  });
});
