import { connect, type Socket } from 'node:net';
import { untilTrue } from './async.ts';

/** A client that says byte for byte what it is told, and keeps what it hears. */
export class RawClient {
  readonly socket: Socket;
  error: NodeJS.ErrnoException | null = null;
  ended = false;
  closed = false;
  #heard: Buffer[] = [];

  /** @param to a port, or a connection that is there already. */
  constructor(to: number | Socket, host = '127.0.0.1') {
    this.socket = typeof to === 'number' ? connect({ port: to, host, allowHalfOpen: true, noDelay: true }) : to;
    this.socket.on('data', (chunk: Buffer) => {
      this.#heard.push(chunk);
    });
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  get bytes(): Buffer {
    if (this.#heard.length > 1) this.#heard = [Buffer.concat(this.#heard)];
    return this.#heard[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  send(data: string | Uint8Array): this {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    return this;
  }

  async hears(what: string | RegExp): Promise<this> {
    const matches = (): boolean => (typeof what === 'string' ? this.text.includes(what) : what.test(this.text));
    await untilTrue(() => matches() || (this.closed && !matches()), `to hear ${String(what)}`);
    if (!matches()) throw new Error(`closed before ${String(what)} was heard: ${JSON.stringify(this.text)}`);
    return this;
  }

  /** Resolves when the other side has ended or reset. */
  async over(): Promise<this> {
    await untilTrue(() => this.ended || this.closed, 'the end of the connection');
    return this;
  }

  /** Forgets what was heard so far. */
  forget(): this {
    this.#heard = [];
    return this;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
