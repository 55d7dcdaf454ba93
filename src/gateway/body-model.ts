/**
 * The model in a request body, and what is changed for a target, byte for byte: everything else stays as the client
 * wrote it (numbers, order, escapes), so that caches which go by bytes still work. Pure.
 */
import { type Splice, spliced } from './include-usage.ts';
import { type Member, ObjectScanner } from './object-scanner.ts';

/** For calls that do not name them. */
export interface Parameters {
  max_tokens?: number;
  temperature?: number;
  top_p?: number;
}

const WANTED: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'temperature',
  'top_p',
]);
/** Names under which the limit of the answer goes. */
const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

/** Reads a body as it streams by, right for any split. */
export class BodyModel {
  readonly #scanner = new ObjectScanner(WANTED);

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  /** Once it is whole. `null` = it names none, or is no JSON object beyond doubt. */
  get model(): string | null {
    const [first] = this.#of('model');
    return first === undefined ? null : textOf(first);
  }

  get isStream(): boolean {
    return this.#of('stream').at(-1)?.text === 'true';
  }

  /** False = nothing of it can be changed. */
  get isObject(): boolean {
    return this.#scanner.result() !== null;
  }

  /**
   * The body with another model and what it lacks of the parameters.
   * @param model null = as it is; where the body names none, it is added. @param limit the name under which `max_tokens` goes there
   */
  changed(
    chunks: readonly Buffer[],
    model: string | null,
    parameters: Parameters,
    limit = 'max_tokens',
  ): readonly Buffer[] {
    const scanned = this.#scanner.result();
    if (scanned === null) return chunks;
    const models = model === null ? [] : this.#of('model');
    const named = model === null || models.length > 0 ? [] : [['model', model] as const];
    const added = [...named, ...this.#missing(parameters, limit)];
    const splices: Splice[] = [];
    if (added.length > 0) {
      const text = added.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
      const insert = Buffer.from(`${scanned.empty ? '' : ','}${text}`);
      splices.push({ start: scanned.closeAt, end: scanned.closeAt, insert });
    }
    // From the last to the first, so that places stay what they are.
    for (const { start, end } of models.toReversed()) {
      splices.push({ start, end, insert: Buffer.from(JSON.stringify(model)) });
    }
    return splices.reduce((body: readonly Buffer[], splice) => spliced(body, splice), chunks);
  }

  #missing(parameters: Parameters, limit: string): (readonly [string, number])[] {
    const { max_tokens: max, temperature, top_p: topP } = parameters;
    const isGiven = (name: string): boolean => this.#of(name).some(({ text }) => text !== 'null');
    const wanted = [
      [limit, max, LIMITS.some(isGiven)],
      ['temperature', temperature, isGiven('temperature')],
      ['top_p', topP, isGiven('top_p')],
    ] as const;
    return wanted.flatMap(([name, value, given]) => (value === undefined || given ? [] : [[name, value] as const]));
  }

  #of(name: string): readonly Member[] {
    return this.#scanner.result()?.members.get(name) ?? [];
  }
}

function textOf({ text }: Member): string | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
