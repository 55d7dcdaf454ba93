import type { Socket } from 'node:net';
import { BaseUrls } from '../../src/gateway/base-urls.ts';
import type { OpenedModes } from '../../src/net/modes.ts';
import type { TestEntranceOptions } from './entrance.ts';
import type { RecordedExchange } from './recording-port.ts';
import { answeringRequests, type HeardRequest, SteeredBench } from './steered-bench.ts';
import { type ModesOptions, modesFor } from './steering.ts';
import { startTcpUpstream, type Upstream } from './tls-upstream.ts';

export type Script = (socket: Socket) => void;

/** A provider over TLS, a target over plain HTTP, and the entrance with modes between them and raw clients. */
export class ModesBench extends SteeredBench {
  target!: Upstream;
  modes!: OpenedModes;

  async startModes(
    scripts: { provider: Script; target: Script },
    options: ModesOptions | ((targetUrl: string) => ModesOptions),
    entrance: TestEntranceOptions = {},
  ): Promise<void> {
    this.target = await startTcpUpstream(scripts.target);
    this.modes = modesFor(typeof options === 'function' ? options(this.targetUrl) : options);
    const { steer, guard } = this.modes;
    await super.start(scripts.provider, {
      includeUsage: new Set(),
      steer,
      ...entrance,
      rules: { guard, ...entrance.rules },
    });
  }

  get targetUrl(): string {
    return `http://127.0.0.1:${this.target.port}`;
  }

  /** What the target has heard on its connection `index`. */
  targetHeard(index = 0): string {
    return this.target.received(index).toString('latin1');
  }

  get exchanges(): RecordedExchange[] {
    return this.proxy.recorder.exchanges;
  }

  /** The host of an exchange, as it is recorded. */
  hostOf(exchange: RecordedExchange | undefined): string {
    const info = this.proxy.recorder.connections.get(exchange?.connection ?? 0);
    return info === undefined ? 'nowhere' : `${info.host}:${info.port}`;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.target.close();
  }
}

/** Answers every request with JSON. */
export function answeringJson(of: (request: HeardRequest) => object = () => ({ ok: true })): Script {
  return answeringRequests((request) => json(of(request)));
}

export function json(body: object, status = '200 OK'): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** A request as clients write it. */
export function post(path: string, body: object, headers: readonly string[] = []): string {
  const text = JSON.stringify(body);
  const lines = ['Host: api.provider.example', 'Content-Type: application/json', ...headers];
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** Base URLs of one provider, `openai`, whose server is known when it is called. */
export function baseUrlsTo(url: () => string): BaseUrls {
  return new BaseUrls({
    providers: {
      get: (id) => (id === 'openai' ? { id } : null),
      mount: () => url(),
      lookup: () => null,
      isServer: () => false,
    },
    backends: {},
    passthrough: null,
    intercept: [],
    bedrockRegion: null,
  });
}
