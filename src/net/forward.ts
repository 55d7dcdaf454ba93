/** One parsed exchange, from a client's request to an upstream's answer and back, streaming, header for header. */
import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { endToEndHeaders, pairsOf } from './end-to-end.ts';
import type { ExchangeRows } from './exchange-rows.ts';
import { headBytes } from './exchange-rows.ts';
import { resetAfterFlush } from './flush.ts';
import { refusalFor, refuseRequest } from './refusal.ts';

export interface ForwardPlan {
  agent: Agent;
  host: string;
  port: number;
  path: string;
  /** Raw, as the upstream gets them. */
  headers: readonly string[];
  /** Null = not recorded. */
  rows: ExchangeRows | null;
}

/** Response heads of model servers are short; this is what we accept from clients too. */
const MAX_HEAD_BYTES = 64 * 1024;
const LINGER_MS = 10_000;
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Starts the upstream half of an exchange: the head is sent at once, the body is up to the caller. */
export function startUpstreamRequest(request: IncomingMessage, plan: ForwardPlan): ClientRequest {
  const outgoing = httpRequest({
    agent: plan.agent,
    host: plan.host,
    port: plan.port,
    method: request.method,
    path: plan.path,
    headers: plan.headers as string[],
    setHost: false,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  // 0 = all of them: the default silently forgets those beyond the 2,000th.
  outgoing.maxHeadersCount = 0;
  outgoing.flushHeaders();
  return outgoing;
}

export function forward(request: IncomingMessage, response: ServerResponse, plan: ForwardPlan): void {
  new Exchange(request, response, plan).start();
}

class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #plan: ForwardPlan;
  #outgoing: ClientRequest | null = null;
  #answered = false;
  #over = false;

  constructor(request: IncomingMessage, response: ServerResponse, plan: ForwardPlan) {
    this.#request = request;
    this.#response = response;
    this.#plan = plan;
  }

  start(): void {
    // Whatever the framing of the answer, the date is the upstream's to give.
    this.#response.sendDate = false;
    this.#response.once('close', () => this.#clientClosed());
    this.#request.on('error', () => {});
    this.#response.on('error', () => {});
    const outgoing = this.#dial();
    this.#request.on('data', (chunk: Buffer) => {
      this.#plan.rows?.requestBody(chunk);
      // Also after an early answer: it is the upstream's to say when it has had enough.
      if (!outgoing.destroyed && !outgoing.write(chunk)) this.#request.pause();
    });
    outgoing.on('drain', () => this.#request.resume());
    // An upstream that is gone takes no more; the client's body is read on and dropped, so that it gets its answer.
    outgoing.on('close', () => this.#request.resume());
    this.#request.once('end', () => {
      if (outgoing.destroyed) return;
      if (this.#request.rawTrailers.length > 0) outgoing.addTrailers(pairsOf(this.#request.rawTrailers));
      outgoing.end();
    });
  }

  #dial(): ClientRequest {
    const outgoing = startUpstreamRequest(this.#request, this.#plan);
    this.#outgoing = outgoing;
    outgoing.on('information', (info) => this.#interim(info.statusCode, info.statusMessage, info.rawHeaders));
    outgoing.on('response', (incoming) => this.#answer(incoming));
    outgoing.on('error', (error) => this.#failed(outgoing, error));
    return outgoing;
  }

  #interim(status: number, text: string, headers: readonly string[]): void {
    const { socket } = this.#response;
    // No socket: an earlier answer on a pipelined connection is not through yet. HTTP/1.0 knows no interim answers.
    if (socket === null || this.#response.headersSent || this.#request.httpVersion !== '1.1') return;
    socket.write(headBytes(`HTTP/1.1 ${status} ${text}`, endToEndHeaders(headers)));
  }

  #answer(incoming: IncomingMessage): void {
    const response = this.#response;
    this.#answered = true;
    const status = incoming.statusCode ?? 502;
    const reason = incoming.statusMessage ?? '';
    const options = { withoutTransferEncoding: this.#request.httpVersion !== '1.1' };
    this.#plan.rows?.responseHead(`HTTP/${incoming.httpVersion} ${status} ${reason}`, incoming.rawHeaders);
    try {
      response.writeHead(status, reason, endToEndHeaders(incoming.rawHeaders, options));
    } catch (error) {
      // llhttp lets pass what node:http does not write, e.g. control characters in a reason phrase.
      this.#answered = false;
      this.#failed(this.#outgoing, error);
      incoming.destroy();
      return;
    }
    response.flushHeaders();
    incoming.on('data', (chunk: Buffer) => {
      this.#plan.rows?.responseBody(chunk);
      if (!response.write(chunk)) incoming.pause();
    });
    response.on('drain', () => incoming.resume());
    incoming.once('end', () => {
      if (!incoming.complete) return;
      this.#finish();
      if (incoming.rawTrailers.length > 0) response.addTrailers(pairsOf(incoming.rawTrailers));
      response.end();
    });
    incoming.on('error', () => {});
    incoming.once('close', () => {
      if (!incoming.complete) this.#cutShort();
    });
  }

  #finish(): void {
    this.#over = true;
    this.#plan.rows?.end('complete');
  }

  /** The upstream broke off: so do we, never with a clean end. */
  #cutShort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#plan.rows?.end('upstream_aborted', { type: 'upstream_reset', message: 'the upstream broke off its answer' });
    resetAfterFlush(this.#request.socket, LINGER_MS);
  }

  #clientClosed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#plan.rows?.end('client_aborted');
    this.#outgoing?.destroy();
  }

  #failed(outgoing: ClientRequest | null, error: unknown): void {
    if (this.#over || this.#answered || outgoing !== this.#outgoing) return;
    if (this.#mayRepeat(outgoing, error)) {
      this.#dial().end();
      return;
    }
    this.#over = true;
    const refusal = refusalFor(error instanceof AppError ? error : describe(error, this.#plan));
    this.#plan.rows?.end('upstream_error', { type: refusal.type, message: refusal.message });
    refuseRequest(this.#request, this.#response, refusal);
  }

  /** Once, for a request without a body and without effects that met the idle close of a kept connection. A POST never. */
  #mayRepeat(outgoing: ClientRequest | null, error: unknown): boolean {
    const stale = outgoing?.reusedSocket === true && ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '');
    const empty = this.#request.complete && REPEATABLE.has(this.#request.method ?? '');
    return stale && empty && !this.#plan.headers.some((text) => /^(?:content-length|transfer-encoding)$/i.test(text));
  }
}

function describe(error: unknown, { host }: ForwardPlan): AppError {
  const code = codeOf(error) ?? '';
  if (code.startsWith('HPE_'))
    return new AppError('upstream_reset', `${host} sent an answer that is not well-formed HTTP/1.1 (${code})`, {
      cause: error,
    });
  return new AppError('upstream_reset', `${host} closed the connection before it answered: ${messageOf(error)}`, {
    cause: error,
  });
}
