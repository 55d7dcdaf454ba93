/**
 * The server's side of PostgreSQL's protocol 3.0, as far as one table needs it (PostgreSQL 15, chapter 55). It is as strict
 * as a server: statements fail in a failed transaction, text has no NUL, and a row has the columns that the table has.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { TLSSocket } from 'node:tls';

/** What a statement meets: an error of the server, a connection that is cut, or no answer at all. */
export type Mishap = { code: string; message?: string; constraint?: string } | 'cut' | 'silence';

export interface FakePostgresOptions {
  /** Asked of each statement; null = it is carried out. */
  mishap?: (statement: string) => Mishap | null;
  /** Then it is asked for, in clear. */
  password?: string;
  tls?: { cert: string; key: string };
  encoding?: string;
  /** The table is there already, with these columns. */
  columns?: string[];
  hasKey?: boolean;
}

export interface FakePostgres {
  port: number;
  /** In the order of their coming. */
  statements: string[];
  /** What was committed. */
  rows: Map<string, Record<string, unknown>>;
  columns: string[];
  connections: number;
  /** TLS was spoken on the newest. */
  isEncrypted: boolean;
  cut(): void;
  close(): Promise<void>;
}

export async function fakePostgres(options: FakePostgresOptions = {}): Promise<FakePostgres> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    state.connections += 1;
    state.isEncrypted = false;
    new Backend(socket, state, options).start();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const state: FakePostgres = {
    port: (server.address() as AddressInfo).port,
    statements: [],
    rows: new Map(),
    columns: [...(options.columns ?? [])],
    connections: 0,
    isEncrypted: false,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    async close() {
      state.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return state;
}

const SSL_REQUEST = 80_877_103;

class Backend {
  readonly #state: FakePostgres;
  readonly #options: FakePostgresOptions;
  #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #hasStarted = false;
  /** `I` idle, `T` in a transaction, `E` in a failed one. */
  #status: 'I' | 'T' | 'E' = 'I';
  #staged = new Map<string, Record<string, unknown>>();
  #parsed = '';
  #values: string[] = [];
  /** After an error all is passed over until Sync. */
  #isSkipping = false;

  constructor(socket: Socket, state: FakePostgres, options: FakePostgresOptions) {
    this.#socket = socket;
    this.#state = state;
    this.#options = options;
  }

  start(): void {
    this.#socket.on('data', (bytes: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      while (this.#next());
    });
  }

  #next(): boolean {
    const at = this.#hasStarted ? 1 : 0;
    if (this.#rest.length < at + 4) return false;
    const end = at + this.#rest.readInt32BE(at);
    if (this.#rest.length < end) return false;
    const message = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    if (this.#hasStarted) this.#read(String.fromCharCode(message[0] ?? 0), message.subarray(5));
    else this.#startup(message.subarray(4));
    return true;
  }

  #startup(body: Buffer): void {
    const { tls, password } = this.#options;
    if (body.readInt32BE(0) === SSL_REQUEST) {
      this.#socket.write(tls === undefined ? 'N' : 'S');
      if (tls === undefined) return;
      this.#socket.removeAllListeners('data');
      this.#socket = new TLSSocket(this.#socket, { isServer: true, ...tls });
      this.#socket.on('error', () => {});
      this.#state.isEncrypted = true;
      this.start();
      return;
    }
    this.#hasStarted = true;
    if (password === undefined) this.#welcome();
    else this.#say('R', int32(3));
  }

  #welcome(): void {
    this.#say('R', int32(0));
    this.#ready();
  }

  #read(type: string, body: Buffer): void {
    if (type === 'S') {
      this.#isSkipping = false;
      this.#ready();
    } else if (!this.#isSkipping) this.#act(type, body);
  }

  #act(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString().split('\0');
    if (type === 'p') {
      if (first === this.#options.password) this.#welcome();
      else this.#fail({ code: '28P01', message: 'password authentication failed for user "tester"' });
    } else if (type === 'Q') {
      const statements = first.split(';').map((part) => part.trim());
      if (statements.every((statement) => this.#run(statement, []))) this.#ready();
      else if (!this.#socket.destroyed && this.#isSkipping) {
        this.#isSkipping = false;
        this.#ready();
      }
    } else if (type === 'P') {
      this.#parsed = second;
      this.#say('1');
    } else if (type === 'B') {
      this.#values = valuesOf(body);
      this.#say('2');
    } else if (type === 'E') this.#run(this.#parsed, this.#values);
    else if (type === 'D' && !this.#parsed.includes('AS has_key')) this.#say('n');
    else if (type === 'D') this.#say('T', FOUND);
  }

  /** @returns false when it was not carried out */
  #run(statement: string, values: readonly string[]): boolean {
    this.#state.statements.push(statement);
    const mishap = this.#options.mishap?.(statement) ?? null;
    if (mishap === 'silence') return false;
    if (mishap === 'cut') {
      this.#socket.destroy();
      return false;
    }
    if (mishap !== null) return this.#fail(mishap);
    if (this.#status === 'E' && statement !== 'ROLLBACK') return this.#fail({ code: '25P02' });
    if (statement.startsWith('INSERT')) {
      const failure = this.#insert(statement, values[0] ?? '');
      if (failure !== null) return this.#fail(failure);
    } else this.#perform(statement);
    this.#say('C', text(statement.split(' ')[0] ?? ''));
    return true;
  }

  #perform(statement: string): void {
    if (statement === 'BEGIN') this.#status = 'T';
    if (statement === 'COMMIT') for (const [id, row] of this.#staged) this.#state.rows.set(id, row);
    if (statement === 'COMMIT' || statement === 'ROLLBACK') {
      this.#staged.clear();
      this.#status = 'I';
    }
    if (/^(?:CREATE TABLE|ALTER TABLE)/.test(statement)) {
      this.#state.columns.push(...[...statement.matchAll(/(?:^ {2}|EXISTS )"(\w+)" /gm)].map(([, name]) => name ?? ''));
    }
    if (statement.includes('AS has_key')) this.#look();
  }

  #look(): void {
    const { encoding = 'UTF8', hasKey = true } = this.#options;
    const { columns } = this.#state;
    const values = [encoding, columns.length > 0 ? 't' : 'f', `{${columns.join(',')}}`, hasKey ? 't' : 'f'];
    this.#say(
      'D',
      int16(values.length),
      ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
    );
  }

  #insert(statement: string, json: string): Exclude<Mishap, string> | null {
    if (this.#status !== 'T') return { code: '25P01', message: 'no transaction is in progress' };
    if (/[^\\](?:\\\\)*\\u0000/.test(json)) return { code: '22P05', message: 'unsupported Unicode escape sequence' };
    const named = [...(/\(([^)]*)\)/.exec(statement)?.[1] ?? '').matchAll(/"(\w+)"/g)].map(([, name]) => name ?? '');
    if (named.some((name) => !this.#state.columns.includes(name))) return { code: '42703' };
    for (const row of JSON.parse(json) as Record<string, unknown>[]) {
      const id = String(row['id']);
      if (!this.#state.rows.has(id) && !this.#staged.has(id)) this.#staged.set(id, row);
    }
    return null;
  }

  #fail({ code, message = 'it went wrong', constraint }: Exclude<Mishap, string>): false {
    if (this.#status === 'T') this.#status = 'E';
    this.#isSkipping = true;
    const more = constraint === undefined ? [] : [text(`n${constraint}`)];
    this.#say('E', text('SERROR'), text(`C${code}`), text(`M${message}`), ...more, Buffer.alloc(1));
    return false;
  }

  #ready(): void {
    this.#say('Z', Buffer.from(this.#status));
  }

  #say(type: string, ...parts: readonly Buffer[]): void {
    const body = Buffer.concat(parts);
    this.#socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }
}

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer =>
  Buffer.from([value >> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

/** Columns of the answer about the table: text, boolean, text[], boolean. */
const FOUND = Buffer.concat([
  int16(4),
  ...Object.entries({ encoding: 25, has_schema: 16, columns: 1009, has_key: 16 }).map(([name, type]) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(type), int16(-1), int32(-1), int16(0)]),
  ),
]);

/** Of a Bind: names of portal and statement, formats, then the values with their lengths. */
function valuesOf(body: Buffer): string[] {
  let at = body.indexOf(0, body.indexOf(0) + 1) + 1;
  at += 2 + 2 * body.readInt16BE(at);
  const count = body.readInt16BE(at);
  at += 2;
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(at);
    const value = body.subarray(at + 4, at + 4 + length).toString();
    at += 4 + length;
    return value;
  });
}
