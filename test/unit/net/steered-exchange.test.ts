import { afterEach, describe, expect, it } from 'vitest';
import { DialledAgent } from '../../../src/net/upstream-agents.ts';
import { HeldBytes } from '../../../src/net/held-bytes.ts';
import { SteeredExchange } from '../../../src/net/steered-exchange.ts';
import { modesFor } from '../../support/steering.ts';

describe('net/steered-exchange', () => {
  const open: SteeredExchange[] = [];
  afterEach(() => {
    for (const exchange of open.splice(0)) exchange.over();
  });

  function callsTo(options: { max_calls: number }): () => SteeredExchange {
    const { steer } = modesFor({ mode: 'target', target_url: 'http://127.0.0.1:9', target: options });
    const { steering, targets } = steer;
    return () => {
      const exchange = new SteeredExchange({
        targets,
        held: new HeldBytes().open(),
        inner: null,
        tooLong: null,
        decide: (asked) => steering.decide('openai', asked),
        call: { method: 'POST', path: '/v1/chat/completions', headers: [], shape: null },
        copy: () => null,
        rows: { stays() {}, goes() {}, compared() {}, sent() {}, mark() {}, converted() {} },
        laneOf: () => ({
          agent: new DialledAgent(nobody, 'http', { host: '127.0.0.1', port: 9 }),
          connections: new Map(),
        }),
        wait: () => Promise.resolve(),
      });
      open.push(exchange);
      exchange.hold(Buffer.from('{"model":"gpt-5"}'));
      return exchange;
    };
  }

  it('gives back a place that it was given in the turn in which its client left', async () => {
    const call = callsTo({ max_calls: 1 });
    const [first, second, third] = [call(), call(), call()];
    await first.decide();
    const gone = Promise.resolve(second.decide()).catch((error: unknown) => error);
    // Both clients leave at once: the place passes to the second, which is over before it hears of it.
    first.over();
    second.over();
    expect(await gone).toMatchObject({ code: 'target_busy' });
    expect(await third.decide()).toMatchObject({ to: { host: '127.0.0.1', port: 9 } });
  });
});

const nobody = {
  connect: () => Promise.reject(new Error('dialled')),
  connectTls: () => Promise.reject(new Error('dialled')),
};
