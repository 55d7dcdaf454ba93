import type { Socket } from 'node:net';
import type { OpenFrontDoor } from '../../src/net/http-server.ts';
import { startEntrance, type TestEntrance, type TestEntranceOptions } from './entrance.ts';
import { RawClient } from './raw-client.ts';
import { startTcpUpstream, type Upstream } from './tls-upstream.ts';

/** The entrance between a scripted plain upstream and raw clients. */
export class EngineBench {
  proxy!: TestEntrance;
  upstream!: Upstream;
  readonly #open: OpenFrontDoor;
  readonly #clients: RawClient[] = [];

  constructor(open: OpenFrontDoor) {
    this.#open = open;
  }

  async start(script: (socket: Socket, index: number) => void, options: TestEntranceOptions = {}): Promise<void> {
    this.upstream = await startTcpUpstream(script);
    this.proxy = await startEntrance(this.#open, options);
  }

  /** Another entrance before the same upstream. */
  async restart(options: TestEntranceOptions): Promise<void> {
    await this.proxy.stop();
    this.proxy = await startEntrance(this.#open, options);
  }

  client(): RawClient {
    const made = new RawClient(this.proxy.port);
    this.#clients.push(made);
    return made;
  }

  get authority(): string {
    return `api.provider.example:${this.upstream.port}`;
  }

  /** `@` stands for the upstream's authority. */
  send(text: string): RawClient {
    return this.client().send(text.replaceAll('@', this.authority));
  }

  /** What the upstream has heard on its connection `index`. */
  sent(index = 0): string {
    return this.upstream.received(index).toString('latin1');
  }

  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    await this.proxy.stop();
    await this.upstream.close();
  }
}

/** Answers every request head with the same bytes. */
export function answering(bytes: string): (socket: Socket) => void {
  return (socket) =>
    void socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('\r\n\r\n')) socket.write(bytes, 'latin1');
    });
}

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
