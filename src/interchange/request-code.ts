/**
 * A stored request as something to run: curl, Python or TypeScript. Keys were never stored; in their places stand
 * variables. Nothing that the call held can leave its quotes.
 */
import { isMasked } from '../core/secret-patterns.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { StoredExchange } from '../core/transfer.ts';

export const CODE_LANGUAGES = ['curl', 'python', 'typescript'] as const;
export type CodeLanguage = (typeof CODE_LANGUAGES)[number];

/** What the program that runs it sees to, and what says which program it was. */
const LEFT_OUT =
  /^(?:host|connection|keep-alive|content-length|content-encoding|transfer-encoding|accept-encoding|expect|te|trailer|upgrade|sec-websocket-.*|proxy-.*|x-stainless-.*|x-llm-proxy-.*|x-llmobserve-.*)$/i;
const CREDENTIAL =
  /^(?:authorization|proxy-authorization|cookie|.*(?:api-?key|token|secret|signature|credential|password))$/i;
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey|Key)\s+/i;
/** Of accounts a fingerprint is kept, which no provider knows. */
const FINGERPRINT = /^sha256:[\da-f]{8}$/;
/** Parts of a signature that holds for minutes. A key does without. */
const SIGNATURE = /^x-amz-(?:date|security-token|content-sha256)$/i;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** A terminal acts on these when they are pasted, within quotes too. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** Where the makers' own programs look for a key; the others are named after the provider. */
const VARIABLES = new Map(
  Object.entries({
    google: 'GEMINI_API_KEY',
    vertex: 'GOOGLE_ACCESS_TOKEN',
    'azure-openai': 'AZURE_OPENAI_API_KEY',
    huggingface: 'HF_TOKEN',
    replicate: 'REPLICATE_API_TOKEN',
    bedrock: 'AWS_BEARER_TOKEN_BEDROCK',
    'github-models': 'GITHUB_TOKEN',
    'github-copilot': 'GITHUB_TOKEN',
    chatgpt: 'OPENAI_ACCESS_TOKEN',
  }),
);

/** A text, with a variable in it where a secret was. */
interface Value {
  before: string;
  variable: string | null;
  after: string;
}

interface Written {
  method: string;
  url: Value;
  headers: [name: string, value: Value][];
  /** Text, or bytes that are none. */
  body: string | Uint8Array | null;
  stream: boolean;
  notes: string[];
}

/** Ends with a line feed. Null: the request is not stored. */
export function requestCode(exchange: StoredExchange, language: CodeLanguage): string | null {
  const { request } = exchange;
  if (request === null) return null;
  const written = writtenOf(exchange, request);
  switch (language) {
    case 'curl':
      return curl(written);
    case 'python':
      return python(written);
    case 'typescript':
      return typescript(written);
  }
}

function writtenOf({ record }: StoredExchange, request: NonNullable<StoredExchange['request']>): Written {
  const variable = VARIABLES.get(record.provider) ?? `${record.provider.toUpperCase().replaceAll(/\W/g, '_')}_API_KEY`;
  const isSigned = request.headers.some(([name]) => SIGNATURE.test(name));
  const sent = request.headers.filter(([name, value]) => isSent(name, value));
  const kept = sent.filter(([, value]) => !FINGERPRINT.test(value));
  const unknown = sent.filter(([, value]) => FINGERPRINT.test(value)).map(([name]) => name);
  const scheme = record.transport === 'http' ? 'http' : 'https';
  const { body } = request;
  return {
    method: record.method,
    url: urlValue(addressOf(`${scheme}://${record.host}${record.path}`), variable),
    headers: kept.map(([name, value]) => [name, headerValueOf(name, value, variable, isSigned)]),
    body: body === null || body.length === 0 ? null : (textOf(body) ?? body),
    stream: record.stream,
    notes: [
      ...(record.transport === 'websocket' ? ['It was said on a WebSocket, which this does not open.'] : []),
      ...(request.masked ? ['Secrets in the body are masked: this is not what was sent.'] : []),
      ...(request.truncated ? ['The body is not all that was sent.'] : []),
      ...(body === null ? ['The body is not stored.'] : []),
      ...(unknown.length > 0 ? [`Left out, for no more than a fingerprint is kept: ${unknown.join(', ')}.`] : []),
    ],
  };
}

