/** `prune`, `purge`, `pin`: by the daemon; without one in the files themselves, by the same rules. */
import { AppError } from '../core/errors.ts';
import type { PruneSlice, PurgeSlice } from '../core/ports.ts';
import { emptyPurge } from '../core/purge.ts';
import type { Pin } from '../store/pins.ts';
import { escapeLine } from '../sinks/escape.ts';
import { count, counted } from './figures.ts';
import { type Desk, openDesk } from './life-desk.ts';
import { print, printJson } from './print.ts';
import { timeOf } from './read.ts';
import { type Column, formatTable } from './table.ts';

const NOT_FOUND = 4;

export interface PruneArguments {
  home: string | null;
  json: boolean;
  olderThan: string | undefined;
  size: string | undefined;
  bodiesOnly: boolean;
  dryRun: boolean;
  vacuum: boolean;
}

interface Pruned {
  records: number;
  bodies: number;
  /** Absent where nothing was changed. */
  space: PruneSlice['space'] | null;
}

export async function pruneMain(given: PruneArguments): Promise<number> {
  checkPrune(given);
  const desk = await openDesk(given.home);
  try {
    if (given.vacuum && desk.rebuild === null)
      throw new AppError('already_running', 'prune --vacuum writes the file anew: llm-proxy stop first');
    const sum = await pruneAll(desk, given);
    const rebuilt = given.vacuum && !given.dryRun ? (desk.rebuild?.() ?? null) : null;
    if (given.json) printJson({ dry_run: given.dryRun, ...sum, ...(rebuilt === null ? {} : { space: rebuilt }) });
    else printPruned(sum.records, sum.bodies, rebuilt ?? sum.space, given);
    return 0;
  } finally {
    desk.close();
  }
}

/** In the words of the command line; the daemon has its own. */
function checkPrune({ dryRun, bodiesOnly, olderThan, size }: PruneArguments): void {
  const flag = dryRun ? '--dry-run' : bodiesOnly ? '--bodies-only' : null;
  if (flag !== null && olderThan === undefined && size === undefined)
    throw new AppError('config_invalid', `prune ${flag} needs --older-than or --size`);
}

async function pruneAll(desk: Desk, given: PruneArguments): Promise<Pruned> {
  const { olderThan, size, bodiesOnly, dryRun } = given;
  const question = { older_than: olderThan, size, bodies_only: bodiesOnly, dry_run: dryRun };
  const sum: Pruned = { records: 0, bodies: 0, space: null };
  for (;;) {
    const slice = (await desk.ask('POST', '/api/prune', question)) as Pruned & Pick<PruneSlice, 'done'>;
    sum.records += slice.records;
    sum.bodies += slice.bodies;
    sum.space = slice.space ?? null;
    if (slice.done) return sum;
  }
}

