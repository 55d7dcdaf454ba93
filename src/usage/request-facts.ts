import { TopLevelScanner } from '../decoders/json-scan.ts';
import { MultipartDecoder, type MultipartFile } from '../decoders/multipart.ts';

/** What a request asks for, as far as its metering depends on it. */
export interface RequestFacts {
  model: string | null;
  stream: boolean;
}

/** A multipart body: its text fields by name, and the first file in it. */
export interface RequestForm {
  fields: Readonly<Record<string, string>>;
  file: MultipartFile | null;
}

const WANTED: ReadonlySet<string> = new Set(['model', 'stream']);
const MAX_FIELD = 64 * 1024;
const MAX_FIELDS = 100;
/** Covers the tags before the first frame of most MP3 files. */
const FILE_HEAD = 16 * 1024;
const MAX_NAME = 256;

/** Reads `model` and `stream` of a request body of any size while it streams by: JSON or multipart form. */
export class RequestReader {
  readonly #json: TopLevelScanner | null;
  readonly #multipart: MultipartDecoder | null;
  readonly #fields = new Map<string, string>();
  #file: MultipartFile | null = null;

  /** @param contentType lower case; empty when unknown. */
  constructor(contentType: string) {
    const isForm = contentType.startsWith('multipart/form-data');
    this.#json = isForm ? null : new TopLevelScanner(WANTED);
    this.#multipart = isForm ? this.#decoder() : null;
  }

  push(bytes: Uint8Array): void {
    this.#json?.push(bytes);
    this.#multipart?.push(bytes);
  }

  facts(): RequestFacts {
    if (this.#json === null) {
      return { model: modelName(this.#fields.get('model')), stream: this.#fields.get('stream') === 'true' };
    }
    const { model, stream } = this.#json.result();
    return { model: modelName(model), stream: stream === true };
  }

  /** What was read of a multipart body; null when it is none. */
  form(): RequestForm | null {
    if (this.#multipart === null) return null;
    const fields: Record<string, string> = Object.create(null);
    for (const [name, value] of this.#fields) fields[name] = value;
    return { fields, file: this.#file };
  }

  #decoder(): MultipartDecoder {
    return new MultipartDecoder({
      maxField: MAX_FIELD,
      fileHead: FILE_HEAD,
      onField: (name, value) => {
        if (this.#fields.size < MAX_FIELDS) this.#fields.set(name, value);
      },
      onFile: (file) => {
        this.#file ??= file;
      },
    });
  }
}

/** What may be a model's name, or null. */
export function modelName(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const name = value.startsWith('models/') ? value.slice('models/'.length) : value;
  return name.slice(0, MAX_NAME);
}