function isSent(name: string, value: string): boolean {
  return NAME.test(name) && !LEFT_OUT.test(name) && !SIGNATURE.test(name) && !CONTROL.test(value);
}

/** Null: it is no text, or one that a terminal would act on. */
function textOf(body: Uint8Array): string | null {
  const text = Buffer.from(body).toString('utf8');
  return Buffer.from(text).equals(Buffer.from(body)) && !CONTROL.test(text) ? text : null;
}

function addressOf(url: string): string {
  return url.replaceAll(/[\u0000-\u0020\u007f-\u009f]/g, encodeURIComponent);
}

function headerValueOf(name: string, value: string, variable: string, isSigned: boolean): Value {
  if (!CREDENTIAL.test(name) && !isMasked(value)) return { before: value, variable: null, after: '' };
  const scheme = SCHEME.exec(value)?.[0] ?? (isSigned && /^authorization$/i.test(name) ? 'Bearer ' : '');
  return { before: scheme, variable, after: '' };
}

/** `?key=AIza...wxyz`: Google's way. */
function urlValue(url: string, variable: string): Value {
  const found = [...url.matchAll(/[?&][^=&]+=([^&]*)/g)].find(([, value = '']) => value !== '' && isMasked(value));
  if (found === undefined) return { before: url, variable: null, after: '' };
  const [whole, value = ''] = found;
  const start = found.index + whole.length - value.length;
  return { before: url.slice(0, start), variable, after: url.slice(start + value.length) };
}

/** Bytes. A system takes no single argument of more than 128 KiB. */
const MAX_ARGUMENT = 100_000;
/** Bytes that are no text and stand in the code all the same. */
const MAX_INLINE = 256 * 1024;

function curl(written: Written): string {
  const { method, url, headers, body, notes } = written;
  const [before, data] = curlBody(body);
  const hasType = headers.some(([name]) => /^content-type$/i.test(name));
  const lines = [
    `curl ${curlFlags(written)}-X ${shell(method)} ${shellValue(url)}`,
    ...headers.map(([name, value]) => `-H ${shellValue(curlHeader(name, value))}`),
    // It would name a form.
    ...(body === null || hasType ? [] : [`-H 'Content-Type:'`]),
    ...data,
  ];
  return `${comments('#', withFile(notes, body))}${before}${lines.join(' \\\n  ')}\n`;
}

