/**
 * Requests that arrive parsed: absolute-form ones (`http://`, and `https://` from clients that send those to a proxy),
 * and the few paths of our own on the proxy port. It re-serialises, so it is strict where the relay is lenient.
 */
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '../core/errors.ts';
import { isLoopback } from './addresses.ts';
import { endToEndHeaders, framingProblem, withoutContextHeaders } from './end-to-end.ts';
import { ExchangeRows } from './exchange-rows.ts';
import { type ForwardPlan, forward } from './forward.ts';
import { forwardUpgrade } from './forward-upgrade.ts';
import { decideAbsolute, type PolicyRules } from './policy.ts';
import { type Refusal, refuseRequest, refuseSocket } from './refusal.ts';
import { parseRequestTarget, type RequestTarget } from './request-target.ts';
import type { NetDeps } from './types.ts';
import { type UpstreamLane, UpstreamLanes } from './upstream-agents.ts';

export interface EngineDeps {
  net: NetDeps;
  rules: PolicyRules;
  /** Where the admin API listens; null = it does not. */
  admin(): { host: string; port: number } | null;
  runIdOf(socket: Socket): string | null;
  /** Our own address, for the text that explains how to use the proxy. */
  proxyUrl(): string;
}

type AbsoluteTarget = RequestTarget & { form: 'absolute' };

const MAX_HEADERS = 2000;
const ADMIN_PATHS = /^\/(?:health(?:\/[\w./-]*)?|ca\.pem|api\/stats|api\/mode|api\/tracing)(?:\?|$)/;
/** Paths that answer anybody. The others change or show more, so they are for this machine, whoever else may use the proxy. */
const OPEN_PATHS = /^\/(?:health|ca\.pem|api\/stats)(?:[/?]|$)/;

