/** One parsed exchange, from a client's request to an upstream's answer and back, streaming, header for header. */
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome } from '../core/capture.ts';
import { AppError } from '../core/errors.ts';
import { sayOwn, statusLine, type ToldHead, toldHead, withLength } from './answer-head.ts';
import { ClientEnd } from './client-end.ts';
import type { BodyEdit, Destination, EditedRequest, ExchangeEdit } from './edit.ts';
import { endToEndHeaders, pairsOf } from './end-to-end.ts';
import { headBytes } from './exchange-rows.ts';
import { flushHead } from './flush-head.ts';
import { resetAfterFlush } from './flush.ts';
import type { ForwardPlan } from './forward-plan.ts';
import { HeldAnswer, lengthOf } from './held-answer.ts';
import { refusalFor, refuseRequest } from './refusal.ts';
import { Silence } from './silence.ts';
import { SILENT_UPLOAD, SilentUpload } from './silent-upload.ts';
import { answerError } from './upstream-errors.ts';
import { refuseSwitch, startUpstreamRequest } from './upstream-request.ts';
import { expectsContinue, isLast, mayRepeat } from './incoming.ts';

const LINGER_MS = 10_000;
const MAX_REFUSAL_BYTES = 64 * 1024;
const BROKEN_OFF = { type: 'upstream_reset', message: 'the upstream broke off its answer' };

export function forward(request: IncomingMessage, response: ServerResponse, plan: ForwardPlan): void {
  new Exchange(request, response, plan).start();
}

