import { Duplex } from 'node:stream';
import type { Server } from 'node:http';
import { type PeerEvents, watchPeer } from './upstream-link.ts';

/** One end of a pipe inside the process: what is written to it is read from its other end. */
class LinkEnd extends Duplex {
  #other: LinkEnd | null = null;
  #resume: (() => void) | null = null;

  join(other: LinkEnd): this {
    this.#other = other;
    return this;
  }

  override _read(): void {
    const resume = this.#other?.takeResume();
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#other === null || this.#other.destroyed) done(new Error('the other end is gone'));
    else if (this.#other.push(chunk)) done();
    else this.#resume = done;
  }

  override _final(done: () => void): void {
    this.#other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other;
    this.#other = null;
    // Not within this call: the other end may be in the middle of a write.
    if (other !== null) process.nextTick(() => other.destroy());
    done(error);
  }

  takeResume(): (() => void) | null {
    const resume = this.#resume;
    this.#resume = null;
    return resume;
  }
}

/** Hands one end to `server` as a connection of its own, and returns the other end. */
export function connectEngine(server: Server): Duplex {
  const ours = new LinkEnd({ allowHalfOpen: true });
  const theirs = new LinkEnd({ allowHalfOpen: true }).join(ours);
  ours.join(theirs);
  server.emit('connection', theirs);
  return ours;
}

/** A connection to the server of ours that answers in place of the upstream, if one does. */
export function divertedTo(server: Server | null, events: PeerEvents): Duplex | null {
  if (server === null) return null;
  const engine = connectEngine(server);
  watchPeer(engine, events);
  return engine;
}
