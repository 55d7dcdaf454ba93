/** What the destinations that speak HTTP have in common: one POST, and what its answer means. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Agent, request } from 'undici';
import { messageOf } from '../core/errors.ts';
import { maskText } from '../core/redact.ts';
import { DeliveryError, type Verdict } from './destination.ts';

const TIMEOUT_MS = 30_000;
/** More of an answer is not read. */
const MAX_ANSWER = 64 * 1024;
/** What the other side may say in our message. */
const MAX_WORDS = 300;

export interface HttpOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Bodies go compressed. */
  gzip: boolean;
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
  /** Of a status that is not 2xx, where the protocol has rules of its own. Names of headers are in lower case. */
  verdictOf?: (status: number, header: (name: string) => string | null) => Verdict;
  /** What a refusal says, where it is no text. */
  messageOf?: (body: Buffer) => string;
}

export interface HttpAnswer {
  /** 200 to 299. */
  status: number;
  body: Buffer;
}

const compress = promisify(gzip);

/** Connections of its own: direct, whatever HTTPS_PROXY says, which may well name this daemon. */
export class HttpSender {
  readonly #options: HttpOptions;
  readonly #agent: Agent;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#agent = new Agent({
      connections: 2,
      connect: { timeout: 10_000, ...(options.ca === null ? {} : { ca: [...options.ca] }) },
    });
  }

  /**
   * @param contentType of `body` before it is compressed
   * @throws DeliveryError for everything but 2xx
   */
  async post(body: string | Uint8Array, contentType: string, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, headers } = this.#options;
    const packed = this.#options.gzip ? await compress(body) : body;
    const coding = this.#options.gzip ? { 'content-encoding': 'gzip' } : {};
    const until = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let answer;
    try {
      answer = await request(url, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: { 'content-type': contentType, ...coding, ...headers },
        body: packed,
        signal: until,
      });
    } catch (error) {
      throw failed(error);
    }
    const read = await readUpTo(answer.body, MAX_ANSWER).catch((error: unknown) => {
      throw failed(error);
    });
    const { statusCode: status } = answer;
    if (status >= 200 && status <= 299) return { status, body: read };
    throw this.#refused(status, read, (name) => headerOf(answer.headers[name]));
  }

  #refused(status: number, body: Buffer, header: (name: string) => string | null): DeliveryError {
    const said = wordsOf((this.#options.messageOf ?? String)(body));
    const verdict = (this.#options.verdictOf ?? verdictOf)(status, header);
    return new DeliveryError(verdict, `HTTP ${status}${said === '' ? '' : `: ${said}`}`, {
      retryAfterMs: milliseconds(header('retry-after')),
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function failed(error: unknown): DeliveryError {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const words = isLate ? `no answer within ${TIMEOUT_MS / 1000} s` : `cannot be reached: ${messageOf(error)}`;
  return new DeliveryError('retry', words, { cause: error });
}

async function readUpTo(body: AsyncIterable<unknown>, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    const bytes = piece instanceof Uint8Array ? Buffer.from(piece) : Buffer.from(String(piece));
    pieces.push(bytes.subarray(0, limit - size));
    size += bytes.length;
    if (size >= limit) break;
  }
  return Buffer.concat(pieces);
}

function headerOf(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** What the other side says, for a message of ours: one short line without secrets. */
export function wordsOf(text: string): string {
  return maskText(text.replaceAll(/\s+/g, ' ').trim()).slice(0, MAX_WORDS);
}

/** What a key, an address or a size can mend is no fault of the calls. */
const VERDICTS: Readonly<Record<number, Verdict>> = {
  401: 'settings',
  403: 'settings',
  404: 'settings',
  405: 'settings',
  407: 'settings',
  408: 'retry',
  413: 'too_large',
  415: 'settings',
  429: 'retry',
};

export function verdictOf(status: number): Verdict {
  // A redirect is not followed: it would take the key to somebody who was not named.
  if (status < 400) return 'settings';
  return VERDICTS[status] ?? (status >= 500 ? 'retry' : 'refused');
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function milliseconds(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? null : Math.max(date - Date.now(), 0);
}