export class HttpEngine {
  readonly #deps: EngineDeps;
  readonly #lanes: UpstreamLanes;
  readonly #adminAgent = new Agent({ keepAlive: false });
  readonly #latest = new WeakMap<Socket, ServerResponse>();

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#lanes = new UpstreamLanes(deps.net.upstream);
  }

  /** One at a time on each client connection: node:http hands out pipelined requests all at once, but they have an order. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const earlier = this.#latest.get(request.socket);
    this.#latest.set(request.socket, response);
    if (earlier === undefined || earlier.writableFinished) this.#serve(request, response);
    else earlier.once('close', () => this.#serve(request, response));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.socket.destroyed) return;
    try {
      const target = parseRequestTarget(request.url ?? '');
      const plan = target.form === 'origin' ? this.#planOwn(request, target.path) : this.#planOnward(request, target);
      if ('status' in plan) refuseRequest(request, response, plan);
      else forward(request, response, plan);
    } catch (error) {
      this.#failed(error);
      request.socket.destroy();
    }
  }

  handleUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => {});
    try {
      const target = parseRequestTarget(request.url ?? '');
      const plan = target.form === 'origin' ? this.#unknownPath(target.path) : this.#planOnward(request, target, true);
      if ('status' in plan) refuseSocket(socket, plan);
      else forwardUpgrade({ request, socket, head }, plan, this.#deps.net);
    } catch (error) {
      this.#failed(error);
      socket.destroy();
    }
  }

  #planOnward(request: IncomingMessage, target: RequestTarget, upgrade = false): ForwardPlan | Refusal {
    if (target.form !== 'absolute') {
      this.#count('refuse', 'request_malformed');
      return malformed(target.form === 'malformed' ? target.message : 'the request target is not absolute');
    }
    const problem = framingOf(request);
    if (problem !== null) {
      this.#count('refuse', 'request_malformed');
      return problem;
    }
    const verdict = decideAbsolute(target.authority, this.#deps.rules);
    if (verdict.action === 'refuse') {
      this.#count('refuse', verdict.code);
      return { status: verdict.status, type: verdict.code, message: verdict.message };
    }
    this.#count(verdict.action, verdict.action === 'intercept' ? 'absolute' : verdict.reason);
    const lane = this.#lanes.laneOf(request.socket, target.scheme, target.authority);
    const whole = endToEndHeaders(request.rawHeaders, { host: target.host, upgrade });
    const rows = verdict.action === 'intercept' ? this.#openRows(request, target, lane, verdict.provider) : null;
    rows?.requestHead(`${request.method} ${target.path} HTTP/${request.httpVersion}`, whole);
    const headers = withFraming(request, withoutContextHeaders(whole));
    return { agent: lane.agent, ...target.authority, path: target.path, headers, rows };
  }

  #openRows(
    request: IncomingMessage,
    target: AbsoluteTarget,
    lane: UpstreamLane,
    provider: string | null,
  ): ExchangeRows {
    const { recorder, connections, exchanges, clock } = this.#deps.net;
    if (lane.connection === null) {
      lane.connection = connections.next();
      recorder.connection({
        connection: lane.connection,
        scheme: target.scheme,
        ...target.authority,
        provider,
        runId: this.#deps.runIdOf(request.socket),
        clientAddress: request.socket.remoteAddress ?? null,
      });
    }
    return new ExchangeRows(recorder, clock, exchanges.next(), lane.connection);
  }

  /** Paths on the proxy port: the admin API answers a few of them, by the rules of its own port (`Host`, token). */
  #planOwn(request: IncomingMessage, path: string): ForwardPlan | Refusal {
    const admin = this.#deps.admin();
    if (admin === null || !ADMIN_PATHS.test(path)) return this.#unknownPath(path);
    const problem = framingOf(request);
    if (problem !== null) return problem;
    const { remoteAddress = '' } = request.socket;
    const open = OPEN_PATHS.test(path) && (request.method === 'GET' || request.method === 'HEAD');
    if (!open && !isLoopback(remoteAddress)) {
      return {
        status: 403,
        type: 'client_not_allowed',
        message: `${path.split('?', 1)[0]} is for programs on the machine of the proxy`,
      };
    }
    const headers = withFraming(request, endToEndHeaders(request.rawHeaders));
    return { agent: this.#adminAgent, ...admin, path, headers, rows: null };
  }

  #unknownPath(path: string): Refusal {
    this.#count('refuse', 'unknown_path');
    const url = this.#deps.proxyUrl();
    const message =
      `This is a proxy, not a web server: it has nothing at ${path.split('?', 1)[0]?.slice(0, 100)}. ` +
      `Use it with "llm-proxy run -- your-command", or set HTTPS_PROXY=${url} and HTTP_PROXY=${url} and trust its CA ("llm-proxy env" prints both).`;
    return { status: 404, type: 'not_a_web_server', message };
  }

  /** @param reason one of a fixed set of literals. */
  #count(verdict: 'intercept' | 'tunnel' | 'refuse', reason: string): void {
    this.#deps.net.counters.add('connections', `verdict="${verdict}",reason="${reason}"`);
  }

  #failed(error: unknown): void {
    this.#deps.net.counters.add('internal_errors', 'part="http_engine"');
    this.#deps.net.log.error({ error: messageOf(error) }, 'a request failed inside the proxy');
  }
}

function framingOf(request: IncomingMessage): Refusal | null {
  if (request.rawHeaders.length > MAX_HEADERS * 2) {
    return { status: 431, type: 'head_too_large', message: `The request has more than ${MAX_HEADERS} headers` };
  }
  const problem = framingProblem(request.rawHeaders, request.httpVersion);
  return problem === null ? null : malformed(problem);
}

/** A POST without a body says so, or node:http would announce chunks (RFC 9110 8.6). */
function withFraming(request: IncomingMessage, headers: string[]): string[] {
  const framed = headers.some((text, index) => index % 2 === 0 && /^(?:content-length|transfer-encoding)$/i.test(text));
  const bodyless = ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'].includes(request.method ?? '');
  return framed || bodyless ? headers : [...headers, 'Content-Length', '0'];
}

function malformed(message: string): Refusal {
  return { status: 400, type: 'request_malformed', message: `The request is not forwarded: ${message}` };
}
