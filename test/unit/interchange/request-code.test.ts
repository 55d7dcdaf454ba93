import { spawn, spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeaderPairs } from '../../../src/core/headers.ts';
import { CODE_LANGUAGES, requestCode } from '../../../src/interchange/request-code.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

const HEADERS: HeaderPairs = [
  ['Host', 'api.anthropic.com'],
  ['Content-Type', 'application/json'],
  ['X-Api-Key', 'sk-ant-...wxyz'],
  ['Authorization', 'Bearer ...wxyz'],
  ['X-Stainless-Lang', 'js'],
  ['Content-Length', '99'],
  ['Anthropic-Version', '2023-06-01'],
];

function code(
  language: (typeof CODE_LANGUAGES)[number],
  body: string | Uint8Array | null,
  over = {},
  path?: string,
): string {
  const request = aStoredMessage('POST /v1/messages HTTP/1.1', body, { headers: HEADERS, ...over });
  return requestCode(aStoredExchange({ path: path ?? '/v1/messages' }, { request }), language) ?? '';
}

/** What a shell would call curl with. */
function argumentsOf(script: string, env: Record<string, string>): string[] {
  const { stdout } = spawnSync('sh', ['-c', `curl() { for it in "$@"; do printf '%s\\0' "$it"; done; }\n${script}`], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    encoding: 'utf8',
  });
  return stdout.split('\0').slice(0, -1);
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

const HOSTILE = [
  `'; touch /tmp/pwned; '`,
  '$(touch /tmp/pwned) `id` ${HOME}',
  'a\nb\\n"c"\u2028\u0000é🙂',
  '"""\\',
  '`${process.exit(1)}`',
  '</script>',
];

describe('interchange/request-code', () => {
  it('takes no provider for a member that every object has', () => {
    const request = aStoredMessage('POST / HTTP/1.1', null, { headers: HEADERS });
    const text = requestCode(aStoredExchange({ provider: 'constructor' }, { request }), 'curl');
    expect(text).toContain('"$CONSTRUCTOR_API_KEY"');
  });

  it('writes a call for each of them, with a variable where the key was', () => {
    const body = JSON.stringify({ model: 'claude', stream: true, stop: null, messages: [] });
    expect(code('curl', body)).toBe(
      `curl -sS -X 'POST' 'https://api.anthropic.com/v1/messages' \\
  -H 'Content-Type: application/json' \\
  -H 'X-Api-Key: '"$ANTHROPIC_API_KEY" \\
  -H 'Authorization: Bearer '"$ANTHROPIC_API_KEY" \\
  -H 'Anthropic-Version: 2023-06-01' \\
  --data-raw '${body}'
`,
    );
    expect(code('python', body)).toContain('"X-Api-Key": os.environ["ANTHROPIC_API_KEY"],');
    expect(code('python', body)).toContain('"Authorization": "Bearer " + os.environ["ANTHROPIC_API_KEY"],');
    expect(code('python', body)).toContain('"stream": True,\n        "stop": None,\n        "messages": [],\n    },');
    expect(code('typescript', body)).toContain('"Authorization": `Bearer ${process.env.ANTHROPIC_API_KEY}`,');
    expect(code('typescript', body)).toContain('body: JSON.stringify({\n    "model": "claude",');
  });

  it.each(CODE_LANGUAGES)('holds no remains of a key in %s', (language) => {
    const text = code(language, '{}', {}, '/v1/models?key=AIza...wxyz&alt=sse');
    expect(text).not.toMatch(/wxyz|\.\.\./);
    expect(text).toContain('ANTHROPIC_API_KEY');
    expect(text).toContain('alt=sse');
  });

  it.each(HOSTILE)('lets %j do nothing in a shell', (text) => {
    const body = JSON.stringify({ text });
    const words = argumentsOf(code('curl', body), { ANTHROPIC_API_KEY: 'key with $(id)' });
    expect(words.at(-1)).toBe(body);
    expect(words).toContain('X-Api-Key: key with $(id)');
    expect(words).toHaveLength(14);
  });

  it.skipIf(!hasPython).each(HOSTILE)('writes %j as a text of Python', (text) => {
    const script = `import sys, types, json
class Answer: status_code, text = 200, ""
def request(*args, **given):
    print(json.dumps([args, given])); return Answer()
sys.modules["requests"] = types.SimpleNamespace(request=request)
${code('python', JSON.stringify({ text, deep: [{ none: null, yes: true }] }))}`;
    const { stdout } = spawnSync('python3', ['-c', script.replaceAll('\0', '')], {
      env: { PATH: process.env['PATH'] ?? '', ANTHROPIC_API_KEY: 'k', PYTHONIOENCODING: 'utf8' },
      encoding: 'utf8',
    });
    const [args, given] = JSON.parse(stdout.split('\n')[0] ?? '') as [string[], { json: unknown; headers: object }];
    expect(args).toEqual(['POST', 'https://api.anthropic.com/v1/messages']);
    expect(given.json).toEqual({ text, deep: [{ none: null, yes: true }] });
    expect(given.headers).toMatchObject({ 'X-Api-Key': 'k', Authorization: 'Bearer k' });
  });

  it.each([...HOSTILE, '{"__proto__":1}'])('writes %j as a text of TypeScript', (text) => {
    const body = text.startsWith('{') ? text : JSON.stringify({ text });
    const script = `const answer = { status: 200, text: async () => '' };
globalThis.fetch = async (...asked) => { process.stdout.write(JSON.stringify(asked) + '\\n'); return answer; };
${code('typescript', body)}`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ANTHROPIC_API_KEY: 'k' },
      encoding: 'utf8',
    });
    const [url, init] = JSON.parse(stdout.split('\n')[0] ?? '') as [string, { body: string; headers: object }];
    expect(url).toBe('https://api.anthropic.com/v1/messages');
    expect(JSON.parse(init.body)).toEqual(JSON.parse(body));
    expect(init.headers).toMatchObject({ Authorization: 'Bearer k' });
  });

  it('says what is not as it was', () => {
    expect(code('curl', '{}', { masked: true })).toMatch(/^# Secrets in the body are masked/);
    expect(code('python', '{', { truncated: true })).toMatch(/^# The body is not all that was sent/);
    expect(code('typescript', null)).toMatch(/^\/\/ The body is not stored/);
    const bytes = Uint8Array.from([0, 255, 254]);
    expect(code('python', bytes)).toContain('data=base64.b64decode("AP/+")');
    expect(code('typescript', bytes)).toContain(`body: Buffer.from('AP/+', 'base64')`);
    const many = new Uint8Array(300_000);
    expect(code('curl', many)).toContain('--data-binary @body.bin');
    expect(code('python', many)).toContain('data=open("body.bin", "rb")');
    expect(code('typescript', many)).toContain(`body: readFileSync('body.bin')`);
    expect(requestCode(aStoredExchange({}, { request: null }), 'curl')).toBeNull();
  });
});

