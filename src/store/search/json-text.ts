/**
 * What is said in a piece of JSON: its strings, one under the other, without the grammar of the APIs around them. The
 * piece may begin and end anywhere, also inside of a string.
 */

/** Their values say what a thing is, in every call the same few words. */
const GRAMMAR: ReadonlySet<string> = new Set(['role', 'type', 'object', 'cache_control', 'format', 'media_type']);
/** Their values are for machines: ciphers, padding, and what was said already, token by token. */
const NOISE: ReadonlySet<string> = new Set(
  (
    'signature encrypted_content obfuscation thoughtSignature thought_signature logprobs created_at timestamp ' +
    'system_fingerprint p event'
  ).split(' '),
);
/** Names that stand in every body. Other names are words of the user: of tools, of arguments, of schemas. */
const COMMON: ReadonlySet<string> = new Set(
  (
    'content text messages parts contents index delta choices message input output model stream tools function ' +
    'name id parameters arguments properties required description input_schema tool_use_id tool_call_id ' +
    'tool_calls call_id usage data source system thinking finish_reason stop_reason max_tokens temperature ' +
    'annotations status ' +
    // Counts of usage: every answer in one piece has them.
    'input_tokens output_tokens total_tokens prompt_tokens completion_tokens cached_tokens reasoning_tokens ' +
    'input_tokens_details output_tokens_details prompt_tokens_details completion_tokens_details audio_tokens ' +
    'cache_creation_input_tokens cache_read_input_tokens cache_creation usageMetadata promptTokenCount ' +
    'candidatesTokenCount totalTokenCount thoughtsTokenCount cachedContentTokenCount'
  ).split(' '),
);

const MAX_NESTING = 3;
/** Characters; shorter ones are counts and settings. `false` is none worth a search either. */
const MIN_NUMBER = 6;
/** Longer runs without a space or a point are pictures, sounds, ciphers. */
const UNREADABLE = /[A-Za-z0-9+/_-]{200,}={0,2}/g;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([^u]))/g;
const BETWEEN = /[\s{}[\]:,]*/y;
const LITERAL = /[-+.\w]+/y;
const WORDS_OF_JSON = /^(?:true|false|null|-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)$/;

export function isGrammar(name: string): boolean {
  return GRAMMAR.has(name) || NOISE.has(name);
}

/** Text with what nobody reads in it left out: base64 and the like. */
export function readable(text: string): string {
  return text.length < 200 ? text : text.replaceAll(UNREADABLE, ' ');
}

/** @param insideString how the piece probably begins; it is read the other way when that makes no sense, and as plain text when neither does */
export function jsonText(piece: string, insideString: boolean): string {
  const inside = `"${piece}`;
  const strings = stringsOf(insideString ? inside : piece) ?? stringsOf(insideString ? piece : inside);
  return strings === null ? readable(piece) : strings.map((one) => valueText(one, MAX_NESTING)).join('\n');
}

/** The text of a string's value: when it is JSON again (arguments of tools are), the strings in that. */
export function valueText(value: string, depth: number): string {
  const first = /^\s*[{[]/.test(value) && depth > 0 ? stringsOf(value) : null;
  return first === null ? readable(value) : first.map((one) => valueText(one, depth - 1)).join('\n');
}

/** Unescaped strings and names worth a search; null = no JSON. */
function stringsOf(piece: string): string[] | null {
  const found: string[] = [];
  let isSkipped = false;
  for (let at = nextToken(piece, 0); at < piece.length;) {
    const isString = piece[at] === '"';
    const start = isString ? at + 1 : at;
    const end = isString ? endOfString(piece, start) : endOfLiteral(piece, at);
    if (end < 0) return null;
    const raw = piece.slice(start, end);
    const isName = isString && isColon(piece, end + 1);
    if (isName) isSkipped = isGrammar(raw);
    if (!isSkipped && isWorthIt(raw, isString, isName)) found.push(unescaped(raw));
    isSkipped &&= isName;
    at = nextToken(piece, isString ? end + 1 : end);
  }
  return found;
}

function isWorthIt(raw: string, isString: boolean, isName: boolean): boolean {
  if (isName) return !COMMON.has(raw);
  return isString ? raw !== '' : raw.length >= MIN_NUMBER;
}

function nextToken(piece: string, at: number): number {
  return match(BETWEEN, piece, at);
}

/** -1 = what stands there is no JSON. */
function endOfLiteral(piece: string, at: number): number {
  const end = match(LITERAL, piece, at);
  return end > at && isLiteral(piece, at, end) ? end : -1;
}

/** A piece may end in a number or a word of JSON, or begin in one; it is no sentence. */
function isLiteral(piece: string, start: number, end: number): boolean {
  if (start === 0) return /[,}\]]/.test(piece[end] ?? '');
  if (end === piece.length) return /[:,[]\s*$/.test(piece.slice(Math.max(start - 8, 0), start));
  return WORDS_OF_JSON.test(piece.slice(start, end));
}

/** Where the quote stands that closes the string which `at` is in; the end of the piece when none does. */
export function endOfString(piece: string, at: number): number {
  for (let quote = piece.indexOf('"', at); quote >= 0; quote = piece.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (quote - backslashes > at && piece[quote - backslashes - 1] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote;
  }
  return piece.length;
}

function isColon(piece: string, at: number): boolean {
  for (let index = at; index < piece.length; index += 1) {
    const code = piece.charCodeAt(index);
    if (code === 0x3a) return true;
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
  }
  return false;
}

/** Where the sticky pattern ends; `at` when it does not match. */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replaceAll(ESCAPE, (_, hex: string | undefined, letter: string | undefined) =>
    hex === undefined ? (LETTERS[letter ?? ''] ?? letter ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
