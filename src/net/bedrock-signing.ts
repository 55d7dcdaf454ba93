/** Requests to Bedrock that are signed here: held until they are whole, since the signature covers the body. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { HeaderPairs } from '../core/headers.ts';
import type { ExchangeMark } from '../core/recorder-port.ts';
import { type BedrockTarget, isClockSkew, signedHeaders } from '../gateway/bedrock.ts';
import type { AwsCredentialSource } from './aws-credentials.ts';
import type { EditedRequest, ExchangeEdit } from './edit.ts';
import { pairsOf, rawValue } from './end-to-end.ts';

export interface BedrockSignerOptions {
  credentials: Pick<AwsCredentialSource, 'get'>;
  clock: Clock;
  /** Of one request; AWS takes 20 MB and some more for images. */
  maxHeldBytes?: number;
  /** Of all together. */
  maxAllHeldBytes?: number;
}

const MAX_HELD_BYTES = 32 * 1024 * 1024;
const MAX_ALL_HELD_BYTES = 256 * 1024 * 1024;

export class BedrockSigner {
  readonly #options: BedrockSignerOptions;
  /** What AWS's clock is ahead of ours, milliseconds; learnt from its refusals. */
  #skewMs = 0;
  #heldBytes = 0;

  constructor(options: BedrockSignerOptions) {
    this.#options = options;
  }

  /** @param headers raw, as they would go upstream. */
  editOf(method: string, target: BedrockTarget, headers: readonly string[]): ExchangeEdit {
    const { credentials, clock, maxHeldBytes = MAX_HELD_BYTES, maxAllHeldBytes = MAX_ALL_HELD_BYTES } = this.#options;
    return new SignedExchange({
      take: (bytes, held) => {
        if (held + bytes > maxHeldBytes || this.#heldBytes + bytes > maxAllHeldBytes) return false;
        this.#heldBytes += bytes;
        return true;
      },
      give: (bytes) => {
        this.#heldBytes -= bytes;
      },
      sign: async (body) => {
        const wall = clock.wall() + this.#skewMs;
        const pairs = pairsOf(headers);
        const signed = signedHeaders({
          method,
          target,
          headers: pairs,
          body,
          credentials: await credentials.get(),
          wall,
        });
        return { headers: flat(signed), body };
      },
      correct: (date) => {
        this.#skewMs = date - clock.wall();
      },
    });
  }
}

interface SigningDeps {
  /** @param held by this request already. False = there is no room. */
  take(bytes: number, held: number): boolean;
  give(bytes: number): void;
  sign(body: readonly Buffer[]): Promise<EditedRequest>;
  /** @param date of AWS, milliseconds since the epoch. */
  correct(date: number): void;
}

class SignedExchange implements ExchangeEdit {
  readonly mark: ExchangeMark | null = null;
  readonly #deps: SigningDeps;
  #held: Buffer[] = [];
  #bytes = 0;
  #serverDate = Number.NaN;
  #tries = 0;

  constructor(deps: SigningDeps) {
    this.#deps = deps;
  }

  get held(): readonly Buffer[] {
    return this.#held;
  }

  hold(chunk: Buffer): boolean {
    if (!this.#deps.take(chunk.length, this.#bytes)) {
      throw new AppError('request_too_large', 'the body is too large to be signed: 32 MB are the most for one call');
    }
    this.#held.push(chunk);
    this.#bytes += chunk.length;
    return true;
  }

  decide(): Promise<EditedRequest> {
    this.#tries += 1;
    return this.#deps.sign(this.#held);
  }

  mayBeRefused(answer: IncomingMessage): boolean {
    this.#serverDate = Date.parse(rawValue(answer.rawHeaders, 'date') ?? '');
    const status = answer.statusCode ?? 0;
    return this.#tries === 1 && (status === 403 || status === 400) && Number.isFinite(this.#serverDate);
  }

  isRefused(status: number, body: string): boolean {
    if (!isClockSkew(status, body)) return false;
    this.#deps.correct(this.#serverDate);
    return true;
  }

  again(): Promise<EditedRequest> {
    return this.decide();
  }

  answer(): null {
    return null;
  }

  release(): void {
    this.#deps.give(this.#bytes);
    this.#bytes = 0;
    this.#held = [];
  }
}

function flat(headers: HeaderPairs): string[] {
  return headers.flatMap(([name, value]) => [name, value]);
}
