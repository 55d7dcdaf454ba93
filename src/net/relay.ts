import type { Duplex } from 'node:stream';
import { AppError, codeOf } from '../core/errors.ts';
import { stripHeaders } from '../wire/head.ts';
import { MessageParser, type Framing, type MessageHandler } from '../wire/http1.ts';
import { ClientSide } from './client-side.ts';
import { connectEngine } from './engine-link.ts';
import { refusalBytes, refusalFor, type Refusal } from './refusal.ts';
import { RELAY_TIMES, type RelayOptions, type RelayTimes, type Slot } from './relay-types.ts';
import { COMPLETE, Tap, type Verdict } from './tap.ts';
import { UpstreamLink, watchPeer, type PeerEvents } from './upstream-link.ts';

/** What a refused client may still send before the connection is closed over it. */
const MAX_REFUSED_BODY_BYTES = 64 * 1024 * 1024;
/** So much is read ahead of what can be sent on: a client is only seen to leave while it is read. */
const MAX_READ_AHEAD_BYTES = 64 * 1024;
/** Ours and LLMObserve's context headers: the recorder reads them, nobody else gets them. */
const CONTEXT_HEADERS = ['x-llmobserve-', 'x-llm-proxy-'];
const CONTEXT_HEADER_LINE = /^x-(?:llmobserve|llm-proxy)-/im;
const CLIENT_GONE: Verdict = { outcome: 'client_aborted', error: null };

