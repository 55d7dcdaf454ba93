/** What message framing needs of one HTTP/1 head, read strictly (RFC 9112): nothing that two parsers could read in two ways. */

export type Role = 'request' | 'response';

/** Why a head or a body is not framed beyond doubt. A fixed set: these are counter labels. */
export type Anomaly =
  | 'start_line'
  | 'version'
  | 'bare_cr_or_lf'
  | 'control_character'
  | 'obs_fold'
  | 'header_name'
  | 'content_length'
  | 'transfer_encoding'
  | 'length_and_chunked'
  | 'duplicate_host'
  | 'head_too_long'
  | 'chunk_size'
  | 'chunk_extension'
  | 'chunk_end'
  | 'trailer';

export interface Framing {
  anomaly: Anomaly | null;
  /** Request only; '' in a response. */
  method: string;
  /** Response only; 0 in a request. */
  status: number;
  /** -1 = not given. */
  contentLength: number;
  chunked: boolean;
  /** False when one side said, or its version means, that this is the last message of the connection. */
  persistent: boolean;
  /** A header name begins with one of `watch`. */
  watched: boolean;
  /** `Expect: 100-continue`: the body may never come. */
  expectContinue: boolean;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const DEL = 0x7f;
const LOWER = 0x20;

/** RFC 9110 5.6.2: the characters of a method and of a header name. */
const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN[char.charCodeAt(0)] = 1;
}

export function isToken(byte: number): boolean {
  return TOKEN[byte] === 1;
}

/** Not allowed in any line; a tab is. */
export function isControl(byte: number): boolean {
  return (byte < SPACE && byte !== TAB) || byte === DEL;
}

/**
 * @param bytes a whole head is at [start, end), the empty line included.
 * @param watch lower-case name prefixes, most of them with an `x` first: others cost a comparison for each header.
 */
export function readFraming(
  bytes: Buffer,
  start: number,
  end: number,
  role: Role,
  watch: readonly string[] = [],
): Framing {
  const framing: Framing = {
    anomaly: null,
    method: '',
    status: 0,
    contentLength: -1,
    chunked: false,
    persistent: true,
    watched: false,
    expectContinue: false,
  };
  const watchesAll = watch.some((prefix) => !prefix.startsWith('x'));
  const scan: Scan = { bytes, framing, watch, watchesAll, version10: false, hosts: 0, codings: 0 };
  let lineEnd = findLineEnd(scan, start, end);
  if (framing.anomaly !== null) return framing;
  if (role === 'request') readRequestLine(scan, start, lineEnd);
  else readStatusLine(scan, start, lineEnd);
  while (framing.anomaly === null) {
    const lineStart = lineEnd + 2;
    if (lineStart >= end - 2) break;
    lineEnd = findLineEnd(scan, lineStart, end);
    if (framing.anomaly === null) readHeaderLine(scan, lineStart, lineEnd);
  }
  if (framing.chunked && framing.contentLength >= 0) framing.anomaly ??= 'length_and_chunked';
  if (scan.hosts > 1) framing.anomaly ??= 'duplicate_host';
  return framing;
}

interface Scan {
  bytes: Buffer;
  framing: Framing;
  watch: readonly string[];
  /** Some of them do not begin with `x`. */
  watchesAll: boolean;
  version10: boolean;
  hosts: number;
  codings: number;
}

/** Index of the CR that ends the line at `from`. */
function findLineEnd(scan: Scan, from: number, end: number): number {
  const { bytes } = scan;
  for (let index = from; index < end; index++) {
    const byte = bytes[index] as number;
    if (byte >= SPACE && byte !== DEL) continue;
    if (byte === CR && bytes[index + 1] === LF) return index;
    if (byte === TAB) continue;
    scan.framing.anomaly = byte === CR || byte === LF ? 'bare_cr_or_lf' : 'control_character';
    return index;
  }
  scan.framing.anomaly = 'bare_cr_or_lf';
  return end;
}

/** `method SP target SP HTTP/1.x` */
function readRequestLine(scan: Scan, start: number, end: number): void {
  const { bytes, framing } = scan;
  let index = start;
  while (index < end && TOKEN[bytes[index] as number] === 1) index++;
  const targetStart = index + 1;
  const targetEnd = end - 9;
  if (index === start || bytes[index] !== SPACE || targetEnd <= targetStart || bytes[targetEnd] !== SPACE) {
    framing.anomaly = 'start_line';
    return;
  }
  for (let at = targetStart; at < targetEnd; at++) {
    if ((bytes[at] as number) <= SPACE) framing.anomaly = 'start_line';
  }
  framing.method = bytes.toString('latin1', start, index);
  readVersion(scan, targetEnd + 1);
}

