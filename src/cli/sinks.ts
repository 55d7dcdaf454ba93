/** `sinks`: asks the daemon; without one it reads how far the systems that calls are sent to have been served. */
import { existsSync } from 'node:fs';
import { timeOf } from '../admin/times.ts';
import { AppError } from '../core/errors.ts';
import type { SinkHealth } from '../core/ports.ts';
import { deliveryHealth } from '../delivery/health.ts';
import { DESTINATIONS } from '../delivery/names.ts';
import { askRewind, stateFileOf } from '../delivery/state-file.ts';
import { escapeLine } from '../sinks/escape.ts';
import { openDatabase, statementOf } from '../store/driver.ts';
import { count } from './figures.ts';
import { configOf, databaseOf } from './home-config.ts';
import { print, printJson } from './print.ts';
import { ANSWER_MS, colours, room, running } from './read.ts';
import { askDaemon } from './run-api.ts';
import { type Column, formatTable } from './table.ts';

const COLUMNS: readonly Column<SinkHealth>[] = [
  { title: 'sink', align: 'left', value: (sink) => sink.name },
  { title: 'state', align: 'left', value: (sink) => sink.state },
  { title: 'sent', align: 'right', value: ({ delivery }) => (delivery === undefined ? '' : count(delivery.sent)) },
  { title: 'waiting', align: 'right', value: (sink) => count(sink.queued) },
  { title: 'lost', align: 'right', value: (sink) => count(sink.dropped) },
  { title: 'where', align: 'left', max: 60, least: 12, spare: 1, value: ({ delivery }) => delivery?.address ?? '' },
];

export async function sinksMain(home: string | null, json: boolean): Promise<number> {
  const daemon = await running(home);
  const sinks =
    daemon === null
      ? servedFrom(databaseOf(home))
      : ((await askDaemon(daemon, 'GET', '/api/exporters', null, ANSWER_MS)) as { exporters: SinkHealth[] }).exporters;
  if (json) printJson({ sinks });
  else if (sinks.length === 0) print('No daemon runs, and calls were never sent to another system: docs/delivery.md');
  else printSinks(sinks);
  return 0;
}

function printSinks(sinks: readonly SinkHealth[]): void {
  print(formatTable(COLUMNS, sinks, colours(), room()));
  for (const { name, error, delivery } of sinks) {
    if (error !== null) print(escapeLine(`${name}: ${error}`));
    const refusal = delivery?.last_refusal ?? null;
    if (refusal !== null) print(escapeLine(`${name}: refused ${refusal.call_id}, ${refusal.at}: ${refusal.message}`));
  }
}

/** What their files say; whether anything goes there now is for a daemon to say. */
function servedFrom(db: string): SinkHealth[] {
  const database = openDatabase(db, { readOnly: true });
  try {
    const row = statementOf(database, 'SELECT max(seq) AS last FROM llm_calls').get();
    return deliveryHealth(db, servedNames(db), Number(row?.['last'] ?? 0)).map((sink) =>
      sink.state === 'open' ? { ...sink, state: 'closed' } : sink,
    );
  } finally {
    database.close();
  }
}

function servedNames(db: string): string[] {
  return DESTINATIONS.filter((name) => existsSync(stateFileOf(db, name)));
}

/** A daemon does it within a second, or the next one at its start. */
export function rewindMain(home: string | null, name: string, since: string): number {
  const { db } = configOf(home);
  const known = servedNames(db);
  if (!known.includes(name)) {
    const others = known.length === 0 ? 'calls were never sent to another system' : `there is ${known.join(', ')}`;
    throw new AppError('config_invalid', `nothing was ever sent to ${name}: ${others}`);
  }
  const time = timeOf('--since', since);
  askRewind(stateFileOf(db, name), time);
  print(`Calls from ${time} on are sent to ${name} once more: within a second, or when the daemon starts.`);
  return 0;
}
