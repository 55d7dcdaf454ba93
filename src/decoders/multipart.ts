const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const BLANK_LINE = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);
/** RFC 2046: a boundary has 70 characters at most. */
const MAX_DELIMITER = 76;
const MAX_HEAD = 8 * 1024;

export interface MultipartOptions {
  /** Longest text field that is given; longer ones are not. Bytes. */
  maxField: number;
  /** How much of the beginning of a file is given. Bytes. */
  fileHead: number;
  onField(name: string, value: string): void;
  onFile(file: MultipartFile): void;
}

export interface MultipartFile {
  name: string;
  /** The first bytes; valid for good. */
  head: Uint8Array;
  /** Of the whole file. Bytes. */
  length: number;
}

interface Part {
  name: string;
  isFile: boolean;
  kept: Buffer[];
  keptLength: number;
  length: number;
}

/**
 * The parts of a multipart/form-data body while it streams by: text fields whole, of files the beginning and the length.
 * The delimiter is taken from the body's first line, since every client begins with it. Right for any split; holds no
 * more than a field and a file's head; a body that is not multipart gives nothing.
 */
export class MultipartDecoder {
  readonly #options: MultipartOptions;
  #state: 'first-line' | 'delimiter' | 'head' | 'body' | 'done' = 'first-line';
  /** With the line end before it: what ends a part. */
  #delimiter: Buffer = EMPTY;
  #pending: Buffer = EMPTY;
  #part: Part | null = null;

  constructor(options: MultipartOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    if (this.#state === 'done') return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#step());
    // What waits is short by now; a copy, since the chunk is only lent.
    this.#pending = this.#isDone() ? EMPTY : Buffer.from(this.#pending);
  }

  #isDone(): boolean {
    return this.#state === 'done';
  }

  /** False when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'first-line':
        return this.#firstLine();
      case 'delimiter':
        return this.#afterDelimiter();
      case 'head':
        return this.#head();
      case 'body':
        return this.#body();
      case 'done':
        return false;
    }
  }

  #firstLine(): boolean {
    const end = this.#pending.indexOf(LF);
    if (end < 0 && this.#pending.length <= MAX_DELIMITER) return false;
    const line = this.#pending.subarray(0, end > 0 && this.#pending[end - 1] === CR ? end - 1 : end);
    if (end < 0 || line.length > MAX_DELIMITER || line.length < 3 || line[0] !== DASH || line[1] !== DASH) {
      return this.#stop();
    }
    this.#delimiter = Buffer.concat([Buffer.from('\r\n'), line]);
    return this.#next('head', end + 1);
  }

  /** `--` ends the body; else the line ends here, after blanks at most. */
  #afterDelimiter(): boolean {
    if (this.#pending.length < 2) return false;
    if (this.#pending[0] === DASH && this.#pending[1] === DASH) return this.#stop();
    const end = this.#pending.indexOf(LF);
    if (end >= 0) return this.#next('head', end + 1);
    return this.#pending.length > MAX_DELIMITER ? this.#stop() : false;
  }

  #head(): boolean {
    if (this.#pending.length < 2) return false;
    if (this.#pending[0] === CR && this.#pending[1] === LF) return this.#begin('', 2);
    const end = this.#pending.indexOf(BLANK_LINE);
    if (end >= 0) return this.#begin(this.#pending.toString('utf8', 0, end), end + BLANK_LINE.length);
    return this.#pending.length > MAX_HEAD ? this.#stop() : false;
  }

  #begin(head: string, length: number): boolean {
    const disposition = /^content-disposition:[^\r\n]*/im.exec(head)?.[0] ?? '';
    const name = /[;\s]name=(?:"([^"]*)"|([^;\s]*))/i.exec(disposition);
    this.#part = {
      name: name?.[1] ?? name?.[2] ?? '',
      isFile: /[;\s]filename\*?=/i.test(disposition),
      kept: [],
      keptLength: 0,
      length: 0,
    };
    // An empty part ends with the line end of its own head.
    this.#pending = this.#pending.subarray(length - 2);
    this.#state = 'body';
    return true;
  }

  #body(): boolean {
    const end = this.#pending.indexOf(this.#delimiter);
    if (end >= 0) {
      this.#take(this.#pending.subarray(0, end));
      this.#finish();
      return this.#next('delimiter', end + this.#delimiter.length);
    }
    const sure = this.#pending.length - this.#delimiter.length + 1;
    if (sure > 0) {
      this.#take(this.#pending.subarray(0, sure));
      this.#pending = this.#pending.subarray(sure);
    }
    return false;
  }

  #take(bytes: Buffer): void {
    const part = this.#part;
    if (part === null) return;
    part.length += bytes.length;
    // Two more than wanted: the line end of the head comes with the body.
    const room = 2 + (part.isFile ? this.#options.fileHead : this.#options.maxField + 1) - part.keptLength;
    if (room <= 0) return;
    const kept = Buffer.from(bytes.subarray(0, room));
    part.kept.push(kept);
    part.keptLength += kept.length;
  }

  #finish(): void {
    const part = this.#part;
    this.#part = null;
    if (part === null || part.name === '') return;
    const { name, isFile, length } = part;
    const kept = Buffer.concat(part.kept).subarray(2);
    if (isFile) this.#options.onFile({ name, head: kept, length: Math.max(0, length - 2) });
    else if (kept.length <= this.#options.maxField) this.#options.onField(name, kept.toString('utf8'));
  }

  #next(state: 'delimiter' | 'head', consumed: number): boolean {
    this.#pending = this.#pending.subarray(consumed);
    this.#state = state;
    return true;
  }

  #stop(): boolean {
    this.#state = 'done';
    this.#part = null;
    return false;
  }
}
