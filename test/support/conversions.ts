import type { ConvertedRequest } from '../../src/gateway/convert/conversion.ts';
import { conversionBetween } from '../../src/gateway/convert/conversion.ts';
import type { AnswerBody } from '../../src/gateway/convert/answer-conversion.ts';
import type { Format } from '../../src/gateway/convert/model.ts';
import type { Refusal } from '../../src/gateway/convert/notes.ts';

export const WALL_MS = 1_790_000_000_000;

type Json = Record<string, unknown>;

/** One direction, with JSON in and out. */
export class Direction {
  readonly #from: Format;
  readonly #to: Format;

  constructor(from: Format, to: Format) {
    this.#from = from;
    this.#to = to;
  }

  ask(
    body: unknown,
    model: string | null = null,
    provider: string | null = null,
  ): ConvertedRequest | { refused: Refusal } {
    const conversion = conversionBetween(this.#from, this.#to);
    if (conversion === null) throw new Error('the same format');
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return conversion.request(Buffer.from(text), { model, provider, wall: () => WALL_MS });
  }

  request(body: unknown, model: string | null = null, provider: string | null = null): ConvertedRequest {
    const converted = this.ask(body, model, provider);
    if ('refused' in converted) throw new Error(`${converted.refused.message} (${converted.refused.at})`);
    return converted;
  }

  /** The request that the target gets. */
  sent(body: unknown, model: string | null = null): Json {
    return JSON.parse(this.request(body, model).body.toString()) as Json;
  }

  /** Names of what is lost or changed. */
  notes(body: unknown, model: string | null = null): string[] {
    return this.request(body, model).notes.map(({ name }) => name);
  }

  refusal(body: unknown): Refusal | null {
    const converted = this.ask(body);
    return 'refused' in converted ? converted.refused : null;
  }
}

/** What the client gets for a whole body, given in these pieces. */
export function through(body: AnswerBody, pieces: readonly (string | Uint8Array)[], whole = true): string {
  const out = pieces.map((piece) => body.push(Buffer.from(piece)));
  return Buffer.concat([...out, body.end(whole)]).toString();
}

/** The data of an event stream; `[DONE]` as it is. */
export function eventsOf(text: string): unknown[] {
  return text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .map((data): unknown => (data === '[DONE]' ? data : JSON.parse(data)));
}
