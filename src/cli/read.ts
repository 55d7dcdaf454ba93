/** `status`, `stop`, `stats`, `calls`, `show`: they ask the running daemon, or read the store when none runs. */
import { setTimeout as delay } from 'node:timers/promises';
import pc from 'picocolors';
import { type CallQuery, Calls, type Page } from '../admin/calls.ts';
import type { CallRecord } from '../core/capture.ts';
import { AppError } from '../core/errors.ts';
import type { Stats, Totals } from '../core/ports.ts';
import { isAlive } from '../core/is-alive.ts';
import { escapeLine, escapeText } from '../sinks/escape.ts';
import { formatStatus, localDay, localTime, modelOf } from '../sinks/figures.ts';
import { openDatabase } from '../store/driver.ts';
import { loadTotals, statsOf } from '../store/queries.ts';
import { type DaemonInfo, findDaemon } from './daemon-files.ts';
import { answeringDaemon, databaseOf } from './home-config.ts';
import {
  callCost,
  callDuration,
  callTokens,
  count,
  counted,
  estimatedSums,
  leastCost,
  tokenSum,
  totalCost,
} from './figures.ts';
import { print, printJson } from './print.ts';
import { askDaemon, askText, isAnswering } from './run-api.ts';
import { type Column, fits, formatTable } from './table.ts';
import { lossesOf, troublesOf } from './troubles.ts';

export interface ReadArguments {
  /** `--home`; null = wherever a daemon runs, else the default home. */
  home: string | null;
  json: boolean;
}

/** Exit codes beside 0 and 1 (docs/cli.md). */
const NOT_RUNNING = 3;
export const NOT_FOUND = 4;
export const ANSWER_MS = 10_000;
/** Live calls get 30 s. */
const STOP_MS = 40_000;
/** Whoever waits longer wants to know for what. */
const SAY_MS = 3000;
/** Of `calls`. */
const DEFAULT_LIMIT = 50;

export async function statusMain({ home, json }: ReadArguments): Promise<number> {
  const daemon = await answeringDaemon(home, 2000);
  if (daemon === null) {
    if (json) printJson({ running: false });
    else print('llm-proxy is not running; llm-proxy start, or llm-proxy run -- <your program>');
    return NOT_RUNNING;
  }
  const health = (await askDaemon(daemon, 'GET', '/health', null, ANSWER_MS)) as Record<string, unknown>;
  if (json) printJson({ running: true, ...daemon, health });
  else {
    print(
      `llm-proxy ${daemon.version} is running (pid ${daemon.pid}, ${String(health['status'])}), ${String(health['connections'])} connections, ${String(health['in_flight'])} calls in flight`,
    );
    for (const [name, value] of [
      ['proxy', daemon.proxy_url],
      ['admin', daemon.admin_url],
      ['home', daemon.home],
      ['logs', daemon.log_dir],
      ['CA', daemon.ca_file],
    ] as const)
      if (value !== undefined) print(`  ${name.padEnd(6)} ${value}`);
    for (const { name, state, error } of troublesOf(health))
      print(`  ${name.padEnd(6)} ${state}: ${escapeLine(error ?? '')}`);
    for (const { name, dropped } of lossesOf(health))
      print(`  ${name.padEnd(6)} lacks ${counted(dropped, 'call')} since this daemon started; totals have them`);
  }
  return 0;
}

export async function stopMain({ home, json }: ReadArguments): Promise<number> {
  const daemon = await answeringDaemon(home, 2000);
  if (daemon === null) {
    if (json) printJson({ stopped: false });
    else print('llm-proxy is not running');
    return NOT_RUNNING;
  }
  await askDaemon(daemon, 'POST', '/api/stop', {}, ANSWER_MS);
  const began = Date.now();
  let isSaid = false;
  while (Date.now() - began < STOP_MS) {
    if (!isAlive(daemon.pid)) {
      if (json) printJson({ stopped: true, pid: daemon.pid });
      else print(`llm-proxy (pid ${daemon.pid}) has stopped`);
      return 0;
    }
    if (!isSaid && Date.now() - began > SAY_MS) {
      isSaid = true;
      process.stderr.write(`llm-proxy: still stopping; live calls get 30 s, kill ${daemon.pid} ends them now\n`);
    }
    await delay(50);
  }
  throw new AppError('not_running', `pid ${daemon.pid} is still ending its last calls; kill it to cut them`);
}

