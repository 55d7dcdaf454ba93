import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { codeOf } from '../core/errors.ts';
import { isAbove } from './flush.ts';
import type { HttpEngine } from './http-engine.ts';
import { type FrontDoorHandlers, type FrontDoorLimits, takeOver } from './http-server.ts';
import type { ClientConnection, NetDeps, Session, SteeredConnections } from './types.ts';
import { headWithoutUpgrade, ignoresUpgrade } from './without-upgrade.ts';

export interface EngineConnectionsDeps {
  net: NetDeps;
  engine: HttpEngine;
  limits: FrontDoorLimits;
  /** By the provider of a connection. */
  concerns(provider: string | null): boolean;
  guards(provider: string | null): boolean;
  onChange(listener: () => void): void;
}

interface Servers {
  main: Server;
  /** For requests whose `Upgrade` is ignored: without an upgrade listener node:http parses them as requests. */
  plain: Server;
}

/**
 * Intercepted connections that the http-engine serves: those of providers whose calls may be changed. Their requests
 * are parsed and written anew; all other connections stay on the relay, byte for byte.
 */
export class EngineConnections implements SteeredConnections {
  readonly #deps: EngineConnectionsDeps;
  #servers: Servers | null = null;
  /** Exchanges that are live, by connection. */
  readonly #live = new WeakMap<Socket, number>();

  constructor(deps: EngineConnectionsDeps) {
    this.#deps = deps;
  }

  takes({ provider }: ClientConnection): boolean {
    return this.#deps.concerns(provider);
  }

  guards({ provider }: ClientConnection): boolean {
    return this.#deps.guards(provider);
  }

  onChange(listener: () => void): void {
    this.#deps.onChange(listener);
  }

  open(client: ClientConnection, tls: TLSSocket): Session {
    const live = this.#live;
    // While the client is still in its handshake, as the relay does.
    this.#deps.engine.adopt(tls, client);
    return {
      get idle(): boolean {
        return (live.get(tls) ?? 0) === 0;
      },
      start: () => {
        isAbove(tls, client.socket);
        tls.setNoDelay(true);
        this.#opened().main.emit('connection', tls);
      },
      // What was dialled ends with the client's socket.
      abandon: () => {},
    };
  }

  close(): void {
    for (const server of Object.values(this.#servers ?? {})) server.close();
  }

  #opened(): Servers {
    if (this.#servers !== null) return this.#servers;
    const servers = { main: createServer(), plain: createServer() };
    // As on the relay, a connection lives as long as its two ends: no idle time-out, and no `Keep-Alive` in answers.
    const limits = { ...this.#deps.limits, idleTimeoutMs: 0 };
    const handlers = this.#handlers();
    for (const server of Object.values(servers)) {
      takeOver(server, handlers, limits);
      // Arms the check of head time-outs, which a server that never listens would not have.
      server.emit('listening');
    }
    servers.plain.removeAllListeners('upgrade');
    this.#servers = servers;
    return servers;
  }

  #handlers(): FrontDoorHandlers {
    return {
      connection: () => {},
      // Nobody asks a provider for a tunnel: node:http closes the connection.
      connect: (_request, socket) => socket.destroy(),
      request: (request, response) => this.#request(request, response),
      upgrade: (request, socket, head) => this.#upgrade(request, socket, head),
      error: (error) => {
        this.#deps.net.counters.add('internal_errors', 'part="http_engine"');
        this.#deps.net.log.error({ code: codeOf(error) }, 'a server for intercepted connections failed');
      },
    };
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#count(socket, 1);
    response.once('close', () => this.#count(socket, -1));
    this.#deps.engine.handle(request, response);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (ignoresUpgrade(request)) {
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
      this.#opened().plain.emit('connection', socket);
      return;
    }
    this.#count(socket, 1);
    this.#deps.engine.handleUpgrade(request, socket, head);
  }

  #count(socket: Socket, by: 1 | -1): void {
    this.#live.set(socket, (this.#live.get(socket) ?? 0) + by);
  }
}
