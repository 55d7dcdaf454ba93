import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { Counters } from '../../../src/core/counters.ts';
import { BodyModel } from '../../../src/gateway/body-model.ts';
import type { Destination } from '../../../src/gateway/steering.ts';
import { TargetHealth } from '../../../src/gateway/target-health.ts';
import { targetOf } from '../../../src/gateway/targets.ts';
import { Shadows } from '../../../src/net/shadows.ts';
import type { NetDeps } from '../../../src/net/types.ts';
import { TARGET_DEFAULTS } from '../../support/steering.ts';

const MB = 1024 * 1024;
const TO: Destination = {
  target: targetOf('http://127.0.0.1:9', TARGET_DEFAULTS, 'url'),
  model: null,
  parameters: {},
};

/** Copies that are never sent: the modes are closed in the turn in which they are started. */
function copiesOf(maxCopies: number) {
  const counters = new Counters();
  const health = new TargetHealth({ maxCalls: 0, maxCopies });
  const shadows = new Shadows({ counters, clock: systemClock } as unknown as NetDeps, {
    healthOf: () => health,
    now: 0,
    providerOf: () => null,
    request: ({ chunks, path }) => {
      return { path, headers: [], body: chunks, model: null, converted: null, sentTo: '', sentModel: null };
    },
  });
  const start = (bytes: number): string | null => {
    const sent = { method: 'POST', path: '/v1/messages', headers: [], shape: null, body: new BodyModel() };
    const whose = { runId: null, clientAddress: null, told: [] };
    return shadows.start({ ...sent, ...whose, chunks: [Buffer.alloc(bytes)] }, 'mode', TO);
  };
  const busy = (): number => counters.get('comparison_copies', 'result="busy"');
  return { shadows, health, start, busy };
}

describe('net/shadows', () => {
  it('makes no copy beyond what requests of copies may hold together, and leaves the place to a smaller one', () => {
    const { shadows, health, start, busy } = copiesOf(3);
    expect([start(40 * MB), start(30 * MB), start(20 * MB)]).toEqual([
      expect.stringMatching(/^cmp_/),
      null,
      expect.stringMatching(/^cmp_/),
    ]);
    expect(busy()).toBe(1);
    expect(health.takeCopy()).not.toBeNull();
    shadows.close();
  });

  it('gives all of it back for what was not sent any more', async () => {
    const { shadows, health, start } = copiesOf(1);
    start(40 * MB);
    expect(health.takeCopy()).toBeNull();
    shadows.close();
    await expect.poll(() => health.takeCopy(), { interval: 1 }).not.toBeNull();
  });
});
