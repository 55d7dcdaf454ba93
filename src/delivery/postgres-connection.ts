/** One connection to PostgreSQL by `pg`, which is loaded when the first is made: who has no PostgreSQL does not pay for it. */
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Client } from 'pg';
import type { PostgresAddress } from './postgres-address.ts';

const CONNECT_MS = 10_000;
/** What a server without TLS makes `pg` say; it has no code. */
const NO_TLS = 'The server does not support SSL connections';

export interface ConnectionRequest {
  address: PostgresAddress;
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
}

export class PostgresConnection {
  readonly #client: Client;
  readonly #socket: Socket;
  #isOpen = true;

  private constructor(client: Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
    // The server closes an idle connection when it restarts: no reason to fall. The next batch opens another.
    client.on('error', () => this.destroy());
    client.on('end', () => this.destroy());
  }

  /** @throws whatever `pg`, the network or the files of certificates say */
  static async open({ address, ca }: ConnectionRequest, signal: AbortSignal): Promise<PostgresConnection> {
    const tls = await tlsOf(address, ca);
    try {
      return await PostgresConnection.#connect(address, tls, signal);
    } catch (error) {
      const mayGoPlain = address.tls === 'prefer' || address.tls === 'allow';
      if (!mayGoPlain || !(error instanceof Error) || error.message !== NO_TLS) throw error;
      return PostgresConnection.#connect(address, false, signal);
    }
  }

  static async #connect(
    { host, port, user, password, database, ...more }: PostgresAddress,
    ssl: false | ConnectionOptions,
    signal: AbortSignal,
  ): Promise<PostgresConnection> {
    const { Client } = await import('pg');
    signal.throwIfAborted();
    const socket = new Socket();
    const client = new Client({
      host,
      port,
      user,
      database,
      // A function, so that `pg` looks neither into the environment nor into ~/.pgpass.
      password: () => password,
      ssl,
      sslnegotiation: ssl !== false && more.directTls ? 'direct' : 'postgres',
      enableChannelBinding: more.channelBinding,
      application_name: more.applicationName,
      client_encoding: 'UTF8',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      stream: () => socket,
    });
    const connection = new PostgresConnection(client, socket);
    await connection.#until(signal, () => client.connect()).catch((error: unknown) => {
      connection.destroy();
      throw error;
    });
    return connection;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Rows of the answer. Several statements in one text take no values. The connection ends with `signal`. */
  async query<Row extends object>(signal: AbortSignal, text: string, values?: readonly unknown[]): Promise<Row[]> {
    const result = await this.#until(signal, () => this.#client.query<Row>(text, values && [...values]));
    return result.rows;
  }

  /** At once: a transaction that was open is rolled back by the server. */
  destroy(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  /** Says good-bye; what does not hear it within a second is left. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    const late = setTimeout(() => this.destroy(), 1000);
    await this.#client.end().catch(() => {});
    clearTimeout(late);
    this.destroy();
  }

  /** `pg` cannot be told to stop, but for the loss of its socket. */
  async #until<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const stop = (): void => this.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await act();
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

/** libpq's rules: `require` encrypts and asks for no name, unless a root certificate is named (PostgreSQL 15, 34.19). */
async function tlsOf(address: PostgresAddress, ca: readonly string[] | null): Promise<false | ConnectionOptions> {
  const { tls, rootCert } = address;
  if (tls === 'disable' || address.host.startsWith('/')) return false;
  const own = await ownCertificate(address);
  if (tls === 'prefer' || tls === 'allow' || (tls === 'require' && rootCert === null)) {
    return { ...own, rejectUnauthorized: false };
  }
  const named = rootCert === null || rootCert === 'system' ? ca : [await readFile(rootCert, 'utf8')];
  const roots = named === null ? {} : { ca: [...named] };
  const name = tls === 'verify-full' ? {} : { checkServerIdentity: () => undefined };
  return { ...own, ...roots, ...name, rejectUnauthorized: true };
}

async function ownCertificate({ cert, key }: PostgresAddress): Promise<ConnectionOptions> {
  return {
    ...(cert === null ? {} : { cert: await readFile(cert, 'utf8') }),
    ...(key === null ? {} : { key: await readFile(key, 'utf8') }),
  };
}