/**
 * Bytes across between one client and its upstream, as they are, with a parser watching each direction. What the
 * parser does not understand makes the connection opaque, and the bytes flow on; only a connection whose requests we
 * steer or change fails closed. The reasons for each rule: docs/decisions/0010.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #times: RelayTimes;
  readonly #client: ClientSide;
  readonly #upstream: UpstreamLink;
  readonly #peerEvents: PeerEvents;
  readonly #requests: MessageParser;
  readonly #responses: MessageParser;
  #slot: Slot | null = null;
  /** Where request bytes go and response bytes come from: the upstream, or a server of ours; null = not there (yet). */
  #peer: Duplex | null = null;
  #peerBlocked = false;
  /** Request bytes for a peer that is still being dialled. */
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Request bytes behind the current exchange. */
  #pending: Buffer | null = null;
  /** Set while the bytes are read in which a request head ended. */
  #freshHead: { bytes: Buffer; framing: Framing } | null = null;
  #strict: boolean;
  #opaque = false;
  #refusing = false;
  #refusedBytes = 0;
  /** No further exchange on this connection. */
  #last = false;
  #clientEnded = false;
  #used = false;
  #told = false;
  #headTimer: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#times = { ...RELAY_TIMES, ...options.times };
    this.#client = new ClientSide(options.client, options.raw, this.#times);
    this.#strict = options.divert !== undefined;
    this.#peerEvents = {
      data: (peer, chunk) => this.#onPeerData(peer, chunk),
      drain: (peer) => this.#onPeerDrain(peer),
      end: (peer) => this.#onPeerEnd(peer, null, false),
      lost: (peer, error) => this.#onPeerEnd(peer, error, true),
    };
    this.#upstream = new UpstreamLink(options.dial, this.#peerEvents, () => this.#onDialled());
    this.#requests = new MessageParser('request', this.#requestHandler(), CONTEXT_HEADERS);
    this.#responses = new MessageParser('response', this.#responseHandler());
    // While the client is still in its handshake, unless a rule may answer in the upstream's place.
    if (options.divert === undefined) this.#upstream.open();
  }

  /** The client has sent something. */
  get used(): boolean {
    return this.#used;
  }

  /** No exchange is live, and none has begun. */
  get idle(): boolean {
    return this.#slot === null && !this.#opaque && !this.#requests.begun;
  }

  /** The client is ready to be read. */
  start(): void {
    const { client } = this.#options;
    client.on('data', (chunk: Buffer) => this.#onClientData(chunk));
    client.on('drain', () => this.#peer?.resume());
    client.on('end', () => this.#onClientEnd());
    client.on('error', () => client.destroy());
    client.on('close', () => this.#onClientClose());
  }

  /** In place of `start`: the client never became ready. */
  abandon(): void {
    this.#upstream.close();
  }

  #requestHandler(): MessageHandler {
    return {
      head: (bytes, framing) => {
        this.#freshHead = { bytes, framing };
        this.#slot = this.#openSlot(bytes, framing);
      },
      body: (bytes) => this.#slot?.tap.body('request', bytes),
      end: () => {
        if (this.#slot !== null) this.#slot.requestDone = true;
      },
    };
  }

  #responseHandler(): MessageHandler {
    return {
      head: (bytes, framing) => {
        this.#slot?.tap.head('response', bytes);
        if (this.#slot !== null) this.#slot.persistent &&= framing.persistent;
      },
      body: (bytes) => this.#slot?.tap.body('response', bytes),
      end: () => {
        if (this.#slot !== null) this.#slot.responseDone = true;
      },
    };
  }

  #openSlot(head: Buffer, { method, persistent, expectContinue }: Framing): Slot {
    const { deps, info } = this.#options;
    if (!this.#told) {
      this.#told = true;
      try {
        deps.recorder.connection(info);
      } catch {
        deps.counters.add('internal_errors', 'part="recorder_port"');
      }
    }
    const tap = new Tap(deps, info.connection);
    tap.head('request', head);
    this.#responses.expect(method);
    return {
      tap,
      method,
      expectContinue,
      persistent,
      diverted: false,
      requestDone: false,
      responseDone: false,
      responseBytes: 0,
      verdict: null,
    };
  }

  // From the client

  #onClientData(chunk: Buffer): void {
    this.#used = true;
    if (this.#refusing) this.#drainRefused(chunk);
    else if (this.#opaque) this.#toPeerOpaque(chunk);
    else if (this.#client.closing && this.#slot === null) return;
    else this.#readRequests(chunk);
  }

  #readRequests(chunk: Buffer): void {
    for (let from = 0; from < chunk.length && !this.#refusing;) {
      // Further requests wait for the end of this exchange, or their answers would be mixed up.
      if (this.#slot === null ? this.#last : this.#slot.requestDone) {
        const rest = chunk.subarray(from);
        this.#pending = this.#pending === null ? rest : Buffer.concat([this.#pending, rest]);
        this.#updateClientFlow();
        return;
      }
      const earlier = this.#slot === null ? this.#requests.held : null;
      const to = this.#requests.execute(chunk, from);
      if (this.#requests.anomaly !== null) {
        this.#onRequestAnomaly(earlier, chunk.subarray(from));
        return;
      }
      const bytes = from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to);
      if (this.#slot === null) this.#armHeadTimer();
      else if (this.#freshHead === null) this.#toPeer(bytes);
      else this.#beginExchange(this.#slot, this.#freshHead, earlier, bytes, chunk.subarray(this.#requests.headEnd, to));
      from = to;
    }
    this.#endExchangeIfDone();
  }

  /** @param bytes as read, from the first byte of the head (or what is not in `earlier`) on. @param rest behind the head. */
  #beginExchange(
    slot: Slot,
    head: { bytes: Buffer; framing: Framing },
    earlier: Buffer | null,
    bytes: Buffer,
    rest: Buffer,
  ): void {
    this.#freshHead = null;
    clearTimeout(this.#headTimer);
    this.#headTimer = undefined;
    if (!this.#choosePeer(slot, head.bytes)) return;
    const stripped = head.framing.watched ? stripHeaders(head.bytes, CONTEXT_HEADERS) : null;
    if (stripped !== null && stripped.cut.length > 0) {
      this.#strict = true;
      this.#toPeer(rest.length === 0 ? stripped.head : Buffer.concat([stripped.head, rest]));
    } else {
      if (earlier !== null) this.#toPeer(earlier);
      this.#toPeer(bytes);
    }
    this.#mirrorClientEnd();
  }

  /** False = the request was refused. */
  #choosePeer(slot: Slot, head: Buffer): boolean {
    try {
      const server = this.#options.divert?.(head) ?? null;
      if (server !== null) {
        slot.diverted = true;
        this.#peer = connectEngine(server);
        watchPeer(this.#peer, this.#peerEvents);
        return true;
      }
    } catch (error) {
      // A request that was to be steered never slips past.
      this.#options.deps.counters.add('internal_errors', 'part="divert"');
      this.#refuse(slot, { status: 500, type: 'internal_error', message: 'This request could not be steered.' }, error);
      return false;
    }
    this.#upstream.open();
    this.#peer = this.#upstream.socket;
    if (this.#upstream.error === null) return true;
    this.#refuse(slot, refusalFor(this.#upstream.error), this.#upstream.error);
    return false;
  }

  #onDialled(): void {
    if (this.#peer !== null || this.#slot?.diverted === true || (this.#slot === null && !this.#opaque)) return;
    if (this.#upstream.error !== null) {
      const refusal = refusalFor(this.#upstream.error);
      if (this.#slot !== null) this.#refuse(this.#slot, refusal, this.#upstream.error);
      else this.#sayLast(refusalBytes(refusal));
      return;
    }
    this.#peer = this.#upstream.socket;
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const bytes of queue) this.#toPeer(bytes);
    this.#updateClientFlow();
    this.#mirrorClientEnd();
  }

  #toPeer(bytes: Buffer): void {
    const peer = this.#peer;
    if (peer === null) {
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
    } else if (peer.destroyed || peer.writableEnded || peer.write(bytes)) {
      // A peer that is gone has answered already (or the exchange would be over): the rest of the request is dropped.
      return;
    } else {
      this.#peerBlocked = true;
      this.#stallTimer ??= setTimeout(() => this.#onStalled(), this.#times.stalledWriteMs);
    }
    this.#updateClientFlow();
  }

  #toPeerOpaque(bytes: Buffer): void {
    this.#slot?.tap.opaque('request', bytes.length);
    this.#toPeer(bytes);
  }

  #updateClientFlow(): void {
    const ahead = this.#queuedBytes + (this.#pending?.length ?? 0);
    const { client } = this.#options;
    if (this.#peerBlocked || ahead > MAX_READ_AHEAD_BYTES) client.pause();
    else if (client.isPaused()) client.resume();
  }

  #onPeerDrain(peer: Duplex): void {
    if (peer !== this.#peer) return;
    this.#unblock();
  }

  #unblock(): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    this.#peerBlocked = false;
    this.#updateClientFlow();
  }

  #onStalled(): void {
    const message = 'the upstream took no request bytes';
    this.#cut({ outcome: 'upstream_aborted', error: { type: 'upstream_stalled', message } });
  }

  #armHeadTimer(): void {
    if (!this.#requests.begun || this.#headTimer !== undefined) return;
    const message = 'The request head did not arrive in time.';
    const bytes = refusalBytes({ status: 408, type: 'request_timeout', message });
    this.#headTimer = setTimeout(() => this.#sayLast(bytes), this.#times.headMs);
  }

  // From the upstream, or a server of ours

  #onPeerData(peer: Duplex, chunk: Buffer): void {
    const slot = this.#slot;
    if (peer !== this.#peer || slot?.responseDone === true) {
      this.#dropUnsolicited(peer);
    } else if (this.#opaque) {
      slot?.tap.opaque('response', chunk.length);
      this.#toClient(peer, chunk);
    } else if (slot !== null) {
      this.#readResponse(slot, peer, chunk);
    }
  }

  #readResponse(slot: Slot, peer: Duplex, chunk: Buffer): void {
    const to = this.#responses.execute(chunk);
    if (this.#responses.anomaly !== null) {
      this.#onResponseAnomaly(slot, peer, chunk, this.#responses.anomaly);
      return;
    }
    const switched = this.#responses.opaque;
    const bytes = to === chunk.length || switched ? chunk : chunk.subarray(0, to);
    slot.responseBytes += bytes.length;
    this.#toClient(peer, bytes);
    if (switched) {
      slot.tap.opaque('response', chunk.length - to);
      this.#becomeOpaque({ outcome: 'upgraded', error: null });
    } else if (to < chunk.length) this.#dropUnsolicited(peer);
    this.#endExchangeIfDone();
  }

  #toClient(peer: Duplex, bytes: Buffer): void {
    this.#stallTimer?.refresh();
    if (!this.#client.write(bytes)) peer.pause();
  }

  /** Bytes or an end that answer nothing, such as the 408 of an idle connection: they never reach the client. */
  #dropUnsolicited(peer: Duplex): void {
    if (peer === this.#upstream.socket) this.#upstream.drop();
    else peer.destroy();
    if (this.#last) this.#client.end();
  }

  #onPeerEnd(peer: Duplex, error: unknown, lost: boolean): void {
    if (peer !== this.#peer) {
      this.#dropUnsolicited(peer);
      return;
    }
    if (!lost) this.#responses.finish();
    if (this.#opaque ? !lost : this.#slot?.responseDone === true) {
      // What the client still sends goes on to the upstream as long as that takes it (an early 413 is answered so).
      if (lost) this.#unblock();
      this.#client.end();
      this.#last = true;
      this.#endExchangeIfDone();
      return;
    }
    const reset = lost && codeOf(error) !== null;
    const message = `the upstream ${reset ? 'reset' : 'closed'} the connection before its answer was whole`;
    this.#cut({ outcome: 'upstream_aborted', error: { type: reset ? 'upstream_reset' : 'upstream_closed', message } });
  }

  // Ends

  #endExchangeIfDone(): void {
    const slot = this.#slot;
    if (slot === null || this.#opaque || this.#refusing || !slot.requestDone || !slot.responseDone) return;
    const peer = this.#peer;
    this.#closeSlot(slot, COMPLETE);
    this.#peer = null;
    peer?.resume();
    if (slot.diverted) peer?.destroy();
    if (this.#peerBlocked) this.#unblock();
    const pending = this.#pending;
    this.#pending = null;
    if (!slot.persistent) this.#last = true;
    if (this.#last) {
      // A client may read until the end rather than by length: it gets the upstream's end.
      if (slot.diverted || this.#upstream.socket === null || this.#upstream.socket.readableEnded) this.#client.end();
    } else if (pending !== null) {
      this.#updateClientFlow();
      this.#readRequests(pending);
    }
    if (this.#clientEnded && this.#slot === null) this.#leave();
  }

  #closeSlot(slot: Slot, verdict: Verdict): void {
    slot.tap.end(slot.verdict ?? verdict);
    this.#slot = null;
  }

  #onClientEnd(): void {
    this.#clientEnded = true;
    const slot = this.#slot;
    if (this.#client.closing) return;
    if (slot === null && !this.#opaque) this.#leave();
    else if (this.#opaque || (slot?.requestDone === true && this.#peer !== null)) this.#mirrorClientEnd();
    else this.#options.client.destroy();
  }

  /** A client that ends behind its request may still want the answer: the upstream is told just what we were told. */
  #mirrorClientEnd(): void {
    const whole = this.#opaque || (this.#slot?.requestDone === true && this.#pending === null);
    if (this.#clientEnded && whole && this.#peer !== null && !this.#peer.writableEnded) this.#peer.end();
  }

  #leave(): void {
    this.#upstream.close();
    this.#client.end();
  }

  /** The client must not take for whole what is not. */
  #cut(verdict: Verdict): void {
    const slot = this.#slot;
    if (slot !== null) this.#closeSlot(slot, this.#clientEnded ? CLIENT_GONE : verdict);
    this.#last = true;
    this.#pending = null;
    this.#peer?.destroy();
    this.#upstream.close();
    this.#client.reset();
  }

  #onClientClose(): void {
    clearTimeout(this.#headTimer);
    clearTimeout(this.#stallTimer);
    const slot = this.#slot;
    if (slot !== null) {
      this.#closeSlot(slot, slot.responseDone ? COMPLETE : CLIENT_GONE);
      if (!slot.responseDone || slot.diverted) this.#peer?.destroy();
    }
    this.#upstream.close();
  }

  // What cannot be framed

  #onRequestAnomaly(earlier: Buffer | null, rest: Buffer): void {
    const reason = this.#requests.anomaly ?? 'start_line';
    const slot = this.#slot;
    const bytes = earlier === null ? rest : Buffer.concat([earlier, rest]);
    const wantsStripping =
      this.#freshHead?.framing.watched === true ||
      (slot === null && CONTEXT_HEADER_LINE.test(bytes.toString('latin1')));
    this.#options.deps.counters.add('unparsed', `reason="${reason}"`);
    clearTimeout(this.#headTimer);
    if (this.#strict || wantsStripping) {
      const message = `The request is not framed beyond doubt (${reason}).`;
      const refusal = { status: 400, type: 'ambiguous_request', message };
      if (slot === null) this.#sayLast(refusalBytes(refusal));
      else this.#refuse(slot, refusal, new AppError('authority_malformed', message));
      return;
    }
    if (this.#peer === null) {
      this.#upstream.open();
      this.#peer = this.#upstream.socket;
    }
    this.#freshHead = null;
    this.#becomeOpaque({ outcome: 'unparsed', error: { type: 'unparsed', message: reason } });
    this.#toPeerOpaque(bytes);
    if (this.#upstream.error !== null) this.#onDialled();
  }

  #onResponseAnomaly(slot: Slot, peer: Duplex, chunk: Buffer, reason: string): void {
    this.#options.deps.counters.add('unparsed', `reason="${reason}"`);
    if (!this.#strict) {
      this.#becomeOpaque({ outcome: 'unparsed', error: { type: 'unparsed', message: reason } });
      slot.tap.opaque('response', chunk.length);
      this.#toClient(peer, chunk);
      return;
    }
    const message = `The answer is not framed beyond doubt (${reason}).`;
    this.#refuse(slot, { status: 502, type: 'ambiguous_response', message }, null);
  }

  /** No way back: whatever comes from either side goes to the other. */
  #becomeOpaque(verdict: Verdict): void {
    this.#opaque = true;
    if (this.#slot !== null) this.#slot.verdict = verdict;
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) this.#toPeerOpaque(pending);
    this.#updateClientFlow();
  }

  // Answers of ours

  /** Answers in place of the upstream, hears the rest of the request (or most clients never read the answer), ends. */
  #refuse(slot: Slot, refusal: Refusal, cause: unknown): void {
    const error = { type: refusal.type, message: refusal.message };
    slot.verdict = { outcome: outcomeOf(refusal, cause), error };
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#pending = null;
    this.#freshHead = null;
    this.#peer?.destroy();
    this.#peer = null;
    this.#upstream.close();
    if (slot.responseBytes > 0) {
      this.#cut(slot.verdict);
      return;
    }
    this.#refusing = true;
    this.#unblock();
    const bytes = refusalBytes(refusal);
    this.#client.write(slot.method === 'HEAD' ? bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4) : bytes);
    if (slot.requestDone || slot.expectContinue || this.#requests.anomaly !== null) this.#endRefused();
    else this.#stallTimer = setTimeout(() => this.#endRefused(), this.#times.lingerMs);
  }

  #drainRefused(chunk: Buffer): void {
    const slot = this.#slot;
    if (slot === null || this.#client.closing) return;
    this.#stallTimer?.refresh();
    this.#refusedBytes += chunk.length;
    this.#requests.execute(chunk);
    if (slot.requestDone || this.#requests.anomaly !== null || this.#refusedBytes > MAX_REFUSED_BODY_BYTES) {
      this.#endRefused();
    }
  }

  #endRefused(): void {
    clearTimeout(this.#stallTimer);
    if (this.#slot !== null) this.#closeSlot(this.#slot, COMPLETE);
    this.#client.end();
  }

  /** For bytes that never became an exchange. */
  #sayLast(bytes: Buffer): void {
    this.#last = true;
    this.#client.write(bytes);
    this.#leave();
  }
}

function outcomeOf(refusal: Refusal, cause: unknown): Verdict['outcome'] {
  if (refusal.status < 500) return 'refused';
  return cause === null ? 'upstream_aborted' : 'upstream_error';
}
