import { isPiece, type StreamedCall, StreamedCalls } from '../../providers/families/gemini-calls.ts';
import { isObject, objectAt, valueAt, type JsonObject } from '../../providers/families/json.ts';

/** As long as the arguments of streamed calls may be when they are put together. Characters. */
const ROOM = 16 * 1024 * 1024;

/**
 * What the turns of Gemini's `contents` are made of. Clients may send a call back as it was streamed to them: in many
 * parts, over many turns of the model. Then the first part has all of it, and the others are left out.
 */
export function joinCalls(turns: readonly JsonObject[]): unknown[] {
  const parts = turns.map((turn) => valueAt(turn, 'parts'));
  if (!parts.some(hasPiece)) return parts;
  const joiner = new Joiner();
  const joined = turns.map((turn, place) => joiner.turn(valueAt(turn, 'role'), parts[place]));
  joiner.end();
  return joined;
}

function hasPiece(parts: unknown): boolean {
  return Array.isArray(parts) && parts.some((part) => isPiece(calledIn(part) ?? WHOLE));
}

const WHOLE: JsonObject = { name: 'f' };

function calledIn(part: unknown): JsonObject | null {
  return objectAt(part, 'functionCall') ?? objectAt(part, 'function_call');
}

/** What the reader of parts is to find. `args`: JSON text. */
type WholeCall = Pick<StreamedCall, 'id' | 'name'> & { args: string };

class Joiner {
  readonly #whole = new Map<StreamedCall, WholeCall>();
  #calls = this.#newCalls();

  turn(role: unknown, parts: unknown): unknown {
    // Whatever the others say, the calls before it are over.
    if (role !== 'model') this.end();
    return Array.isArray(parts) ? parts.flatMap((part: unknown) => this.#part(part)) : parts;
  }

  /** The arguments of a call are there when all turns of the model have been seen. */
  end(): void {
    this.#calls.end();
    this.#calls = this.#newCalls();
  }

  #part(part: unknown): unknown[] {
    const called = calledIn(part);
    if (called === null || !isObject(part)) return [part];
    const known = this.#whole.size;
    const call = this.#calls.add(0, called);
    if (call === null || this.#whole.size === known) return [];
    return [{ ...part, functionCall: this.#whole.get(call) }];
  }

  #newCalls(): StreamedCalls {
    return new StreamedCalls(
      {
        said: (call) => {
          const { id, name } = call;
          const whole = this.#whole.get(call);
          if (whole === undefined) this.#whole.set(call, { id, name, args: '{}' });
          else Object.assign(whole, { id, name });
        },
        done: (call, input) => {
          const whole = this.#whole.get(call);
          if (whole !== undefined) whole.args = input;
        },
      },
      ROOM,
    );
  }
}
