/** A folder, a clock that stands still, and counters, for tests of sinks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { Counters } from '../../src/core/counters.ts';
import type { Sink } from '../../src/core/sink.ts';
import type { SinkDeps } from '../../src/sinks/losses.ts';

/** Local noon: names of files do not depend on the zone of the machine. */
export const NOON = new Date(2026, 10, 21, 12, 0, 0).getTime();

export interface SinkHouse {
  folder: string;
  logs: string;
  database: string;
  /** Milliseconds since the epoch; a test moves it. */
  now: number;
  counters: Counters;
  warnings: object[];
  deps(): SinkDeps;
  /** Opens a sink, and closes it after the test. */
  opened<T extends Sink>(sink: T): Promise<T>;
  closeAll(): Promise<void>;
  dropped(sink: string): number;
}

/** Call it once at the top of a test file. */
export function useSinkHouse(): SinkHouse {
  const open: Sink[] = [];
  const house: SinkHouse = {
    folder: '',
    logs: '',
    database: '',
    now: NOON,
    counters: new Counters(),
    warnings: [],
    deps: () => ({
      counters: house.counters,
      clock: { now: () => house.now - NOON, wall: () => house.now },
      log: { debug() {}, info() {}, warn: (fields) => void house.warnings.push(fields), error() {} },
    }),
    async opened(sink) {
      await sink.open();
      open.push(sink);
      return sink;
    },
    async closeAll() {
      for (const sink of open.splice(0)) await sink.close();
    },
    dropped: (sink) =>
      Object.entries(house.counters.snapshot())
        .filter(([key]) => key.startsWith('dropped{') && key.includes(`sink="${sink}"`))
        .reduce((sum, [, value]) => sum + value, 0),
  };
  beforeEach(() => {
    house.folder = mkdtempSync(join(tmpdir(), 'llm-proxy-sinks-'));
    house.logs = join(house.folder, 'logs');
    house.database = join(house.folder, 'data', 'llm-proxy.db');
    house.now = NOON;
    house.counters = new Counters();
    house.warnings = [];
  });
  afterEach(async () => {
    await house.closeAll();
    rmSync(house.folder, { recursive: true, force: true });
  });
  return house;
}
