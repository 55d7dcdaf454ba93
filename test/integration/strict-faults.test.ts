import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/driver.ts';
import type { Daemon } from '../support/daemon.ts';
import { KillRig } from '../support/kill-rig.ts';

describe('durability = "strict" with a store that fails', () => {
  const rig = new KillRig('strict');
  let daemon: Daemon;
  beforeAll(async () => {
    await rig.open();
    daemon = await rig.start();
  });
  afterAll(async () => {
    await daemon.stop();
    await rig.close();
  });

  async function released(): Promise<number> {
    const text = await (await daemon.get('/metrics')).text();
    const lines = text.split('\n').filter((line) => line.startsWith('llm_proxy_durability_released_total'));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  it('waits for a database that another program holds, 250 ms and no longer, and stores the call afterwards', async () => {
    await rig.callsInARow(daemon, 1);
    const before = await released();
    const other = openDatabase(join(rig.home, 'data', 'llm-proxy.db'));
    other.exec('BEGIN IMMEDIATE');
    const [locked] = await rig.callsInARow(daemon, 1);
    other.exec('ROLLBACK');
    other.close();
    expect(locked?.wholeAt).not.toBeNull();
    // The end comes that long after the rest; a busy machine may make it longer.
    expect(locked?.endTook).toBeGreaterThan(200);
    await expect.poll(() => daemon.output()).toContain('answers end before their calls are on record');
    // The net thread tells its counters once a second.
    await expect.poll(released).toBeGreaterThan(before);
    await expect.poll(() => rig.rows().has(locked?.id ?? '')).toBe(true);
  });

  it('is on record when its client has it, once the database is free again', async () => {
    for (const call of await rig.callsInARow(daemon, 20)) {
      expect(call.wholeAt).not.toBeNull();
      if (call.endTook < 200) expect(rig.rows().has(call.id)).toBe(true);
    }
  });
});