class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #plan: ForwardPlan;
  readonly #clientEnd: ClientEnd;
  /** Null = not yet: the request is held. */
  #outgoing: ClientRequest | null = null;
  /** Null = where the plan says. */
  #to: Destination | null = null;
  #silence: Silence | null = null;
  /** While the request is held. */
  #upload: SilentUpload | null = null;
  /** The request was changed, and not sent again unchanged since. */
  #edited = false;
  #answered = false;
  #over = false;
  /** Heads that wait for the first of their body: what comes in the same read goes on in the same write. */
  #requestHead: NodeJS.Immediate | undefined;
  #responseHead: NodeJS.Immediate | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, plan: ForwardPlan) {
    this.#request = request;
    this.#response = response;
    this.#plan = plan;
    this.#clientEnd = new ClientEnd(request);
  }

  start(): void {
    // Whatever the framing of the answer, the date is the upstream's to give.
    this.#response.sendDate = false;
    this.#response.once('close', () => this.#clientClosed());
    this.#request.on('error', () => {});
    this.#response.on('error', () => {});
    if (this.#plan.edit === null) this.#dial(this.#plan.headers);
    else {
      this.#upload = new SilentUpload(this.#request, () => this.#refuseUpload());
      // What is held is asked for here: nobody else will before it is whole.
      if (expectsContinue(this.#request)) this.#response.writeContinue();
    }
    this.#request.on('data', (chunk: Buffer) => {
      this.#plan.rows?.requestBody(chunk);
      this.#plan.copy?.push(chunk);
      if (this.#outgoing === null) this.#hold(chunk);
      // Also after an early answer: it is the upstream's to say when it has had enough.
      else if (isLast(this.#request)) this.#endRequest(this.#outgoing, chunk);
      else if (!this.#outgoing.destroyed && !this.#write(this.#outgoing, chunk)) this.#request.pause();
    });
    this.#request.once('end', () => {
      if (this.#outgoing === null) this.#decide();
      else this.#endRequest(this.#outgoing);
      this.#plan.copy?.end();
    });
  }

  #hold(chunk: Buffer): void {
    const { edit, headers } = this.#plan;
    if (this.#over || edit === null || this.#isHeld(edit, chunk)) return;
    const outgoing = this.#dial(headers);
    if (outgoing === null) return;
    for (const held of edit.held) this.#write(outgoing, held);
    edit.release();
    if (outgoing.writableNeedDrain) this.#request.pause();
  }

  #isHeld(edit: ExchangeEdit, chunk: Buffer): boolean {
    try {
      return edit.hold(chunk);
    } catch (error) {
      this.#failed(null, error);
      return true;
    }
  }

  /** The request is whole, and nothing of it was sent. */
  #decide(): void {
    const { edit, headers } = this.#plan;
    if (this.#over || edit === null) return;
    const edited = edit.decide();
    if (edited instanceof Promise) this.#sendLater(edited);
    else this.#send(edited, edit, headers);
  }

  #sendLater(edited: Promise<EditedRequest | null>): void {
    const { edit, headers } = this.#plan;
    this.#silence?.stop();
    edited.then(
      (request) => {
        if (!this.#over && edit !== null) this.#send(request, edit, headers);
      },
      (error: unknown) => this.#giveUp(error),
    );
  }

  /** @param edited null = as the client sent it. */
  #send(edited: EditedRequest | null, edit: ExchangeEdit, headers: readonly string[]): void {
    this.#edited = edited !== null;
    this.#sendWhole(edited?.headers ?? headers, edited?.body ?? edit.held, edited?.to ?? null);
    if (edited === null) edit.release();
  }

  #sendWhole(headers: readonly string[], body: readonly Buffer[], to: Destination | null = null): void {
    this.#to = to;
    const outgoing = this.#dial(headers);
    if (outgoing === null) return;
    for (const part of body) this.#write(outgoing, part);
    this.#endRequest(outgoing);
  }

  #write(outgoing: ClientRequest, bytes: Buffer): boolean {
    clearImmediate(this.#requestHead);
    return outgoing.write(bytes);
  }

  #endRequest(outgoing: ClientRequest, last?: Buffer): void {
    clearImmediate(this.#requestHead);
    if (outgoing.destroyed || outgoing.writableEnded) return;
    if (this.#request.rawTrailers.length > 0) outgoing.addTrailers(pairsOf(this.#request.rawTrailers));
    outgoing.end(last);
  }

  /** Null = it cannot be sent, and the client has been told. */
  #dial(headers: readonly string[]): ClientRequest | null {
    this.#upload?.stop();
    const outgoing = this.#begin(headers);
    if (outgoing === null) return null;
    this.#outgoing = outgoing;
    this.#clientEnd.follow(outgoing);
    this.#requestHead = setImmediate(() => flushHead(outgoing));
    outgoing.on('information', (info) => this.#interim(info.statusCode, info.statusMessage, info.rawHeaders));
    outgoing.on('response', (incoming) => this.#hear(incoming));
    outgoing.on('error', (error) => this.#failed(outgoing, error));
    refuseSwitch(outgoing);
    outgoing.on('drain', () => this.#request.resume());
    // An upstream that is gone takes no more; the client's body is read on and dropped, so that it gets its answer.
    outgoing.on('close', () => this.#request.resume());
    this.#silence?.stop();
    this.#silence = this.#to === null ? null : this.#watch(outgoing, this.#to.silenceMs);
    return outgoing;
  }

  #watch(outgoing: ClientRequest, ms: number): Silence {
    const { host } = this.#to ?? this.#plan;
    const tooLong = (): void =>
      void outgoing.destroy(new AppError('upstream_timeout', `${host} was silent for ${Math.round(ms / 1000)} s`));
    // While the client does not read, nobody listens to the upstream.
    return new Silence(ms, tooLong, () => this.#response.writableNeedDrain);
  }

  #begin(headers: readonly string[]): ClientRequest | null {
    try {
      return startUpstreamRequest(this.#request, this.#to ?? this.#plan, headers);
    } catch (error) {
      this.#giveUp(error);
      return null;
    }
  }

  #interim(status: number, text: string, headers: readonly string[]): void {
    const { socket } = this.#response;
    // No socket: an earlier answer on a pipelined connection is not through yet. HTTP/1.0 knows no interim answers.
    if (socket === null || this.#response.headersSent || this.#request.httpVersion !== '1.1') return;
    this.#heard();
    if (status !== 100) socket.write(headBytes(`HTTP/1.1 ${status} ${text}`, endToEndHeaders(headers)));
    // node:http ends the connection with an exchange whose 100 it has not said. That of a held request was said at once.
    else if (this.#plan.edit === null) this.#response.writeContinue();
  }

  #heard(): void {
    this.#silence?.heard();
    this.#clientEnd.heard();
  }

  #hear(incoming: IncomingMessage): void {
    this.#answered = true;
    incoming.on('error', () => {});
    const edit = this.#edited ? this.#plan.edit : null;
    if (edit?.mayBeRefused(incoming) === true) this.#readRefusal(incoming, edit);
    else this.#answer(incoming, edit?.answer(incoming) ?? null, []);
  }

  /** Errors are short: this one is read before the client gets it, for it may be about what was changed. */
  #readRefusal(incoming: IncomingMessage, edit: ExchangeEdit): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_REFUSAL_BYTES) settle();
    };
    const settle = (): void => {
      incoming.off('data', take).off('close', settle);
      if (this.#over) return;
      const isWhole = incoming.complete && bytes <= MAX_REFUSAL_BYTES;
      if (isWhole && edit.isRefused(incoming.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))) {
        this.#edited = false;
        this.#answered = false;
        if (edit.again === undefined) this.#sendWhole(this.#plan.headers, edit.held);
        else this.#sendLater(edit.again());
      } else this.#answer(incoming, null, chunks);
    };
    // Not at its end: a second request would find the connection still taken.
    incoming.on('data', take).once('close', settle);
  }

  /** @param first of the body, read already. */
  #answer(incoming: IncomingMessage, bodyEdit: BodyEdit | null, first: readonly Buffer[]): void {
    const response = this.#response;
    this.#plan.edit?.release();
    this.#plan.rows?.responseHead(statusLine(incoming), incoming.rawHeaders);
    const waits = bodyEdit?.head?.isWhole === true;
    if (!waits && !this.#tellHead(incoming, toldHead(incoming, bodyEdit, this.#isOld))) return;
    const held = this.#heldAnswer(incoming, bodyEdit);
    if (!waits && held?.isHeadAlone !== true) this.#responseHead = setImmediate(() => flushHead(response));
    const pass = (chunk: Buffer, isNew = true): void => {
      clearImmediate(this.#responseHead);
      this.#heard();
      this.#plan.rows?.responseBody(chunk);
      // Of what was read already, others may wait behind it.
      if (isNew && held === null && bodyEdit === null && isLast(incoming)) {
        this.#finish('complete', null, () => response.end(chunk));
        return;
      }
      const edited = bodyEdit === null ? chunk : bodyEdit.push(chunk);
      const bytes = held === null ? edited : held.push(edited);
      if (bytes.length > 0 && !response.write(bytes)) incoming.pause();
    };
    for (const chunk of first) pass(chunk, false);
    response.on('drain', () => incoming.resume());
    incoming.on('data', (chunk: Buffer) => pass(chunk));
    const end = (): void => this.#endAnswer(incoming, bodyEdit, held);
    if (incoming.closed) end();
    else incoming.once('end', end).once('close', end);
  }

  #heldAnswer(incoming: IncomingMessage, bodyEdit: BodyEdit | null): HeldAnswer | null {
    if (!this.#plan.holdsEnd) return null;
    return new HeldAnswer(this.#request.method ?? '', incoming.statusCode ?? 502, lengthOf(incoming, bodyEdit));
  }

  get #isOld(): boolean {
    return this.#request.httpVersion !== '1.1';
  }

  /** False = it cannot be written, and that is dealt with. */
  #tellHead(incoming: IncomingMessage, { status, reason, headers }: ToldHead): boolean {
    try {
      this.#response.writeHead(status, reason, headers);
      return true;
    } catch (error) {
      // llhttp lets pass what node:http does not write, e.g. control characters in a reason phrase.
      this.#answered = false;
      this.#failed(this.#outgoing, error);
      incoming.destroy();
      return false;
    }
  }

  /** Called at the end of the upstream's answer, or where it was cut. */
  #endAnswer(incoming: IncomingMessage, bodyEdit: BodyEdit | null, held: HeldAnswer | null): void {
    if (this.#over) return;
    clearImmediate(this.#responseHead);
    const rest = bodyEdit?.end(incoming.complete);
    if (bodyEdit?.head?.isWhole === true) {
      this.#tellWhole(incoming, bodyEdit, rest ?? Buffer.alloc(0));
      return;
    }
    if (rest !== undefined && rest.length > 0) this.#response.write(rest);
    if (!incoming.complete) {
      this.#cutShort();
      return;
    }
    this.#finish('complete', null, () => {
      if (incoming.rawTrailers.length > 0) this.#response.addTrailers(pairsOf(incoming.rawTrailers));
      this.#response.end(held?.last ?? undefined);
    });
  }

  /** An answer whose head had to wait for its end; where that was cut, the body says so. */
  #tellWhole(incoming: IncomingMessage, bodyEdit: BodyEdit, body: Buffer): void {
    const { status, reason, headers } = withLength(toldHead(incoming, bodyEdit, this.#isOld), body);
    const answer = (): void => {
      try {
        this.#response.writeHead(status, reason, headers).end(body);
      } catch {
        // What cannot be written must not keep the client waiting.
        this.#request.socket.destroy();
      }
    };
    if (incoming.complete) this.#finish('complete', null, answer);
    else this.#finish('upstream_aborted', BROKEN_OFF, answer);
  }

  /** @param answer ends it for the client: when the call is on record, if that is asked for. */
  #finish(told: Outcome, why: { type: string; message: string } | null, answer?: () => void): void {
    const isLeft = told !== 'complete' && this.#clientEnd.isTold;
    const [outcome, error] = isLeft ? (['client_aborted', null] as const) : [told, why];
    this.#over = true;
    this.#silence?.stop();
    this.#upload?.stop();
    this.#clientEnd.stop();
    clearImmediate(this.#requestHead);
    const { rows, holdsEnd } = this.#plan;
    this.#closeEdit();
    if (holdsEnd && rows !== null && answer !== undefined) {
      rows.end(outcome, error, undefined, answer);
      return;
    }
    rows?.end(outcome, error);
    answer?.();
  }

  #closeEdit(): void {
    const { edit, copy, rows } = this.#plan;
    if (!this.#request.complete) copy?.abort();
    if (edit === null) return;
    edit.over?.();
    edit.release();
    if (edit.mark !== null) rows?.mark(edit.mark);
  }

  /** The upstream broke off: so do we, never with a clean end. */
  #cutShort(): void {
    this.#finish('upstream_aborted', BROKEN_OFF, () => {
      flushHead(this.#response);
      resetAfterFlush(this.#request.socket, LINGER_MS);
    });
  }

  #refuseUpload(): void {
    const { type, message } = SILENT_UPLOAD;
    const refuse = (): void => refuseRequest(this.#request, this.#response, SILENT_UPLOAD);
    this.#finish('client_aborted', { type, message }, refuse);
  }

  #clientClosed(): void {
    if (this.#over) return;
    this.#finish('client_aborted', null);
    this.#outgoing?.destroy();
  }

  #failed(outgoing: ClientRequest | null, error: unknown): void {
    if (this.#over || this.#answered || outgoing !== this.#outgoing) return;
    // It ended because its client has: nobody tries again for that one.
    if (this.#clientEnd.isTold) this.#giveUp(error);
    else if (mayRepeat(outgoing, error, this.#request, this.#plan.headers)) this.#dial(this.#plan.headers)?.end();
    else {
      const again = this.#edited ? (this.#plan.edit?.failed?.(error) ?? null) : null;
      if (again === null) this.#giveUp(error);
      else this.#sendLater(again);
    }
  }

  /** No answer will come. */
  #giveUp(error: unknown): void {
    if (this.#over) return;
    // What fails later than the dialling fails when the upstream may be at work already.
    const isDialled = !(error instanceof AppError);
    const refusal = refusalFor(isDialled ? answerError(error, this.#to ?? this.#plan) : error);
    const outcome = isDialled ? 'upstream_aborted' : 'upstream_error';
    const own = this.#plan.edit?.instead?.() ?? null;
    this.#finish(outcome, { type: refusal.type, message: refusal.message }, () =>
      own === null ? refuseRequest(this.#request, this.#response, refusal) : sayOwn(this.#response, own),
    );
  }
}