export async function statsMain({ home, json }: ReadArguments): Promise<number> {
  const daemon = await running(home);
  const stats =
    daemon === null ? storedStats(home) : ((await askDaemon(daemon, 'GET', '/api/stats', null, ANSWER_MS)) as Stats);
  if (json) {
    printJson(stats);
    return 0;
  }
  if (Object.keys(stats.by_model).length === 0) {
    print('No calls yet. llm-proxy run -- <your program>');
    return 0;
  }
  const { total_requests: requests, by_provider: _, by_model: models, since, ...rest } = stats;
  const rows = [
    ...Object.entries(models).toSorted(([, one], [, other]) => other.cost_usd - one.cost_usd),
    ['total', { requests, ...rest }] as const,
  ];
  const beside =
    stats.estimated.calls > 0 &&
    fits(
      ESTIMATED_TOO.filter(({ spare }) => spare === undefined),
      rows,
      room(),
    );
  print(formatTable(beside ? ESTIMATED_TOO : TOTALS, rows, colours(), room()));
  if (stats.estimated.calls > 0 && !beside) print(dim(`estimated, not in these: ${estimatedSums(stats)}`));
  if (since !== null) print(dim(`since ${timeOf(since)}`));
  return 0;
}

const TOTALS: readonly Column<readonly [string, Totals]>[] = [
  { title: 'model', align: 'left', max: 50, least: 20, value: ([name]) => name },
  { title: 'calls', align: 'right', value: ([, totals]) => count(totals.requests) },
  { title: 'errors', align: 'right', value: ([, totals]) => (totals.errors === 0 ? '' : count(totals.errors)) },
  { title: 'input', align: 'right', value: ([, totals]) => tokenSum(totals.input_tokens, totals) },
  { title: 'cached', align: 'right', spare: 2, value: ([, totals]) => tokenSum(totals.cache_read_tokens, totals) },
  { title: 'output', align: 'right', value: ([, totals]) => tokenSum(totals.output_tokens, totals) },
  { title: 'tools', align: 'right', spare: 1, value: ([, totals]) => count(totals.tool_calls) },
  { title: 'cost', align: 'right', value: ([, totals]) => totalCost(totals), short: ([, totals]) => leastCost(totals) },
];
const ESTIMATED_TOO: typeof TOTALS = [
  ...TOTALS,
  { title: 'estimated, not in these', align: 'left', value: estimatedOf },
];

export async function callsMain({ home, json, ...query }: ReadArguments & CallQuery): Promise<number> {
  const page = await callsOf(home, query);
  if (json) {
    printJson(page);
    return 0;
  }
  if (page.calls.length === 0) {
    print('No calls.');
    return 0;
  }
  print(
    formatTable<CallRecord>(
      [
        {
          title: 'time',
          align: 'left',
          value: (call) => timeOf(call.started_at),
          short: (call) => shortTimeOf(call.started_at),
        },
        { title: 'id', align: 'left', value: (call) => shortId(call.id) },
        { title: 'provider', align: 'left', spare: 2, value: (call) => call.provider },
        {
          title: 'model',
          align: 'left',
          max: 36,
          least: 14,
          value: (call) => `${modelOf(call)}${call.leg === 'shadow' ? ' (copy)' : ''}`,
        },
        { title: 'status', align: 'right', least: 8, value: statusOf },
        { title: 'in', align: 'right', value: (call) => callTokens(call, call.usage.input_tokens) },
        {
          title: 'cached',
          align: 'right',
          spare: 3,
          value: (call) =>
            call.usage.cache_read_tokens === null ? '' : callTokens(call, call.usage.cache_read_tokens),
        },
        { title: 'out', align: 'right', value: (call) => callTokens(call, call.usage.output_tokens) },
        { title: 'cost', align: 'right', value: callCost },
        { title: 'ttft', align: 'right', spare: 4, value: (call) => callDuration(call.ttft_ms) },
        { title: 'took', align: 'right', spare: 1, value: (call) => callDuration(call.duration_ms) },
      ],
      page.calls,
      colours(),
      room(),
    ),
  );
  if (page.partial) print(dim('Not all calls could be looked at in time.'));
  if (page.next_cursor !== null) print(dim(`more: --cursor ${page.next_cursor}`));
  return 0;
}

export async function showMain({ home, json, id }: ReadArguments & { id: string }): Promise<number> {
  const { record, section } = await findCall(home, id);
  if (record === null || record === 'ambiguous') {
    process.stderr.write(`llm-proxy: ${noOneCall(id, record)}\n`);
    return NOT_FOUND;
  }
  if (json || section === null) printJson(record);
  else print(escapeText(section));
  if (!json && section === null) process.stderr.write('llm-proxy: its log file is gone; this is its record\n');
  return 0;
}