function curlFlags({ url, stream }: Written): string {
  const address = url.before + url.after;
  return [
    '-sS',
    ...(stream ? ['-N'] : []),
    // Brackets and dots of an address mean something to curl.
    ...(/[[\]{}]/.test(address) ? ['--globoff'] : []),
    ...(/\/\.\.?(?:[/?#]|$)/.test(address) ? ['--path-as-is'] : []),
    '',
  ].join(' ');
}

/** `Name:` would take a header away, `Name;` sends it without a value. */
function curlHeader(name: string, value: Value): Value {
  const isEmpty = value.before === '' && value.variable === null;
  return { ...value, before: isEmpty ? `${name};` : `${name}: ${value.before}` };
}

/** What stands before curl, and its own arguments. `--data-binary` would take `@name` for a file. */
function curlBody(body: Written['body']): [before: string, data: string[]] {
  if (body === null) return ['', []];
  if (typeof body !== 'string') {
    if (body.length > MAX_INLINE) return ['', ['--data-binary @body.bin']];
    return [`printf %s ${shell(base64(body))} | base64 -d | `, ['--data-binary @-']];
  }
  if (Buffer.byteLength(body) <= MAX_ARGUMENT) return ['', [`--data-raw ${shell(body)}`]];
  return [`printf %s ${shell(body)} | `, ['--data-binary @-']];
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** Between single quotes a shell reads nothing. */
function shell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function shellValue({ before, variable, after }: Value): string {
  if (variable === null) return shell(before);
  return `${shell(before)}"$${variable}"${after === '' ? '' : shell(after)}`;
}

function python({ method, url, headers, body, notes }: Written): string {
  const [data, given] = pythonBody(body);
  const lines = headers.map(([name, value]) => `        ${JSON.stringify(name)}: ${pythonValue(value)},`);
  const modules = [...(isInline(body) ? ['base64'] : []), ...(hasVariable(url, headers) ? ['os'] : [])];
  const imports = `${modules.map((name) => `import ${name}\n`).join('')}${modules.length > 0 ? '\n' : ''}import requests\n`;
  return `${comments('#', withFile(notes, body))}${imports}
response = requests.request(
    ${JSON.stringify(method)},
    ${pythonValue(url)},
    headers={
${lines.join('\n')}
    },
${given === null ? '' : `    ${given}=${data},\n`})
print(response.status_code, response.text)
`;
}

function pythonBody(body: Written['body']): [data: string, argument: string | null] {
  if (body === null) return ['', null];
  if (typeof body !== 'string')
    return [isInline(body) ? `base64.b64decode("${base64(body)}")` : `open("body.bin", "rb")`, 'data'];
  const value = parseJson(body);
  return typeof value === 'object' && value !== null
    ? [pythonLiteral(value, 1), 'json']
    : [`${JSON.stringify(body)}.encode()`, 'data'];
}

/** A JSON text is a literal of Python but for three words. */
function pythonLiteral(value: unknown, depth: number): string {
  const indent = '    '.repeat(depth + 1);
  const end = '    '.repeat(depth);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${indent}${pythonLiteral(item, depth + 1)},\n`).join('')}${end}]`;
  }
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const lines = entries.map(
    ([key, member]) => `${indent}${JSON.stringify(key)}: ${pythonLiteral(member, depth + 1)},\n`,
  );
  return `{\n${lines.join('')}${end}}`;
}

function pythonValue({ before, variable, after }: Value): string {
  if (variable === null) return JSON.stringify(before);
  const parts = [before, null, after].flatMap((text) =>
    text === null ? [`os.environ[${JSON.stringify(variable)}]`] : text === '' ? [] : [JSON.stringify(text)],
  );
  return parts.join(' + ');
}

function typescript({ method, url, headers, body, notes }: Written): string {
  const lines = headers.map(([name, value]) => `    ${JSON.stringify(name)}: ${typescriptValue(value)},`);
  return `${comments('//', withFile(notes, body))}${typescriptImports(body)}const response = await fetch(${typescriptValue(url)}, {
  method: ${JSON.stringify(method)},
  headers: {
${lines.join('\n')}
  },
${body === null ? '' : `  body: ${typescriptBody(body)},\n`}});
console.log(response.status, await response.text());
`;
}

function typescriptImports(body: Written['body']): string {
  return body === null || typeof body === 'string' || isInline(body)
    ? ''
    : `import { readFileSync } from 'node:fs';\n\n`;
}

function typescriptBody(body: string | Uint8Array): string {
  if (typeof body !== 'string')
    return isInline(body) ? `Buffer.from('${base64(body)}', 'base64')` : `readFileSync('body.bin')`;
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null) return JSON.stringify(body);
  // `__proto__` in a literal is the prototype; in JSON a name as any other.
  if (body.includes('__proto__')) return JSON.stringify(body);
  return `JSON.stringify(${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')})`;
}

function typescriptValue({ before, variable, after }: Value): string {
  if (variable === null) return JSON.stringify(before);
  return `\`${templateText(before)}\${process.env.${variable}}${templateText(after)}\``;
}

function templateText(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('`', '\\`').replaceAll('${', '\\${');
}

function hasVariable(url: Value, headers: Written['headers']): boolean {
  return url.variable !== null || headers.some(([, { variable }]) => variable !== null);
}

function isInline(body: Written['body']): boolean {
  return body !== null && typeof body !== 'string' && body.length <= MAX_INLINE;
}

function withFile(notes: readonly string[], body: Written['body']): string[] {
  return typeof body === 'string' || body === null || isInline(body)
    ? [...notes]
    : [...notes, 'The body is no text: save it as body.bin.'];
}

function comments(mark: string, notes: readonly string[]): string {
  return notes.map((note) => `${mark} ${note}\n`).join('');
}