/** `HTTP/1.x SP 3DIGIT [SP reason]`; the second space is left out by some servers. */
function readStatusLine(scan: Scan, start: number, end: number): void {
  const { bytes, framing } = scan;
  const status = bytes.toString('latin1', start + 9, start + 12);
  const afterStatus = start + 12;
  const separated = afterStatus === end || bytes[afterStatus] === SPACE;
  if (end < afterStatus || bytes[start + 8] !== SPACE || !/^[1-9]\d\d$/.test(status) || !separated) {
    framing.anomaly = 'start_line';
    return;
  }
  framing.status = Number(status);
  readVersion(scan, start);
}

function readVersion(scan: Scan, at: number): void {
  const version = scan.bytes.toString('latin1', at, at + 8);
  scan.version10 = version === 'HTTP/1.0';
  if (scan.version10) scan.framing.persistent = false;
  else if (version !== 'HTTP/1.1') scan.framing.anomaly ??= 'version';
}

function readHeaderLine(scan: Scan, start: number, end: number): void {
  const { bytes, framing } = scan;
  const first = bytes[start] as number;
  if (first === SPACE || first === TAB) {
    framing.anomaly = 'obs_fold';
    return;
  }
  let colon = start;
  while (colon < end && TOKEN[bytes[colon] as number] === 1) colon++;
  if (colon === start || colon === end || bytes[colon] !== COLON) {
    framing.anomaly = 'header_name';
    return;
  }
  if ((first | LOWER) === 0x78) {
    watch(scan, start, colon);
    return;
  }
  if (scan.watchesAll) watch(scan, start, colon);
  // Told apart by length first: nearly every header is dismissed without a comparison.
  const reader = READERS[colon - start];
  if (reader !== undefined && startsWith(bytes, start, colon, reader.name)) reader.read(scan, value(bytes, colon, end));
}

function watch({ bytes, framing, watch: prefixes }: Scan, start: number, colon: number): void {
  for (const prefix of prefixes) framing.watched ||= startsWith(bytes, start, colon, prefix);
}

/** The headers that framing depends on, by the length of their names. */
const READERS: readonly ({ name: string; read(scan: Scan, text: string): void } | undefined)[] = (() => {
  const byLength: { name: string; read(scan: Scan, text: string): void }[] = [];
  const add = (name: string, read: (scan: Scan, text: string) => void): void => {
    byLength[name.length] = { name, read };
  };
  add('host', (scan) => scan.hosts++);
  add('expect', ({ framing }, text) => {
    framing.expectContinue = text === '100-continue';
  });
  add('connection', readConnection);
  add('content-length', ({ framing }, text) => readContentLength(framing, text));
  add('transfer-encoding', readCoding);
  return byLength;
})();

function readConnection({ framing, version10 }: Scan, text: string): void {
  // What nearly every server says, and what holds anyway.
  if (text === 'keep-alive' && !version10) return;
  const options = text.split(',').map((option) => option.trim());
  if (options.includes('close')) framing.persistent = false;
  // Means something to HTTP/1.0 only; elsewhere it is what holds anyway.
  else if (version10 && options.includes('keep-alive')) framing.persistent = true;
}

function readContentLength(framing: Framing, text: string): void {
  const length = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (length < 0 || (framing.contentLength >= 0 && framing.contentLength !== length)) {
    framing.anomaly = 'content_length';
  }
  framing.contentLength = length;
}

/** Only plain `chunked`, once, after HTTP/1.1: everything else is read differently by different servers. */
function readCoding(scan: Scan, text: string): void {
  scan.codings++;
  if (text !== 'chunked' || scan.codings > 1 || scan.version10) scan.framing.anomaly = 'transfer_encoding';
  scan.framing.chunked = true;
}

/** Lower case, without the spaces and tabs around it (and only those: `trim` would take a no-break space too). */
function value(bytes: Buffer, colon: number, end: number): string {
  let from = colon + 1;
  let to = end;
  while (from < to && isBlank(bytes[from])) from++;
  while (to > from && isBlank(bytes[to - 1])) to--;
  return bytes.toString('latin1', from, to).toLowerCase();
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** @param prefix lower case, of token characters. */
export function startsWith(bytes: Uint8Array, start: number, end: number, prefix: string): boolean {
  if (end - start < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) {
    const byte = bytes[start + index] as number;
    const expected = prefix.charCodeAt(index);
    if (byte !== expected && (byte | LOWER) !== expected) return false;
    // `|` folds more than letters: only a letter may differ from what is expected.
    if (byte !== expected && (expected < 0x61 || expected > 0x7a)) return false;
  }
  return true;
}
