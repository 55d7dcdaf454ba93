/** An answer to `GET /v1/models` with the registry's models in it; without an upstream, with those alone. */
import type { IncomingMessage } from 'node:http';
import type { ExchangeMark } from '../core/recorder-port.ts';
import type { BodyEdit, EditedRequest, ExchangeEdit, OwnAnswer } from './edit.ts';
import { pairsOf } from './end-to-end.ts';

export interface ModelListDeps {
  /** Raw, as they would go on. */
  headers: readonly string[];
  /** What becomes of the request otherwise; null = it passes. */
  inner: ExchangeEdit | null;
  /** The answer without an upstream. */
  own: object;
  /** With the upstream's in it. */
  merged(theirs: unknown): object;
  /** The upstream is not asked. */
  isOwnAlone: boolean;
}

/** Lists are short. */
const MAX_BYTES = 4 * 1024 * 1024;

export class ModelListEdit implements ExchangeEdit {
  readonly #deps: ModelListDeps;

  constructor(deps: ModelListDeps) {
    this.#deps = deps;
  }

  get held(): readonly Buffer[] {
    return this.#deps.inner?.held ?? [];
  }

  get mark(): ExchangeMark | null {
    return this.#deps.inner?.mark ?? null;
  }

  hold(chunk: Buffer): boolean {
    return this.#deps.inner?.hold(chunk) ?? true;
  }

  async decide(): Promise<EditedRequest> {
    if (this.#deps.isOwnAlone) throw new Error('answered here');
    const edited = (await this.#deps.inner?.decide()) ?? { headers: this.#deps.headers, body: this.held };
    return { ...edited, headers: withoutCoding(edited.headers) };
  }

  mayBeRefused(answer: IncomingMessage): boolean {
    return this.#deps.inner?.mayBeRefused(answer) ?? false;
  }

  isRefused(status: number, body: string): boolean {
    return this.#deps.inner?.isRefused(status, body) ?? false;
  }

  async again(): Promise<EditedRequest | null> {
    return (await this.#deps.inner?.again?.()) ?? null;
  }

  failed(error: unknown): Promise<EditedRequest | null> | null {
    return this.#deps.inner?.failed?.(error) ?? null;
  }

  instead(): OwnAnswer {
    return { status: 200, contentType: 'application/json', body: jsonOf(this.#deps.own) };
  }

  answer(answer: IncomingMessage): BodyEdit | null {
    this.#deps.inner?.answer(answer);
    if (answer.headers['content-encoding'] !== undefined) return null;
    const isList = answer.statusCode === 200;
    const chunks: Buffer[] = [];
    let bytes = 0;
    const head = { status: 200, contentType: 'application/json', isWhole: true };
    return {
      head,
      push: (chunk) => {
        bytes += chunk.length;
        if (bytes <= MAX_BYTES) chunks.push(chunk);
        return Buffer.alloc(0);
      },
      end: () => (isList && bytes <= MAX_BYTES ? this.#merged(Buffer.concat(chunks)) : jsonOf(this.#deps.own)),
    };
  }

  #merged(theirs: Buffer): Buffer {
    try {
      return jsonOf(this.#deps.merged(parsed(theirs)));
    } catch {
      // Nested deeper than JSON.stringify goes, though not than JSON.parse.
      return jsonOf(this.#deps.own);
    }
  }

  release(): void {
    this.#deps.inner?.release();
  }

  over(): void {
    this.#deps.inner?.over?.();
  }
}

/** It is to be read. */
function withoutCoding(headers: readonly string[]): string[] {
  const kept = pairsOf(headers).filter(
    ([name]) => !/^(?:accept-encoding|if-none-match|if-modified-since)$/i.test(name),
  );
  return [...kept.flat(), 'Accept-Encoding', 'identity'];
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