/** @param found what there is instead of one call */
export function noOneCall(id: string, found: 'ambiguous' | null): string {
  const which = escapeLine(id);
  return found === null
    ? `no call begins with ${which}; llm-proxy calls lists them`
    : `several calls begin with ${which}: give more of the id; llm-proxy calls lists them`;
}

async function findCall(
  home: string | null,
  id: string,
): Promise<{ record: CallRecord | 'ambiguous' | null; section: string | null }> {
  const daemon = await running(home);
  if (daemon === null)
    return withCalls(databaseOf(home), (store) => ({ record: store.get(id), section: store.section(id) }));
  const path = `/api/calls/${encodeURIComponent(id)}`;
  const answer = (await askDaemon(daemon, 'GET', path, null, ANSWER_MS, [404, 409])) as CallRecord | Refused;
  if ('id' in answer) return { record: answer, section: await askText(daemon, `${path}/log`, ANSWER_MS) };
  return { record: answer.error.type === 'ambiguous' ? 'ambiguous' : null, section: null };
}

/** What one answer had no time for is asked for with the next: who waits at a terminal has the patience of a page. */
async function callsOf(home: string | null, query: CallQuery): Promise<Page> {
  const limit = Number(query.limit ?? DEFAULT_LIMIT);
  const until = Date.now() + ANSWER_MS;
  const page = await pageOf(home, query);
  while (page.partial && page.next_cursor !== null && page.calls.length < limit && Date.now() < until) {
    const rest = String(limit - page.calls.length);
    const next = await pageOf(home, { ...query, limit: rest, cursor: page.next_cursor });
    page.calls.push(...next.calls);
    page.next_cursor = next.next_cursor;
    page.partial = next.partial;
  }
  return page;
}

async function pageOf(home: string | null, query: CallQuery): Promise<Page> {
  return accepted(await askOrRead(home, '/api/calls', query, (db) => withCalls(db, (calls) => calls.list(query))));
}

export interface Refused {
  error: { type: string; message: string };
}

export interface AskOptions {
  /** Statuses whose answers are `Refused`, beside 200. */
  accept?: readonly number[];
  timeoutMs?: number;
}

/** An answer of the daemon that runs, else one from the store by the same code. @param read is given the database file */
export async function askOrRead<T>(
  home: string | null,
  path: string,
  query: object,
  read: (db: string) => T,
  { accept = [400], timeoutMs = ANSWER_MS }: AskOptions = {},
): Promise<T | Refused> {
  const daemon = await running(home);
  if (daemon === null) return read(databaseOf(home));
  const given = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const target = `${path}?${new URLSearchParams(given).toString()}`;
  return (await askDaemon(daemon, 'GET', target, null, timeoutMs, accept)) as T | Refused;
}

/** @throws AppError `config_invalid` with what the daemon said of the question */
export function accepted<T extends object>(answer: T | Refused): T {
  if ('error' in answer) throw new AppError('config_invalid', answer.error.message);
  return answer;
}

/** The stored calls, for as long as one question takes. */
export function withCalls<T>(db: string, ask: (calls: Calls) => T): T {
  const calls = new Calls(db);
  try {
    return ask(calls);
  } finally {
    calls.close();
  }
}

function storedStats(home: string | null): Stats {
  const database = openDatabase(databaseOf(home), { readOnly: true });
  try {
    const { models, since } = loadTotals(database);
    return statsOf(models, since);
  } finally {
    database.close();
  }
}

export async function running(home: string | null): Promise<DaemonInfo | null> {
  const daemon = findDaemon(home, process.env, process.cwd());
  return daemon !== null && (await isAnswering(daemon, 2000)) ? daemon : null;
}

function estimatedOf([, totals]: readonly [string, Totals]): string {
  return estimatedSums(totals);
}

function statusOf(call: CallRecord): string {
  const status = formatStatus(call);
  return call.error === null || status.includes(' ') ? status : `${status} ${call.error.type}`;
}

/** Time and 16 random bits: whatever takes an id takes its beginning. */
export function shortId(id: string): string {
  return id.replace(/^(?:ses|call)_/, '').slice(0, 16);
}

export function timeOf(iso: string): string {
  const wall = Date.parse(iso);
  return `${localDay(wall)} ${localTime(wall)}`;
}

/** In a narrow terminal: which day and minute. */
export function shortTimeOf(iso: string): string {
  return timeOf(iso).slice('2026-'.length, -':00'.length);
}

/** Characters of a line, where the output goes to a terminal. */
export function room(): number {
  return process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : Infinity;
}

export function colours(): boolean {
  return process.stdout.isTTY && pc.isColorSupported;
}

export function dim(text: string): string {
  return colours() ? pc.dim(text) : text;
}
