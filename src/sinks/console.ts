import fs from 'node:fs';
import pc from 'picocolors';
import type { CallRecord, Capture } from '../core/capture.ts';
import { codeOf } from '../core/errors.ts';
import type { Sink } from '../core/sink.ts';
import { Batch } from './batch.ts';
import { escapeLine } from './escape.ts';
import { formatCost, formatCount, formatDuration, formatStatus, isInexact, localTime, modelOf } from './figures.ts';
import { Losses, type SinkDeps } from './losses.ts';
import { isError } from '../core/totals.ts';

export interface ConsoleOptions {
  /** `line` for people, `json` for programs (as pino writes). */
  format: 'line' | 'json';
  colour: boolean;
  /** Characters of a line of the terminal; absent = any number. */
  columns?: number;
  /** 1 = stdout. */
  fd?: number;
  /** Tests only. */
  write?: WriteFunction;
}

/** As fs.write. */
export type WriteFunction = (
  fd: number,
  data: Uint8Array,
  done: (error: Error | null, written: number) => void,
) => void;

const QUEUE = { maxItems: 10_000, maxBytes: 1024 * 1024, delayMs: 10, full: 100, retryMs: 100 };
/** A pipe whose reader is slow says EAGAIN; it is asked again so often, and then its lines are dropped. */
const EAGAIN_TRIES = 20;
const EAGAIN_MS = 50;

/** One line per call. A reader that stalls costs lines, never calls: they are counted. */
export function createConsoleSink(options: ConsoleOptions, deps: SinkDeps): Sink {
  const losses = new Losses('console', deps);
  const format = options.format === 'json' ? jsonLine : linePainter(options.colour, options.columns ?? Infinity);
  const write = options.write ?? fs.write;
  // Bytes outside the heap: as strings, lines that wait are soon old, and dear to collect.
  const batch = new Batch<Buffer>({
    ...QUEUE,
    write: async (lines) => {
      try {
        await writeAll(write, options.fd ?? 1, Buffer.concat(lines));
      } catch (error) {
        losses.add(codeOf(error) === 'EAGAIN' ? 'slow_reader' : 'io_error', lines.length, error);
      }
    },
    onDropped: (reason, count) => losses.add(reason, count),
  });
  return {
    name: 'console',
    open() {},
    write({ record }: Capture) {
      const line = Buffer.from(format(record));
      batch.add(line, line.length);
    },
    flush: () => batch.flush(),
    close: () => batch.close(),
  };
}

async function writeAll(write: WriteFunction, fd: number, data: Buffer): Promise<void> {
  let done = 0;
  let tries = 0;
  while (done < data.length) {
    try {
      done += await new Promise<number>((resolve, reject) => {
        write(fd, data.subarray(done), (error, written) => (error === null ? resolve(written) : reject(error)));
      });
      tries = 0;
    } catch (error) {
      tries += 1;
      if (codeOf(error) !== 'EAGAIN' || tries > EAGAIN_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, EAGAIN_MS));
    }
  }
}

type Paint = (text: string) => string;

/** A line that ends in a status of three digits is so long with all columns; with fewer of them it is shorter. */
const WITH_TTFT = 128;
const WITH_CACHE = 115;
const WITH_PROVIDER = 100;

/** Fixed columns, so that the eye finds a number where it was in the line above. */
function linePainter(colour: boolean, room: number): (record: CallRecord) => string {
  const paint = pc.createColors(colour);
  const statusPaint = (record: CallRecord): Paint => {
    if (isError(record)) return paint.red;
    return record.outcome === 'complete' ? paint.green : paint.yellow;
  };
  return (record) => {
    const { usage } = record;
    const inexact = isInexact(record);
    // What is no call of a model has no tokens; of a call `?` says that they are not known.
    const count = (tokens: number | null): string =>
      tokens === null && !record.inference ? '-' : formatCount(tokens, inexact);
    const cost = record.inference || record.cost_usd !== null ? formatCost(record) : '-';
    const ttft = record.ttft_ms === null ? '-' : formatDuration(record.ttft_ms);
    const columns = [
      paint.dim(localTime(Date.parse(record.started_at))),
      ...(room < WITH_PROVIDER ? [] : [paint.cyan(fit(record.provider, 10))]),
      paint.bold(fit(modelOf(record), room < WITH_PROVIDER ? 18 : 28)),
      `${paint.dim('in')} ${count(usage.input_tokens).padStart(7)}`,
      ...(room < WITH_CACHE ? [] : [`${paint.dim('cache')} ${count(usage.cache_read_tokens).padStart(7)}`]),
      `${paint.dim('out')} ${count(usage.output_tokens).padStart(6)}`,
      paint.yellow(cost.padStart(11)),
      formatDuration(record.duration_ms).padStart(6),
      ...(room < WITH_TTFT ? [] : [`${paint.dim('ttft')} ${ttft.padStart(6)}`]),
      statusPaint(record)(escapeLine(formatStatus(record))),
      ...notes(record).map((note) => paint.dim(note)),
    ];
    return `${columns.join('  ')}\n`;
  };
}

function notes({ billing, error, leg }: CallRecord): string[] {
  return [
    ...(billing === 'metered' ? [] : [billing.replaceAll('_', ' ')]),
    ...(leg === 'shadow' ? ['shadow'] : []),
    ...(error === null ? [] : [escapeLine(error.type)]),
  ];
}

function fit(text: string, width: number): string {
  const safe = escapeLine(text);
  return (safe.length > width ? `${safe.slice(0, width - 1)}…` : safe).padEnd(width);
}

/** Unknown is null here, and says so. */
function jsonLine(record: CallRecord): string {
  const { usage } = record;
  const line = {
    level: isError(record) ? 'warn' : 'info',
    time: record.started_at,
    id: record.id,
    provider: record.provider,
    model: record.response_model ?? record.request_model,
    operation: record.operation,
    input_tokens: usage.input_tokens,
    cache_read_tokens: usage.cache_read_tokens,
    cache_write_tokens: usage.cache_write_tokens,
    output_tokens: usage.output_tokens,
    usage_source: usage.source,
    usage_state: usage.state,
    usage_estimated: usage.estimated,
    cost_usd: record.cost_usd,
    cost_confidence: record.cost.confidence,
    billing: record.billing,
    duration_ms: record.duration_ms,
    ttft_ms: record.ttft_ms,
    status: record.status,
    outcome: record.outcome,
    error: record.error?.type ?? null,
    run_id: record.run_id,
    msg: 'call',
  };
  // JSON leaves U+2028, C1 and bidirectional controls as they are.
  return `${escapeLine(JSON.stringify(line))}\n`;
}
