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
  /^(?:host|connection|keep-alive|content-length|content-encoding|transfer-encoding|accept-encoding|expect|te|trailer|upgrade|proxy-.*|x-stainless-.*|x-llm-proxy-.*|x-llmobserve-.*)$/i;
const CREDENTIAL =
  /^(?:authorization|proxy-authorization|cookie|.*(?:api-?key|token|secret|signature|credential|password))$/i;
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey|Key)\s+/i;

/** Where the makers' own programs look for a key; the others are named after the provider. */
const VARIABLES: Readonly<Record<string, string>> = {
  google: 'GEMINI_API_KEY',
  vertex: 'GOOGLE_ACCESS_TOKEN',
  'azure-openai': 'AZURE_OPENAI_API_KEY',
  huggingface: 'HF_TOKEN',
  replicate: 'REPLICATE_API_TOKEN',
  bedrock: 'AWS_BEARER_TOKEN_BEDROCK',
  'github-models': 'GITHUB_TOKEN',
  'github-copilot': 'GITHUB_TOKEN',
  chatgpt: 'OPENAI_ACCESS_TOKEN',
};

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
  const variable = VARIABLES[record.provider] ?? `${record.provider.toUpperCase().replaceAll(/\W/g, '_')}_API_KEY`;
  const kept = request.headers.filter(([name]) => !LEFT_OUT.test(name));
  const scheme = record.transport === 'http' ? 'http' : 'https';
  const { body } = request;
  const text = body === null ? null : Buffer.from(body).toString('utf8');
  const isText = body !== null && text !== null && Buffer.from(text).equals(Buffer.from(body));
  return {
    method: record.method,
    url: urlValue(`${scheme}://${record.host}${record.path}`, variable),
    headers: kept.map(([name, value]) => [name, headerValueOf(name, value, variable)]),
    body: body === null || body.length === 0 ? null : isText ? text : body,
    notes: [
      ...(request.masked ? ['Secrets in the body are masked: this is not what was sent.'] : []),
      ...(request.truncated ? ['The body is not all that was sent.'] : []),
      ...(body === null ? ['The body is not stored.'] : []),
    ],
  };
}

function headerValueOf(name: string, value: string, variable: string): Value {
  if (!CREDENTIAL.test(name) && !isMasked(value)) return { before: value, variable: null, after: '' };
  return { before: SCHEME.exec(value)?.[0] ?? '', variable, after: '' };
}

/** `?key=AIza...wxyz`: Google's way. */
function urlValue(url: string, variable: string): Value {
  const found = [...url.matchAll(/[?&][^=&]+=([^&]*)/g)].find(([, value = '']) => value !== '' && isMasked(value));
  if (found === undefined) return { before: url, variable: null, after: '' };
  const [whole, value = ''] = found;
  const start = found.index + whole.length - value.length;
  return { before: url.slice(0, start), variable, after: url.slice(start + value.length) };
}

function curl({ method, url, headers, body, notes }: Written): string {
  const lines = [
    `curl -sS -X ${shell(method)} ${shellValue(url)}`,
    ...headers.map(([name, value]) => `-H ${shellValue({ ...value, before: `${name}: ${value.before}` })}`),
    ...(body === null ? [] : [`--data-binary ${typeof body === 'string' ? shell(body) : '@body.bin'}`]),
  ];
  return `${comments('#', withFile(notes, body))}${lines.join(' \\\n  ')}\n`;
}

/** Between single quotes a shell reads nothing. */
function shell(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", String.raw`'\''`)}'`;
}

function shellValue({ before, variable, after }: Value): string {
  if (variable === null) return shell(before);
  return `${shell(before)}"$${variable}"${after === '' ? '' : shell(after)}`;
}

function python({ method, url, headers, body, notes }: Written): string {
  const [data, given] = pythonBody(body);
  const lines = headers.map(([name, value]) => `        ${JSON.stringify(name)}: ${pythonValue(value)},`);
  const imports = hasVariable(url, headers) ? 'import os\n\nimport requests\n' : 'import requests\n';
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
  if (typeof body !== 'string') return [`open("body.bin", "rb")`, 'data'];
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
  return body === null || typeof body === 'string' ? '' : `import { readFileSync } from 'node:fs';\n\n`;
}

function typescriptBody(body: string | Uint8Array): string {
  if (typeof body !== 'string') return `readFileSync('body.bin')`;
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

function withFile(notes: readonly string[], body: Written['body']): string[] {
  return typeof body === 'string' || body === null
    ? [...notes]
    : [...notes, 'The body is no text: save it as body.bin.'];
}

function comments(mark: string, notes: readonly string[]): string {
  return notes.map((note) => `${mark} ${note}\n`).join('');
}
