import { pino } from 'pino';
import pc from 'picocolors';
import { maskText } from './redact.ts';

/** WARN and above: a static message and an object. Secrets are removed here, not at the call sites. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  level: LogLevel;
  /** Lines for people (a terminal) instead of JSON. */
  pretty: boolean;
  /** Of that terminal; absent = as `pretty`. */
  colour?: boolean;
  /** Characters of a line of that terminal; absent = any number. */
  columns?: number;
  /** 1 = stdout. Writes are asynchronous: a reader that stalls costs log lines, never traffic. */
  fd: number;
}

const CLOSE_MS = 500;
const MAX_PENDING_BYTES = 1024 * 1024;

export interface ClosableLogger extends Logger {
  /** What was said so far is written, or cannot be: a terminal that is gone. The last call. */
  close(): Promise<void>;
}

export function createLogger(options: LogOptions): ClosableLogger {
  const destination = pino.destination({ fd: options.fd, sync: false, maxLength: MAX_PENDING_BYTES });
  // A closed terminal or pipe must not end the daemon.
  destination.on('error', () => {});
  let closing: Promise<void> | null = null;
  const stream = {
    // A closed destination throws, and what is said after the end is worth no exception.
    write: (line: string): void => {
      if (closing === null) destination.write(options.pretty ? prettyLine(line) : line);
    },
  };
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: maskFields },
    },
    stream,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    close: () => (closing ??= closeDestination(destination)),
  };
}

/**
 * Not flushSync: on a terminal that is gone (EIO) it tries again for ever. pino calls it at exit, too, unless the
 * destination was destroyed before.
 */
function closeDestination(destination: ReturnType<typeof pino.destination>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(late);
      destination.destroy();
      resolve();
    };
    const late = setTimeout(done, CLOSE_MS);
    destination.once('close', done);
    destination.once('error', done);
    destination.end();
  });
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function maskFields(fields: Record<string, unknown>): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) masked[key] = maskValue(value, 0);
  return masked;
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  if (value instanceof Error) {
    const code = 'code' in value && typeof value.code === 'string' ? { code: value.code } : {};
    return { ...code, message: maskText(value.message) };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= 4) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => maskValue(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskValue(item, depth + 1)]));
}

const PAINT: Record<string, (text: string) => string> = { warn: pc.yellow, error: pc.red, debug: pc.dim };

/** What a terminal would obey: some of what is logged comes from the wire. */
const CONTROLS = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

function prettyLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const paint = PAINT[String(level)] ?? ((text: string) => text);
  const rest = Object.entries(fields)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
    // Else a text from the wire could look like lines of ours.
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(CONTROLS, '?');
  return `${pc.dim(clock)} ${paint(String(msg))}${rest === '' ? '' : ` ${pc.dim(rest)}`}\n`;
}
