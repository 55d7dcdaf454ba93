/** Requests to Bedrock that are signed here: held until they are whole, since the signature covers the body. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { HeaderPairs } from '../core/headers.ts';
import type { ExchangeMark } from '../core/recorder-port.ts';
import { type BedrockTarget, clientApiKey, headersWithKey, isClockSkew, signedHeaders } from '../gateway/bedrock.ts';
import type { AwsCredentialSource } from './aws-credentials.ts';
import type { EditedRequest, ExchangeEdit } from './edit.ts';
import { pairsOf, rawValue } from './end-to-end.ts';
import { type HeldBody, HeldBytes, type HeldLimits } from './held-bytes.ts';

export interface BedrockSignerOptions {
  credentials: Pick<AwsCredentialSource, 'get'>;
  clock: Clock;
  /** An API key of Bedrock, in place of signatures. */
  apiKey?: string | null;
  /** AWS takes 20 MB and some more for images. */
  limits?: Partial<HeldLimits>;
}

/** How a request goes on to Bedrock. */
export interface BedrockPlan {
  /** Raw. */
  headers: readonly string[];
  /** Null = as it streams by. */
  edit: ExchangeEdit | null;
}

export class BedrockSigner {
  readonly #options: BedrockSignerOptions;
  readonly #held: HeldBytes;
  /** What AWS's clock is ahead of ours, milliseconds; learnt from its refusals. */
  #skewMs = 0;

  constructor(options: BedrockSignerOptions) {
    this.#options = options;
    this.#held = new HeldBytes(options.limits);
  }

  /** An API key, the client's before ours, vouches for the head alone: nothing is held then. @param headers raw, as they would go upstream. */
  plan(method: string, target: BedrockTarget, headers: readonly string[]): BedrockPlan {
    const { credentials, clock, apiKey = null } = this.#options;
    const pairs = pairsOf(headers);
    const authorization = clientApiKey(pairs) ?? (apiKey === null ? null : `Bearer ${apiKey}`);
    if (authorization !== null) return { headers: flat(headersWithKey(target, pairs, authorization)), edit: null };
    const sign = async (body: readonly Buffer[]): Promise<EditedRequest> => {
      const found = await credentials.get();
      const wall = clock.wall() + this.#skewMs;
      return { headers: flat(signedHeaders({ method, target, headers: pairs, body, credentials: found, wall })), body };
    };
    const correct = (date: number): void => {
      this.#skewMs = date - clock.wall();
    };
    return { headers, edit: new SignedExchange(this.#held.open(), { sign, correct }) };
  }
}

interface SigningDeps {
  sign(body: readonly Buffer[]): Promise<EditedRequest>;
  /** @param date of AWS, milliseconds since the epoch. */
  correct(date: number): void;
}

class SignedExchange implements ExchangeEdit {
  readonly mark: ExchangeMark | null = null;
  readonly #body: HeldBody;
  readonly #deps: SigningDeps;
  #serverDate = Number.NaN;
  #tries = 0;

  constructor(body: HeldBody, deps: SigningDeps) {
    this.#body = body;
    this.#deps = deps;
  }

  get held(): readonly Buffer[] {
    return this.#body.parts;
  }

  hold(chunk: Buffer): boolean {
    if (this.#body.push(chunk)) return true;
    throw new AppError('request_too_large', 'the body is too large to be signed: 32 MB are the most for one call');
  }

  decide(): Promise<EditedRequest> {
    this.#tries += 1;
    return this.#deps.sign(this.#body.parts);
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
    this.#body.release();
  }
}

function flat(headers: HeaderPairs): string[] {
  return headers.flatMap(([name, value]) => [name, value]);
}