function printPruned(records: number, bodies: number, space: PruneSlice['space'] | null, given: PruneArguments): void {
  const words = given.dryRun ? 'would be deleted' : 'deleted';
  print(`${counted(records, 'call')} ${words}${bodies > 0 ? `, and the bodies of ${count(bodies)} more` : ''}.`);
  if (given.dryRun && given.size !== undefined) print('What --size takes is known only when it is taken.');
  if (space !== null)
    print(`The database holds ${megabytes(space.used)}; ${megabytes(space.free)} of its file are free.`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export interface PurgeArguments {
  home: string | null;
  json: boolean;
  yes: boolean;
  target: Readonly<Record<string, string | undefined>>;
}

interface Doomed {
  calls: number;
  since: string | null;
  until: string | null;
}

export async function purgeMain({ home, json, yes, target }: PurgeArguments): Promise<number> {
  if (Object.values(target).filter((id) => id !== undefined).length !== 1)
    throw new AppError('config_invalid', 'purge needs one of --session, --customer, --run and --call');
  const desk = await openDesk(home);
  try {
    const doomed = (await desk.ask('POST', '/api/purge', { ...target, dry_run: true })) as Doomed;
    if (!yes) {
      if (json) printJson({ purged: false, ...doomed });
      else if (doomed.calls === 0) print('No call of it is stored: there is nothing to delete.');
      else
        print(
          `${spanOf(doomed)} would be deleted, with all that came from ${doomed.calls === 1 ? 'it' : 'them'}. Nothing was: --yes does it.`,
        );
      return 0;
    }
    const { next_cursor: _, ...sum } = await purgeAll(desk, target);
    if (json) printJson({ purged: true, ...sum });
    else printPurged(sum);
    return sum.left.length === 0 ? 0 : 1;
  } finally {
    desk.close();
  }
}

async function purgeAll(desk: Desk, target: PurgeArguments['target']): Promise<PurgeSlice> {
  const sum = emptyPurge();
  for (let cursor: string | null = null; ;) {
    const slice = (await desk.ask('POST', '/api/purge', { ...target, cursor })) as PurgeSlice;
    for (const field of ['calls', 'log_sections', 'log_sections_missing', 'session_entries', 'backups'] as const)
      sum[field] += slice[field];
    sum.left.push(...slice.left);
    cursor = slice.next_cursor;
    if (cursor === null) return sum;
  }
}

function printPurged(sum: Omit<PurgeSlice, 'next_cursor'>): void {
  print(
    `${counted(sum.calls, 'call')} deleted; ${counted(sum.log_sections, 'section')} of log files and ${counted(sum.session_entries, 'entry|entries')} of session files overwritten.`,
  );
  if (sum.log_sections_missing > 0)
    print(
      `${counted(sum.log_sections_missing, 'section is|sections are')} not where written: log files that were moved or compressed are yours to delete.`,
    );
  if (sum.backups > 0) print(`${counted(sum.backups, 'backup')} of the database deleted, which held them as well.`);
  for (const words of new Set(sum.left)) print(escapeLine(`Left: ${words}`));
}

function spanOf({ calls, since, until }: Doomed): string {
  const from = since === null ? null : timeOf(since);
  const to = until === null ? null : timeOf(until);
  const span = from === to || to === null ? from : `${from} to ${to}`;
  return `${counted(calls, 'call')}${span === null ? '' : ` (${span})`}`;
}

export async function pinMain(home: string | null, id: string, on: boolean, json: boolean): Promise<number> {
  const desk = await openDesk(home);
  try {
    for (const [kind, path] of [
      ['call', 'calls'],
      ['session', 'sessions'],
    ] as const) {
      const answer = await desk.find(on ? 'PUT' : 'DELETE', `/api/${path}/${encodeURIComponent(id)}/pin`);
      if (answer === null || (!on && answer['changed'] !== true)) continue;
      if (json) printJson(answer);
      else print(escapeLine(`${kind} ${String(answer['id'])} is ${on ? 'pinned' : 'not pinned any more'}.`));
      return 0;
    }
    process.stderr.write(`llm-proxy: no call and no session ${on ? 'is called' : 'is pinned as'} ${escapeLine(id)}\n`);
    return NOT_FOUND;
  } finally {
    desk.close();
  }
}

const COLUMNS: readonly Column<Pin>[] = [
  { title: 'kind', align: 'left', value: ({ kind }) => kind },
  { title: 'id', align: 'left', max: 80, value: ({ id }) => id },
  { title: 'since', align: 'left', value: ({ pinned_at: at }) => timeOf(at) },
];

export async function pinsMain(home: string | null, json: boolean): Promise<number> {
  const desk = await openDesk(home);
  try {
    const { pins } = (await desk.ask('GET', '/api/pins', null)) as { pins: Pin[] };
    if (json) printJson({ pins });
    else print(pins.length === 0 ? 'Nothing is pinned. llm-proxy pin ID' : formatTable(COLUMNS, pins, false));
    return 0;
  } finally {
    desk.close();
  }
}
