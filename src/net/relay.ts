import type { Duplex } from 'node:stream';
import { hearClient } from './client-listeners.ts';
import { ClientSide } from './client-side.ts';
import { Deadline } from './deadline.ts';
import { Exchanges } from './exchanges.ts';
import { ambiguous, HEAD_TIMEOUT, refusalBytes, refusalFor, type Refusal } from './refusal.ts';
import { RefusedRequest } from './refused-request.ts';
import { RequestPath } from './request-path.ts';
import { isDone, RELAY_TIMES, type RelayOptions, type RelayTimes, type Slot } from './slot.ts';
import { CLIENT_GONE, COMPLETE, UPGRADED, STALLED, upstreamGone, type Verdict } from './tap.ts';
import { UpstreamLink } from './upstream-link.ts';

/**
 * Bytes across between one client and its upstream, as they are, with a parser watching each direction. What the
 * parser does not understand makes the connection opaque, and the bytes flow on; only a connection whose requests we
 * change fails closed. The reasons for each rule: docs/relay.md.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #times: RelayTimes;
  readonly #client: ClientSide;
  readonly #exchanges: Exchanges;
  readonly #path: RequestPath;
  readonly #upstream: UpstreamLink;
  #refused: RefusedRequest | null = null;
  /** What cannot be framed beyond doubt is refused. */
  #strict = false;
  /** Nothing is read any more, all is passed on. */
  #opaque = false;
  /** No further exchange on this connection. */
  #last = false;
  #clientEnded = false;
  #leaveClient: (() => void) | null = null;
  #handOver: (() => void) | null = null;
  readonly #headDue = new Deadline();
  readonly #endDue = new Deadline();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#times = { ...RELAY_TIMES, ...options.times };
    this.#client = new ClientSide(options.client, options.raw, this.#times, options.deps);
    this.#exchanges = new Exchanges(options);
    this.#path = new RequestPath(options.client, this.#times.stalledWriteMs, () => this.#cut(STALLED));
    this.#upstream = new UpstreamLink(
      () => options.dial(),
      {
        data: (peer, chunk) => this.#onPeerData(peer, chunk),
        drain: (peer) => {
          if (peer === this.#path.peer) this.#path.unblock();
        },
        end: (peer) => this.#onPeerEnd(peer, null, false),
        lost: (peer, error) => this.#onPeerEnd(peer, error, true),
      },
      () => this.#onDialled(),
    );
    // While the client is still in its handshake.
    this.#upstream.open();
  }

  /** No exchange is live, and none has begun. */
  get idle(): boolean {
    return this.#exchanges.current === null && !this.#opaque && !this.#exchanges.requests.begun;
  }

  /** What is said on it is not read any more. */
  get opaque(): boolean {
    return this.#opaque;
  }

  /** The client is ready to be read. */
  start(): void {
    this.#leaveClient = hearClient(this.#options.client, {
      data: (chunk) => this.#onClientData(chunk),
      drain: () => this.#path.peer?.resume(),
      end: () => this.#onClientEnd(),
      close: () => this.#onClientClose(),
    });
    this.#handOverIfIdle();
  }

  /** Once its exchange is over, the client is another's: from the next head on, all of it. @param handOver null = no more. */
  retire(handOver: (() => void) | null): void {
    this.#handOver = handOver;
    this.#handOverIfIdle();
  }

  /** In place of `start`: the client never became ready. */
  abandon(): void {
    this.#upstream.close();
  }

  // From the client

  #onClientData(chunk: Buffer): void {
    if (this.#refused !== null) this.#refused.hear(chunk);
    else if (this.#opaque) this.#passOpaque(chunk);
    // When the client was told its end between two requests, it is heard out and what it says is dropped.
    else if (this.#exchanges.current !== null || !this.#client.closing) this.#readRequests(chunk);
  }

  #readRequests(chunk: Buffer): void {
    for (let from = 0; from < chunk.length && this.#refused === null;) {
      // Further requests wait for the end of this exchange, or their answers would be mixed up.
      if (this.#exchanges.current === null ? this.#last : this.#exchanges.current.requestDone) {
        this.#path.hold(chunk.subarray(from));
        return;
      }
      const earlier = this.#exchanges.current === null ? this.#exchanges.requests.held : null;
      const to = this.#exchanges.requests.execute(chunk, from);
      if (this.#exchanges.requests.anomaly !== null) {
        this.#onRequestAnomaly(earlier, chunk.subarray(from), to - from);
        return;
      }
      const bytes = from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to);
      if (this.#exchanges.current === null) {
        if (this.#exchanges.requests.begun) this.#headDue.arm(this.#times.headMs, () => this.#sayLast(HEAD_TIMEOUT));
      } else if (this.#exchanges.freshHead === null) this.#path.write(bytes);
      else this.#begin(this.#exchanges.current, earlier, bytes, chunk.subarray(this.#exchanges.requests.headEnd, to));
      from = to;
    }
    this.#mirrorClientEnd();
    this.#endExchangeIfDone();
  }

  /** @param earlier what came of the head in earlier reads. @param bytes just read. @param behind of them, those behind the head. */
  #begin(slot: Slot, earlier: Buffer | null, bytes: Buffer, behind: Buffer): void {
    const head = this.#exchanges.freshHead;
    this.#exchanges.freshHead = null;
    this.#headDue.clear();
    if (head === null || !this.#connect(slot)) return;
    const rewritten = head.framing.watched ? this.#exchanges.context.strip(head.bytes) : null;
    if (rewritten === null) {
      if (earlier !== null) this.#path.write(earlier);
      this.#path.write(bytes);
    } else {
      this.#strict = true;
      this.#path.write(behind.length === 0 ? rewritten : Buffer.concat([rewritten, behind]));
    }
  }

  /** False = the request was refused. */
  #connect(slot: Slot): boolean {
    this.#upstream.open();
    this.#path.connect(this.#upstream.socket);
    if (this.#upstream.error === null) return true;
    this.#refuse(slot, refusalFor(this.#upstream.error));
    return false;
  }

  #onDialled(): void {
    if ((!this.#opaque && this.#exchanges.current === null) || this.#path.peer !== null) return;
    if (this.#upstream.error === null) {
      this.#path.connect(this.#upstream.socket);
      this.#mirrorClientEnd();
    } else if (this.#exchanges.current === null) this.#sayLast(refusalFor(this.#upstream.error));
    else this.#refuse(this.#exchanges.current, refusalFor(this.#upstream.error));
  }

  #passOpaque(bytes: Buffer, recorded = 0): void {
    this.#exchanges.opaque('request', bytes.subarray(recorded));
    this.#path.write(bytes);
  }

  // From the upstream

  #onPeerData(peer: Duplex, chunk: Buffer): void {
    const slot = this.#exchanges.current;
    if (peer !== this.#path.peer || slot?.responseDone === true) {
      this.#dropUnsolicited(peer);
    } else if (this.#opaque) {
      this.#exchanges.opaque('response', chunk);
      this.#toClient(peer, chunk);
    } else if (slot !== null) {
      this.#readResponse(slot, peer, chunk);
    }
  }

  #readResponse(slot: Slot, peer: Duplex, chunk: Buffer): void {
    const to = this.#exchanges.responses.execute(chunk);
    if (this.#exchanges.responses.anomaly !== null) {
      this.#onResponseAnomaly(slot, peer, chunk, to);
      return;
    }
    const switched = this.#exchanges.responses.opaque;
    const bytes = to === chunk.length || switched ? chunk : chunk.subarray(0, to);
    slot.responseBytes += bytes.length;
    this.#toClient(peer, slot.responseDone ? this.#client.holdEnd(bytes, slot.requestDone) : bytes);
    if (switched) {
      this.#exchanges.switched(chunk.subarray(to));
      this.#becomeOpaque(UPGRADED);
    } else if (to < chunk.length) this.#dropUnsolicited(peer);
    this.#endExchangeIfDone();
  }

  #toClient(peer: Duplex, bytes: Buffer): void {
    this.#path.heard();
    this.#endDue.putOff();
    if (bytes.length > 0 && !this.#client.write(bytes)) peer.pause();
  }

  /** Bytes or an end that answer nothing, such as the 408 of an idle connection: they never reach the client. */
  #dropUnsolicited(peer: Duplex): void {
    if (peer === this.#upstream.socket) this.#upstream.drop();
    else peer.destroy();
    if (this.#last) this.#client.end();
  }

  #onPeerEnd(peer: Duplex, error: unknown, lost: boolean): void {
    if (peer !== this.#path.peer) {
      this.#dropUnsolicited(peer);
      return;
    }
    const slot = this.#exchanges.current;
    const wasDone = slot?.responseDone === true;
    if (!lost) this.#exchanges.finish(this.#clientEnded);
    if (slot?.responseDone === true && !wasDone) this.#client.holdEnd(Buffer.alloc(0), slot.requestDone);
    if (this.#opaque ? !lost : slot?.responseDone === true) {
      // What the client still sends goes on to the upstream as long as that takes it (an early 413 is answered so).
      if (lost) this.#path.unblock();
      this.#last = true;
      this.#client.end();
      this.#endExchangeIfDone();
      return;
    }
    this.#cut(upstreamGone(error));
  }

  // Ends

  #endExchangeIfDone(): void {
    const slot = this.#exchanges.current;
    if (slot === null || !isDone(slot) || this.#opaque || this.#refused !== null) return;
    if (!this.#client.holding) this.#endExchange(slot);
    else {
      slot.tap.end(slot.verdict ?? COMPLETE, () => {
        this.#client.release();
        this.#endExchangeIfDone();
      });
    }
  }

  #endExchange(slot: Slot): void {
    const { peer } = this.#path;
    this.#exchanges.close(COMPLETE);
    this.#last ||= !slot.persistent;
    this.#path.disconnect(this.#last);
    peer?.resume();
    if (this.#last) this.#endWithUpstream();
    else if (!this.#handOverIfIdle()) this.#readRequests(this.#path.unread(null));
    if (this.#clientEnded && this.#exchanges.current === null) this.#leave();
  }

  #handOverIfIdle(): boolean {
    const isIdle = this.#exchanges.current === null && !this.#opaque && !this.#last && !this.#clientEnded;
    if (this.#handOver === null || this.#leaveClient === null || !isIdle || this.#client.closing) return false;
    this.#leaveClient();
    this.#headDue.clear();
    this.#upstream.close();
    this.#options.client.unshift(this.#path.unread(this.#exchanges.requests.held));
    this.#handOver();
    return true;
  }

  /** A client may read until the end rather than by length: it gets the end when the upstream gives it. */
  #endWithUpstream(): void {
    if (this.#upstream.socket?.readableEnded !== false) this.#client.end();
  }

  #onClientEnd(): void {
    this.#clientEnded = true;
    if (this.#client.closing) return;
    if (this.#exchanges.current === null && !this.#opaque) this.#leave();
    // Also while its upstream is being dialled: `#onDialled` passes it on.
    else if (this.#opaque || this.#exchanges.current?.requestDone === true) this.#mirrorClientEnd();
    else this.#options.client.destroy();
  }

  /** A client that ends behind its request may still want the answer: the upstream is told just what we were told. */
  #mirrorClientEnd(): void {
    const { peer, holds } = this.#path;
    const whole = this.#opaque || (this.#exchanges.current?.requestDone === true && !holds);
    if (!this.#clientEnded || !whole || peer === null || peer.writableEnded) return;
    peer.end();
    // An upstream that neither answers nor ends would hold the connection for good.
    this.#endDue.arm(this.#times.flushMs, () => this.#options.client.destroy());
  }

  #leave(): void {
    this.#upstream.close();
    this.#client.end();
  }

  /** The client must not take for whole what is not. */
  #cut(verdict: Verdict): void {
    this.#exchanges.close(this.#clientEnded ? CLIENT_GONE : verdict, this.#client.holdClose());
    this.#last = true;
    this.#path.peer?.destroy();
    this.#upstream.close();
    this.#client.reset();
  }

  #onClientClose(): void {
    this.#headDue.clear();
    this.#endDue.clear();
    this.#refused?.end();
    const slot = this.#exchanges.current;
    if (slot !== null) {
      this.#exchanges.close(slot.responseDone ? COMPLETE : CLIENT_GONE);
      if (!slot.responseDone) this.#path.peer?.destroy();
    }
    this.#path.disconnect();
    this.#upstream.close();
  }

  // What cannot be framed

  #onRequestAnomaly(earlier: Buffer | null, rest: Buffer, read: number): void {
    const { current: slot, freshHead, context, requests } = this.#exchanges;
    const reason = requests.anomaly ?? 'start_line';
    const bytes = earlier === null ? rest : Buffer.concat([earlier, rest]);
    const toStrip = slot === null ? context.mentionedIn(bytes) : freshHead?.framing.watched;
    this.#options.deps.counters.add('unparsed', `reason="${reason}"`);
    this.#headDue.clear();
    this.#exchanges.freshHead = null;
    if (this.#strict || toStrip === true) {
      const refusal = ambiguous('request', reason);
      if (slot === null) this.#sayLast(refusal);
      else this.#refuse(slot, refusal);
      return;
    }
    this.#becomeOpaque({ outcome: 'unparsed', error: { type: 'unparsed', message: reason } });
    if (this.#path.peer === null) {
      this.#upstream.open();
      this.#path.connect(this.#upstream.socket);
    }
    this.#passOpaque(bytes, bytes.length - rest.length + read);
    if (this.#upstream.error !== null) this.#onDialled();
  }

  #onResponseAnomaly(slot: Slot, peer: Duplex, chunk: Buffer, read: number): void {
    const reason = this.#exchanges.responses.anomaly ?? 'start_line';
    this.#options.deps.counters.add('unparsed', `reason="${reason}"`);
    if (this.#strict) {
      this.#refuse(slot, ambiguous('response', reason));
      return;
    }
    this.#becomeOpaque({ outcome: 'unparsed', error: { type: 'unparsed', message: reason } });
    slot.tap.opaque('response', chunk.length - read);
    this.#toClient(peer, chunk);
  }

  /** No way back: whatever comes from either side goes to the other. */
  #becomeOpaque(verdict: Verdict): void {
    this.#opaque = true;
    if (this.#exchanges.current !== null) this.#exchanges.current.verdict = verdict;
    const pending = this.#path.takePending();
    if (pending !== null) this.#passOpaque(pending);
  }

  #refuse(slot: Slot, refusal: Refusal): void {
    const error = { type: refusal.type, message: refusal.message };
    slot.verdict = { outcome: refusal.status < 500 ? 'refused' : 'upstream_error', error };
    if (slot.responseBytes > 0) {
      this.#cut(slot.verdict);
      return;
    }
    this.#last = true;
    this.#path.peer?.destroy();
    this.#path.disconnect();
    this.#upstream.close();
    this.#refused = new RefusedRequest(slot, refusal, this.#exchanges.requests, this.#client, this.#times.lingerMs);
  }

  /** For bytes that never became an exchange. */
  #sayLast(refusal: Refusal): void {
    this.#last = true;
    this.#client.write(refusalBytes(refusal));
    this.#leave();
  }
}
