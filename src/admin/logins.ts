/** How a browser comes to be let in: a code that works once, then a cookie that is no copy of the token. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

export interface LoginCode {
  code: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export const CODE_SECONDS = 60;
/** A week: the token behind it lasts as long as the home. */
export const SESSION_SECONDS = 7 * 24 * 60 * 60;
/** Whoever asks for more at once is a loop. */
const MAX_CODES = 100;
const MAX_ENDED = 10_000;
const SESSION = /^s1\.(\d{1,12})\.([\w-]{22})\.([\w-]{43})$/;

/**
 * Codes live in memory, for a minute. A session is a signed text (`s1.<end>.<name>.<mac>`) that the token's holder can
 * check: it survives a restart of the daemon, and means nothing to a daemon of another home.
 */
export class Logins {
  readonly #key: Buffer;
  readonly #clock: Pick<Clock, 'wall'>;
  /** Code -> its end, in order of making. */
  readonly #codes = new Map<string, number>();
  /** Names of sessions that ended before their time -> that time. */
  readonly #ended = new Map<string, number>();

  /** @param token of the home */
  constructor(token: string, clock: Pick<Clock, 'wall'>) {
    this.#key = createHmac('sha256', token).update('llm-proxy browser session').digest();
    this.#clock = clock;
  }

  makeCode(): LoginCode {
    const now = this.#clock.wall();
    forgetPast(this.#codes, now, MAX_CODES - 1);
    const code = randomBytes(24).toString('base64url');
    const expiresAt = now + CODE_SECONDS * 1000;
    this.#codes.set(code, expiresAt);
    return { code, expiresAt };
  }

  /** True once. */
  redeem(code: string): boolean {
    const expiresAt = this.#codes.get(code);
    this.#codes.delete(code);
    return expiresAt !== undefined && expiresAt > this.#clock.wall();
  }

  /** The value of a cookie. */
  begin(): string {
    const end = Math.floor(this.#clock.wall() / 1000) + SESSION_SECONDS;
    const said = `s1.${end}.${randomBytes(16).toString('base64url')}`;
    return `${said}.${this.#mac(said)}`;
  }

  isSession(value: string): boolean {
    const match = SESSION.exec(value);
    if (match === null) return false;
    const [, end = '', name = '', mac = ''] = match;
    const right = timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(`s1.${end}.${name}`)));
    return right && Number(end) * 1000 > this.#clock.wall() && !this.#ended.has(name);
  }

  /** What the browser was given is worth nothing from now on. */
  end(value: string): void {
    if (!this.isSession(value)) return;
    const [, end = '', name = ''] = SESSION.exec(value) ?? [];
    forgetPast(this.#ended, this.#clock.wall(), MAX_ENDED - 1);
    this.#ended.set(name, Number(end) * 1000);
  }

  #mac(said: string): string {
    return createHmac('sha256', this.#key).update(said).digest('base64url');
  }
}

/** Those whose end has come, and the oldest above `most`. */
function forgetPast(ends: Map<string, number>, now: number, most: number): void {
  for (const [name, end] of ends) if (end <= now || ends.size > most) ends.delete(name);
}
