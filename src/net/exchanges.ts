import { MessageParser, type Framing } from '../wire/http1.ts';
import { CONTEXT_HEADERS, type ContextHeaders } from './context-headers.ts';
import type { Side } from '../core/recorder-port.ts';
import type { RelayOptions, Slot } from './slot.ts';
import { Tap, type Verdict } from './tap.ts';

/** A request head that ended in the bytes that were just read, and waits to be passed on. */
export interface FreshHead {
  bytes: Buffer;
  framing: Framing;
}

/** Finds the exchanges of one connection in the bytes of both directions, and tells the recorder of them. */
export class Exchanges {
  /** What is cut out of requests. */
  readonly context: ContextHeaders;
  readonly requests: MessageParser;
  readonly responses: MessageParser;
  current: Slot | null = null;
  freshHead: FreshHead | null = null;
  readonly #options: RelayOptions;
  #told = false;
  #isWebSocket = false;
  /** It has become a WebSocket, and is shown to the recorder. */
  #isRead = false;
  #upstreamLeft = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.context = options.deps.context ?? CONTEXT_HEADERS;
    const requestHandler = {
      head: (bytes: Buffer, framing: Framing): void => this.#open(bytes, framing),
      body: (bytes: Buffer): void => this.current?.tap.body('request', bytes),
      end: (): void => {
        if (this.current !== null) this.current.requestDone = true;
      },
    };
    const responseHandler = {
      head: (bytes: Buffer, framing: Framing): void => {
        this.current?.tap.head('response', bytes);
        if (this.current !== null) this.current.persistent &&= framing.persistent;
        if (framing.status === 101)
          this.#isWebSocket = /^upgrade:[ \t]*websocket[ \t]*$/im.test(bytes.toString('latin1'));
      },
      body: (bytes: Buffer): void => this.current?.tap.body('response', bytes),
      end: (): void => {
        if (this.current !== null) this.current.responseDone = true;
      },
    };
    this.requests = new MessageParser('request', requestHandler, this.context.watched);
    this.responses = new MessageParser('response', responseHandler);
  }

  /** The answer was a 101. @param bytes behind it */
  switched(bytes: Buffer): void {
    // What is behind a request whose body goes on is that body.
    this.#isRead = this.#isWebSocket && this.current?.requestDone === true;
    this.opaque('response', bytes);
    const protocol = this.#isWebSocket ? 'websocket' : 'other';
    this.#options.deps.counters.add('upgrades', `protocol="${protocol}"`);
  }

  /** What no parser of HTTP reads any more: on a WebSocket the recorder does. */
  opaque(side: Side, bytes: Buffer): void {
    const tap = this.current?.tap;
    tap?.opaque(side, bytes.length);
    if (this.#isRead && bytes.length > 0) tap?.body(side, bytes);
  }

  /** The upstream has ended. @param clientEnded before it */
  finish(clientEnded: boolean): void {
    this.responses.finish();
    this.#upstreamLeft ||= !clientEnded;
  }

  /** @param verdict unless the exchange has one of its own. @param settled called at once when there is none. */
  close(verdict: Verdict, settled?: () => void): void {
    const slot = this.current;
    this.current = null;
    if (slot === null) settled?.();
    else {
      const left = this.#isRead && (this.#upstreamLeft || verdict.outcome === 'upstream_aborted');
      slot.tap.end(slot.verdict ?? verdict, settled, left);
    }
  }

  /** @param head as the client sent it: context headers included, for the recorder reads them. */
  #open(head: Buffer, framing: Framing): void {
    this.#tell();
    const { deps, info } = this.#options;
    const { method, expectContinue, persistent } = framing;
    const tap = new Tap(deps, info.connection);
    tap.head('request', head);
    const progress = { requestDone: false, responseDone: false, responseBytes: 0 };
    this.current = { tap, method, expectContinue, persistent, ...progress, verdict: null };
    this.freshHead = { bytes: head, framing };
    this.responses.expect(method);
  }

  /** Of the connection, with its first exchange. */
  #tell(): void {
    if (this.#told) return;
    this.#told = true;
    const { deps, info, client } = this.#options;
    try {
      deps.recorder.connection(info);
      client.once('close', () => deps.recorder.disconnected?.(info.connection));
    } catch {
      deps.counters.add('internal_errors', 'part="recorder_port"');
    }
  }
}