const SHELLS = ['sh', 'bash', 'zsh'].filter((shell) => spawnSync(shell, ['-c', ':']).status === 0);
const hasCurl = spawnSync('curl', ['--version']).status === 0;

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const PRINTABLE = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => 0x20 + at));
const BODIES: readonly (readonly [name: string, body: string | Uint8Array])[] = [
  ['every byte', EVERY_BYTE],
  ['every letter of ASCII', PRINTABLE],
  ['a name of a file', '@/etc/hostname'],
  ['lines, tabs and quotes', `'\n"\t''\n\n`],
  ['the end of a paste, and a command', '\u001b[201~\ntouch /tmp/pasted\n'],
  ['carriage returns', 'a\r\nb\r'],
  ['letters of all scripts', 'é 中文 العربية 🙂'],
  ['more than one argument may hold', JSON.stringify({ text: `it's `.repeat(60_000) })],
];

interface Heard {
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

describe.skipIf(!hasCurl)('interchange/request-code, run by a shell', () => {
  let heard: Heard | null = null;
  let server: Server;
  let host: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        heard = { url: request.url, headers: request.headers, body: Buffer.concat(pieces) };
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  async function run(
    shell: string,
    body: string | Uint8Array | null,
    headers: HeaderPairs = [],
    path = '/v1/messages',
  ): Promise<Heard> {
    const request = aStoredMessage('POST / HTTP/1.1', body, { headers });
    const script = requestCode(aStoredExchange({ transport: 'http', host, path }, { request }), 'curl') ?? '';
    heard = null;
    // As from a file: what is pasted is no argument either.
    const child = spawn(shell, ['-s'], { env: { PATH: process.env['PATH'] ?? '', ANTHROPIC_API_KEY: `k'"$(id)\\` } });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.stdin.end(script);
    await new Promise((resolve) => child.once('close', resolve));
    expect(complaints).toBe('');
    if (heard === null) throw new Error('nothing was sent');
    return heard;
  }

  it.each(SHELLS.flatMap((shell) => BODIES.map(([name, body]) => [shell, name, body] as const)))(
    'sends, from %s, %s as it was',
    async (shell, _, body) => {
      const found = await run(shell, body, [['Content-Type', 'application/json']]);
      expect(found.body.equals(Buffer.from(body))).toBe(true);
      expect(found.headers['content-type']).toBe('application/json');
    },
  );

  it.each(SHELLS)('sends, from %s, headers and addresses as they were, and the key of the reader', async (shell) => {
    const odd = `a'b"c$(id)\`d\`\\e !! ~ * \u00e9`;
    const path = `/v1/a'b/../[x]{y}?q=$(id)&r='&key=AIza...wxyz`;
    const found = await run(
      shell,
      '{}',
      [
        ['X-Odd', odd],
        ['X-Empty', ''],
        ['X-Api-Key', 'sk-ant-...wxyz'],
        ['OpenAI-Organization', 'sha256:0a1b2c3d'],
        ['X-Amz-Date', '20260101T000000Z'],
      ],
      path,
    );
    expect(Buffer.from(found.headers['x-odd'] as string, 'latin1').toString()).toBe(odd);
    expect(found.headers).toMatchObject({ 'x-empty': '', 'x-api-key': `k'"$(id)\\` });
    for (const left of ['openai-organization', 'x-amz-date', 'content-type'])
      expect(found.headers).not.toHaveProperty(left);
    expect(found.url).toBe(path.replace('AIza...wxyz', `k'"$(id)\\`));
  });
});
