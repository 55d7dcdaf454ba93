import type { Hono } from 'hono';
import { type AdminDeps, createAdminApp } from '../../src/admin/server.ts';
import { Calls } from '../../src/admin/calls.ts';
import type { House } from '../../src/admin/house-routes.ts';
import { Live } from '../../src/admin/live.ts';
import { emptyPurge } from '../../src/core/purge.ts';
import type { CallRecord } from '../../src/core/capture.ts';
import type { PolicyAnswer } from '../../src/core/ports.ts';
import { emptyTally, toTotals } from '../../src/core/totals.ts';

export const TOKEN = 'a-token-of-thirty-two-characters';
export const BEARER = { authorization: `Bearer ${TOKEN}`, host: 'localhost:8081' };

import { loadRegistry } from '../../src/providers/registry.ts';

/** The admin app over things that do nothing; what a test is about it gives. */
export function anAdminApp(given: Partial<AdminDeps> = {}): Hono {
  return createAdminApp({ ...idleDeps(), ...given });
}

export function idleDeps(): AdminDeps {
  const calls = new Calls('/nowhere/calls.db');
  return {
    access: { token: TOKEN, host: '127.0.0.1', allowedHosts: [] },
    version: '1.2.3',
    clock: { wall: () => 1_795_260_000_000, now: () => 0 },
    house: aHouse(),
    dashboard: { get: () => null },
    caFile: '/nowhere/ca.pem',
    calls,
    directory: () => loadRegistry({}),
    live: new Live(() => {}),
    bedrockRegion: null,
    tracing: { enabled: true },
    search: { find: () => ({ hits: [], next_cursor: null, behind: 0, partial: false, ignored: [] }) } as never,
    indexing: { health: { state: 'current' }, metrics: () => '' } as never,
    recorder: () => idleRecorder,
    net: {
      mode: () => Promise.resolve({ state: { mode: 'passthrough', target_url: null, model: null, guarded: false } }),
      openRun: (pid) => Promise.resolve({ run_id: `run_${pid}`, proxy_url: 'http://127.0.0.1:9', local_servers: [] }),
      closeRun: () => Promise.resolve(0),
      explain: (url) => Promise.resolve(aVerdict({ path: new URL(url).pathname })),
      setup: () =>
        Promise.resolve({
          proxy_url: 'http://127.0.0.1:8080',
          ca_file: '/ca.pem',
          bundle_file: '/b.pem',
          tls_troubles: [],
        }),
      status: () => Promise.resolve({ connections: 0, in_flight: 0, uptime_ms: 5 }),
      stop: () => Promise.resolve(),
    },
    send: () => Promise.reject(new Error('not to be sent')),
  };
}

export const UNPRICED: CallRecord['cost'] = { source: null, price_date: null, confidence: 'unpriced', lines: [] };

export const idleRecorder: ReturnType<AdminDeps['recorder']> = {
  stats: () =>
    Promise.resolve({ ...toTotals(emptyTally()), total_requests: 7, by_provider: {}, by_model: {}, since: null }),
  metrics: () => Promise.resolve('llm_proxy_calls_total 7\n'),
  runSummary: (id) => Promise.resolve({ run_id: id, totals: toTotals(emptyTally()), by_model: {} }),
  health: () => Promise.resolve({ live: 0, sinks: [] }),
  running: () => Promise.resolve([]),
  prices: () => Promise.resolve([]),
  costOf: () => Promise.resolve({ cost_usd: null, cost: UNPRICED }),
  flush: () => Promise.resolve(),
  tracing: (enabled = true) => Promise.resolve(enabled),
  reprice: () => Promise.resolve({ models: [], next_cursor: null }),
  import: (lines, dryRun) =>
    Promise.resolve({ added: lines.split('\n').length, existing: Number(dryRun), strange: 0, failed: [] }),
  prune: () => Promise.resolve({ records: 0, bodies: 0, done: true, space: { used: 0, free: 0, wal: 0 } }),
  purge: () => Promise.resolve(emptyPurge()),
  pin: () => Promise.resolve('unknown'),
};

export function aVerdict(over: Partial<PolicyAnswer> = {}): PolicyAnswer {
  return {
    scheme: 'https',
    host: 'api.anthropic.com',
    port: 443,
    path: '/v1/messages',
    verdict: 'intercept',
    reason: null,
    message: 'it is decrypted, metered and recorded',
    provider: 'anthropic',
    ...over,
  };
}

export function aHouse(over: Partial<House> = {}): House {
  const retention = {
    bodiesMaxAgeDays: 90,
    bodiesMaxTotalBytes: 0,
    recordsMaxAgeDays: 0,
    recordsMaxTotalBytes: 0,
  };
  return {
    settings: [],
    db: '/nowhere/calls.db',
    logDir: '/nowhere/logs',
    life: { retention, sessionFolder: '/nowhere/logs/sessions' },
    ...over,
  };
}
