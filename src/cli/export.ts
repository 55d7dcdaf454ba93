/** `export`: reads the store, whether a daemon runs or not, and never holds more than a few calls of it. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { type CallQuery, filterOf } from '../admin/calls.ts';
import { AppError } from '../core/errors.ts';
import type { StoredExchange } from '../core/transfer.ts';
import { createFormatter } from '../interchange/create-formatter.ts';
import { BODIES, type FormatName, type Formatter, type Output } from '../interchange/formats.ts';
import { countCalls, fullestCalls, type MessageReader, storedExchanges } from '../interchange/stored-exchanges.ts';
import { messageReader } from '../interchange/stored-messages.ts';
import { loadRegistry } from '../providers/registry.ts';
import { type Database, openDatabase } from '../store/driver.ts';
import { requireSchema } from '../store/migrations.ts';
import { getSession } from '../store/sessions.ts';
import type { CallFilter } from '../store/queries.ts';
import { exportFilter } from './export-filter.ts';
import { count, counted } from './figures.ts';
import { OutputFile } from './output-file.ts';
import { configOf } from './home-config.ts';
import { Progress } from './progress.ts';
import { version } from './version.ts';

/** As a shell has it for Ctrl-C. */
const INTERRUPTED = 130;

export interface ExportArguments {
  home: string | null;
  /** Undefined = by the name of `out`, else jsonl. */
  format: FormatName | undefined;
  /** Null = standard output. */
  out: string | null;
  gzip: boolean;
  /** Undefined = as the format has it. */
  bodies: boolean | undefined;
  formulaSafe: boolean;
  query: CallQuery;
}

/** By the end of a file's name, `.gz` aside; those of several formats mean none. */
const ENDINGS: Readonly<Partial<Record<string, FormatName>>> = {
  csv: 'csv',
  har: 'har',
  html: 'html',
  parquet: 'parquet',
};

export function formatFor(out: string | null): FormatName {
  return ENDINGS[/\.(\w+)(?:\.gz)?$/.exec(out ?? '')?.[1]?.toLowerCase() ?? ''] ?? 'jsonl';
}

export async function exportMain({ home, out, query, ...wanted }: ExportArguments): Promise<number> {
  const format = wanted.format ?? formatFor(out);
  const bodies = bodiesOf(format, wanted.bodies);
  // Before the database is looked for: what means nothing is the first thing to say.
  filterOf(query);
  const { db, local, provider } = configOf(home);
  if (!existsSync(db)) throw new AppError('store_unusable', `there is no database ${db}; --home names another home`);
  const directory = await loadRegistry({ localServers: local, own: provider });
  const database = openDatabase(db, { readOnly: true });
  try {
    requireSchema(database);
    const filter = exportFilter(database, db, query);
    const { formulaSafe, gzip } = wanted;
    const title = titleOf(database, query);
    const formatter = createFormatter(format, { version: version(), bodies, formulaSafe, directory, title });
    let damaged = 0;
    const messages = bodies ? messageReader(database, () => (damaged += 1)) : null;
    const pieces = piecesOf(format, formatter, { database, filter, messages });
    const total = format === 'sharegpt' ? null : countCalls(database, filter);
    const file = await OutputFile.open(out, gzip || (out?.endsWith('.gz') ?? false));
    report(await writeWhole(formatter, pieces, file, total), file, { format, out, damaged });
    return 0;
  } finally {
    database.close();
  }
}

/** Of the session that is exported. */
function titleOf(database: Database, { session = '' }: CallQuery): string | null {
  const found = getSession(database, session);
  return found === null || found === 'ambiguous' ? null : found.title;
}

function bodiesOf(format: FormatName, wanted: boolean | undefined): boolean {
  const rule = BODIES[format];
  if (rule === 'must' && wanted === false) {
    throw new AppError('config_invalid', `${format} is made of what was said: there is none with --no-bodies`);
  }
  return wanted ?? rule !== 'no';
}

interface Source {
  database: Database;
  filter: CallFilter;
  messages: MessageReader | null;
}

/** What to write, one call after the other; `null` for a call that has no place in the format. */
async function* piecesOf(format: FormatName, formatter: Formatter, source: Source): AsyncGenerator<Output> {
  const { database, filter, messages } = source;
  if (format === 'sharegpt' && messages !== null) {
    for (const candidates of fullestCalls(database, filter, messages)) yield await firstOf(candidates, formatter);
    return;
  }
  for (const exchange of storedExchanges(database, filter, messages)) yield formatter.call(exchange);
}

async function firstOf(candidates: Iterable<StoredExchange>, formatter: Formatter): Promise<Output> {
  for (const candidate of candidates) {
    const piece = await formatter.call(candidate);
    if (piece !== null) return piece;
  }
  return null;
}

interface Written {
  calls: number;
  /** Those that have no place in the format. */
  skipped: number;
}

/** All or nothing: an export that ends early, by a failure or by Ctrl-C, leaves no half file. */
async function writeWhole(
  formatter: Formatter,
  pieces: AsyncIterable<Output>,
  file: OutputFile,
  total: number | null,
): Promise<Written> {
  const progress = new Progress();
  const written = { calls: 0, skipped: 0 };
  const leave = (): void => {
    file.abandon();
    process.exit(INTERRUPTED);
  };
  process.on('SIGINT', leave).on('SIGTERM', leave);
  try {
    await file.write(formatter.start());
    for await (const piece of pieces) {
      if (piece === null) written.skipped += 1;
      else {
        written.calls += 1;
        if (piece.length > 0) await file.write(piece);
      }
      progress.show(() => `${count(written.calls)}${total === null ? '' : ` of ${count(total)}`} calls`);
    }
    await file.write(formatter.end());
    await file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  } finally {
    progress.clear();
    process.off('SIGINT', leave).off('SIGTERM', leave);
  }
  return written;
}

/** On standard error: the other one may be the export itself. */
function report(
  { calls, skipped }: Written,
  file: OutputFile,
  { format, out, damaged }: { format: FormatName; out: string | null; damaged: number },
): void {
  if (out === null && skipped === 0 && damaged === 0) return;
  const what = counted(calls, format === 'sharegpt' ? 'conversation' : 'call');
  const parts = [
    `${what}, ${count(file.size)} bytes${out === null ? '' : ` in ${out}`}`,
    skipped === 0 ? '' : `${count(skipped)} left out: no conversation with a whole answer`,
    damaged === 0 ? '' : `${count(damaged)} without bodies: they are damaged in the database`,
  ];
  process.stderr.write(`llm-proxy: ${parts.filter((part) => part !== '').join('; ')}\n`);
}
