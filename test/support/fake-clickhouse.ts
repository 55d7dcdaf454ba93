/** ClickHouse's HTTP interface, as far as one table needs it, and as strict: columns, types, settings, quotes, NULL. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Statement {
  sql: string;
  /** Of an insert: its rows, as they came. */
  data: string;
  /** Parameters of the URL, but for the statement. */
  settings: Record<string, string>;
}

/** An answer instead of what was asked: an error of ClickHouse, or of something in front of it (no code). */
export interface Mishap {
  status: number;
  code?: number;
  body?: string;
  retryAfter?: string;
}

export interface FakeClickhouse {
  url: string;
  statements: Statement[];
  rows: Record<string, unknown>[];
  /** Types by names; empty = there is no table. */
  columns: Map<string, string>;
  engine: string;
  close(): Promise<void>;
}

export interface FakeClickhouseOptions {
  user?: string;
  password?: string;
  columns?: Record<string, string>;
  engine?: string;
  mishap?: (sql: string) => Mishap | null;
}

export async function fakeClickhouse(options: FakeClickhouseOptions = {}): Promise<FakeClickhouse> {
  const { user = 'default', password = '', mishap } = options;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const statement = await statementOf(request);
    state.statements.push(statement);
    const right = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const isKnown = request.headers.authorization === right;
    const met = isKnown ? (mishap?.(statement.sql) ?? null) : { status: 403, code: 516 };
    const answer = met ?? carryOut(state, statement, request);
    const isFine = typeof answer === 'string';
    response.writeHead(isFine ? 200 : answer.status, isFine ? {} : headersOf(answer));
    response.end(isFine ? answer : (answer.body ?? `Code: ${answer.code}. DB::Exception: it went wrong`));
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const state: FakeClickhouse = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statements: [],
    rows: [],
    columns: new Map(Object.entries(options.columns ?? {})),
    engine: options.engine ?? 'ReplacingMergeTree',
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return state;
}

function headersOf({ code, retryAfter }: Mishap): Record<string, string> {
  return {
    ...(code === undefined ? {} : { 'X-ClickHouse-Exception-Code': String(code) }),
    ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
  };
}

async function statementOf(request: IncomingMessage): Promise<Statement> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  const { query, ...settings } = Object.fromEntries(new URL(request.url ?? '/', 'http://host').searchParams);
  return query === undefined ? { sql: body, data: '', settings } : { sql: query, data: body, settings };
}

/** The answer, or the error. */
function carryOut(
  state: FakeClickhouse,
  { sql, data, settings }: Statement,
  request: IncomingMessage,
): string | Mishap {
  if (request.method !== 'POST') return { status: 500, code: 164 };
  const strange = Object.keys(settings).filter((name) => !SETTINGS.has(name));
  if (strange.length > 0) return { status: 404, code: 115, body: `Unknown setting ${strange.join()}` };
  if (sql.startsWith('SELECT name, type FROM system.columns')) {
    return [...state.columns].map(([name, type]) => `${name}\t${type}\n`).join('');
  }
  if (sql.startsWith('SELECT engine FROM system.tables')) return `${state.engine}\n`;
  if (/^(?:CREATE|ALTER) TABLE/.test(sql)) {
    const pattern = /(?:^ {2}|IF NOT EXISTS )`(\w+)` ((?:\w|\((?:[^()]|\([^()]*\))*\))+)/gm;
    for (const [, name = '', type = ''] of sql.matchAll(pattern)) state.columns.set(name, type);
    return '';
  }
  const insert = /^INSERT INTO `\w+`\.`\w+` \(([^)]*)\) FORMAT JSONEachRow$/.exec(sql);
  if (insert === null) return { status: 400, code: 62, body: sql };
  if (state.columns.size === 0) return { status: 404, code: 60 };
  const names = (insert[1] ?? '').split(', ').map((name) => name.slice(1, -1));
  if (names.some((name) => !state.columns.has(name))) return { status: 404, code: 16 };
  return takeRows(state, names, data);
}

const SETTINGS = new Set([
  'insert_quorum',
  'async_insert',
  'wait_end_of_query',
  'input_format_skip_unknown_fields',
  'input_format_parallel_parsing',
]);

/** All or none of them. */
function takeRows(state: FakeClickhouse, names: readonly string[], data: string): string | Mishap {
  if (!data.endsWith('\n')) return { status: 400, code: 33 };
  const rows = data
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (!names.includes(name)) return { status: 400, code: 117, body: `unknown field ${name}` };
      const type = state.columns.get(name) ?? '';
      if (!isOf(type, value)) return { status: 400, code: 27, body: `${name} ${type} ${JSON.stringify(value)}` };
    }
  }
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/i.test(data)) return { status: 400, code: 25 };
  state.rows.push(...rows);
  return '';
}

function isOf(type: string, value: unknown): boolean {
  const inner = /^(?:LowCardinality\()?Nullable\((.*?)\)?\)$/.exec(type)?.[1];
  if (value === null) return inner !== undefined;
  const plain = inner ?? type;
  if (plain === 'Int64') return Number.isSafeInteger(value);
  if (plain === 'Float64') return typeof value === 'number';
  if (plain === 'Bool') return typeof value === 'boolean';
  if (typeof value !== 'string') return false;
  if (plain.startsWith('DateTime64')) return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/.test(value);
  if (plain.startsWith('Decimal')) return /^-?\d{1,11}\.\d{9}$/.test(value);
  return plain === 'String';
}
