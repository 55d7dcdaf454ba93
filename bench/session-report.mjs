// node bench/agent-sessions.mjs [--seed 1] [--sessions 3] [--turns 200] [--db FILE]
// What such sessions take in the database, through the real recorder, and whether they come back.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../dist/core/clock.js';
import { Counters } from '../dist/core/counters.js';
import { maskBody } from '../dist/core/redact.js';
import { loadRegistry } from '../dist/providers/registry.js';
import { CleanSlices } from '../dist/recorder/clean-slices.js';
import { recordExchange } from '../dist/recorder/record-exchange.js';
import { seenCall } from '../dist/recorder/place-call.js';
import { SessionTracker } from '../dist/session/tracker.js';
import { createSinks } from '../dist/sinks/index.js';
import { bodyOf } from '../dist/store/blocks/read.js';
import { openDatabase } from '../dist/store/driver.js';
import { DEFAULT_LIMITS } from '../dist/usage/metered.js';
import { ExchangeMeter } from '../dist/usage/meter.js';
import { readFlags } from './flags.mjs';
import { agentSessions } from './agent-sessions.mjs';

const BAR = 0.03;
const clean = new CleanSlices();
const NOTHING = { onLoaded() {}, session: () => null, callOfResponse: () => null };
let ids = 0;
const sessions = new SessionTracker({ store: NOTHING, newId: () => `ses_${(ids += 1)}` });
const CHUNK = 64 * 1024;
const silent = { child: () => silent, debug() {}, info() {}, warn() {}, error() {} };

export async function reportSessions() {
  const values = readFlags(import.meta.url, {
    options: {
      seed: { type: 'string' },
      sessions: { type: 'string' },
      turns: { type: 'string' },
      db: { type: 'string' },
    },
  });
  const options = {
    seed: Number(values.seed ?? 1),
    sessions: Number(values.sessions ?? 3),
    turns: Number(values.turns ?? 200),
  };
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-sessions-'));
  const path = values.db ?? join(folder, 'llm-proxy.db');
  try {
    const stored = await storeAll(path, options);
    print(path, stored);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function storeAll(path, options) {
  const directory = await loadRegistry();
  const deps = { counters: new Counters(), log: silent, clock: systemClock };
  const sinks = createSinks({ console: null, logFiles: null, sessionLog: null, sqlite: { path } }, deps);
  const sink = sinks.all.find(({ name }) => name === 'sqlite');
  await sink.open();
  const sums = [];
  const costs = { record: 0, store: 0 };
  let [raw, answers, calls] = [0, 0, 0];
  for (const call of agentSessions(options)) {
    calls += 1;
    raw += call.request.length;
    answers += call.response.length;
    let before = process.cpuUsage();
    const captures = await captured(call, calls, directory);
    costs.record += micros(before);
    before = process.cpuUsage();
    for (const capture of captures) sink.write(capture);
    if (calls % 8 === 0) await sink.flush();
    costs.store += micros(before);
    sums.push([captures[0].record.id, sumOf(call.request), sumOf(call.response)]);
  }
  await sink.flush();
  await sink.close();
  return { raw, answers, calls, sums, costs };
}

const micros = (before) => {
  const { user, system } = process.cpuUsage(before);
  return user + system;
};

const sumOf = (bytes) => createHash('sha256').update(maskBody(bytes.toString())).digest('hex');

async function captured(call, number, directory) {
  const { host, provider } = call;
  const meter = new ExchangeMeter({ directory, host, port: 443, provider, limits: DEFAULT_LIMITS });
  meter.requestHead(call.requestHead);
  for (let at = 0; at < call.request.length; at += CHUNK) meter.requestBody(call.request.subarray(at, at + CHUNK));
  meter.responseHead(call.responseHead, 300);
  let at = 400;
  for (let from = 0; from < call.response.length; from += 400) {
    meter.responseBody(call.response.subarray(from, from + 400), (at += 37));
  }
  const metered = await meter.end('complete', at);
  const facts = {
    connection: { connection: 1, scheme: 'https', host, port: 443, provider, runId: null, clientAddress: null },
    wall: Date.UTC(2026, 10, 21) + number * 1000,
    openedAt: 0,
    responseHeadAt: 300,
    endedAt: at,
    requestBytes: call.request.length,
    responseBytes: call.response.length,
    dropped: 0,
  };
  const end = { outcome: 'complete', error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0 };
  return recordExchange(
    { facts, end, metered },
    {
      price: () => ({ nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] }),
      newId: () => `call_${String(number).padStart(8, '0')}`,
      rereads: { countsFirst: () => true, submit() {}, settle: () => null },
      isDuplicate: () => false,
      estimator: null,
      keepsBodies: () => true,
      clean,
      place: (found) => sessions.place(seenCall(found)),
    },
  );
}

const mega = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const line = (name, value) => process.stdout.write(`${name.padEnd(34)}${value}\n`);

function print(path, { raw, answers, calls, sums, costs }) {
  const database = openDatabase(path);
  database.exec('VACUUM');
  const tables = database
    .prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC')
    .all();
  const total = tables.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  const broken = sums.filter(([id, request, response]) => {
    const seq = Number(database.prepare('SELECT seq FROM llm_calls WHERE id = ?').get(id).seq);
    return bodyOf(database, seq, 'request')?.sha !== request || bodyOf(database, seq, 'response')?.sha !== response;
  });
  line(
    'calls',
    `${calls}, ${mega(raw)} of requests (${Math.round(raw / calls / 1000)} kB each), ${mega(answers)} of answers`,
  );
  for (const { name, bytes } of tables.slice(0, 12)) line(`  ${name}`, mega(Number(bytes)));
  const ratio = total / raw;
  line('database, of the raw requests', `${mega(total)}, ${(ratio * 100).toFixed(2)} %  (bar ${BAR * 100} %)`);
  line('meter, mask, cut; a call', `${(costs.record / calls / 1000).toFixed(2)} ms`);
  line('store; a call', `${(costs.store / calls / 1000).toFixed(2)} ms`);
  line('rebuilt byte for byte', `${sums.length - broken.length} of ${sums.length}`);
  database.close();
  if (ratio > BAR || broken.length > 0) process.exitCode = 1;
}
