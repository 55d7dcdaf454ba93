import { TopLevelScanner } from '../decoders/json-scan.ts';
import { TailBuffer, ByteBuffer } from '../decoders/byte-buffer.ts';

/** What a request asks for, as far as its metering depends on it. */
export interface RequestFacts {
  model: string | null;
  stream: boolean;
}

const WANTED: ReadonlySet<string> = new Set(['model', 'stream']);
const FORM_WINDOW = 64 * 1024;
const MAX_NAME = 256;

/** Reads `model` and `stream` of a request body of any size while it streams by: JSON or multipart form. */
export class RequestReader {
  readonly #json = new TopLevelScanner(WANTED);
  readonly #form: { head: ByteBuffer; tail: TailBuffer } | null;

  /** @param contentType lower case; empty when unknown. */
  constructor(contentType: string) {
    const multipart = contentType.startsWith('multipart/form-data');
    this.#form = multipart ? { head: new ByteBuffer(FORM_WINDOW), tail: new TailBuffer(FORM_WINDOW) } : null;
  }

  push(bytes: Uint8Array): void {
    if (this.#form === null) {
      this.#json.push(bytes);
      return;
    }
    this.#form.head.push(bytes);
    // The file may come before the model: the end is looked at as well.
    if (this.#form.head.truncated) this.#form.tail.push(bytes);
  }

  facts(): RequestFacts {
    if (this.#form !== null) {
      const head = this.#form.head.view().toString('latin1');
      const tail = this.#form.tail.bytes().toString('latin1');
      const field = (name: string): string | null => formField(head, name) ?? formField(tail, name);
      return { model: modelName(field('model')), stream: field('stream') === 'true' };
    }
    const { model, stream } = this.#json.result();
    return { model: modelName(model), stream: stream === true };
  }
}

function modelName(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const name = value.startsWith('models/') ? value.slice('models/'.length) : value;
  return name.slice(0, MAX_NAME);
}

/** Value of a small text field of a multipart body. What a file is called is not a field. */
function formField(text: string, name: string): string | null {
  const disposition = new RegExp(
    `form-data; {0,4}name="?${name}"?(?:;[^\\r\\n]{0,200})?\\r?\\n(?:[^\\r\\n]{1,500}\\r?\\n){0,5}\\r?\\n`,
  );
  const match = disposition.exec(text);
  if (match === null) return null;
  const start = match.index + match[0].length;
  const end = text.indexOf('\n', start);
  const value = text.slice(start, end < 0 ? start + MAX_NAME : Math.min(end, start + MAX_NAME)).trim();
  return value === '' ? null : value;
}
