import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLI, type Daemon, startDaemon } from '../support/daemon.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { runInProcess } from '../support/run-in-process.ts';

/** ESC, a C1 control sequence introducer and an override of the reading direction. */
const HOSTILE = 'llama\u001b[2J\u009b31m\u202e3';
const STEERS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
const ANSWER = { message: { role: 'assistant', content: 'Hello' }, done: true, prompt_eval_count: 11, eval_count: 7 };

let home: string;
let env: NodeJS.ProcessEnv;
let server: Server;
let port: number;
/** Ends the answers that wait. */
let release: () => void = () => {};

beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    incoming.resume();
    const model = incoming.headers['x-model'] === 'hostile' ? HOSTILE : 'llama3';
    const text = JSON.stringify({ model, ...ANSWER });
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    if (incoming.headers['x-slow'] === undefined) outgoing.end(text);
    else {
      outgoing.write(text.slice(0, 20));
      release = () => outgoing.end(text.slice(20));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-cli-'));
  env = {
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CONFIG_HOME: join(home, 'config'),
    LLM_PROXY_LOCAL: `ollama=127.0.0.1:${port}`,
    NO_COLOR: '1',
  };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function start(args: readonly string[] = []): Promise<Daemon> {
  return startDaemon({ home, env, args });
}

/** Asks the model server through the proxy; resolves with the head of the answer. */
async function call(daemon: Daemon, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const outgoing = request({
    host: '127.0.0.1',
    port: daemon.proxyPort,
    method: 'POST',
    path: `http://127.0.0.1:${port}/api/chat`,
    headers: { host: `127.0.0.1:${port}`, 'content-type': 'application/json', ...headers },
    agent: false,
  });
  // A call that is cut tells its body as well.
  outgoing.on('error', () => {});
  outgoing.end(JSON.stringify({ model: 'llama3', stream: false, messages: [{ role: 'user', content: 'Hi' }] }));
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return incoming;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

async function callToEnd(daemon: Daemon, headers: Record<string, string> = {}): Promise<void> {
  await bodyOf(await call(daemon, headers));
}

/** Asks until the record of the last call is there: it comes after its answer. */
async function until(args: readonly string[], done: (result: CliResult) => boolean): Promise<CliResult> {
  let result = await runInProcess(args, env);
  await expect
    .poll(async () => done((result = await runInProcess(args, env))), { message: args.join(' '), interval: 100 })
    .toBe(true);
  return result;
}

function file(text: string): string {
  const path = join(home, 'config.toml');
  writeFileSync(path, text);
  return path;
}

const requests = (result: CliResult): number =>
  (JSON.parse(result.stdout) as { total_requests: number }).total_requests;

function expectRefused(result: CliResult): void {
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toBe('llm-proxy: status must be e.g. 404, 5xx or >=400\n');
}

describe('the commands of a running daemon', () => {
  it('tell where it is, what it counted and what was said, and end it', async () => {
    const daemon = await start();
    try {
      await callToEnd(daemon);
      const stats = await until(['stats', '--json'], (result) => requests(result) === 1);
      expect(JSON.parse(stats.stdout)).toMatchObject({ input_tokens: 11, output_tokens: 7 });
      const table = await runCli(['stats'], env);
      expect(table.stdout).toMatch(/ollama\/llama3 +1 +11 +0 +7 +0 /);

      const status = await runCli(['status'], env);
      expect(status).toMatchObject({ code: 0, stderr: '' });
      expect(status.stdout).toContain(`pid ${daemon.pid}, ok`);
      expect(status.stdout).toContain(daemon.adminUrl);
      expect((await runInProcess(['--status'], env)).code).toBe(0);

      const calls = await until(['calls', '--json'], ({ stdout }) => stdout.includes('llama3'));
      const [record] = (JSON.parse(calls.stdout) as { calls: { id: string; usage: object }[] }).calls;
      expect(record?.usage).toMatchObject({ input_tokens: 11, output_tokens: 7, source: 'json', state: 'final' });
      const shown = await runCli(['show', (record?.id ?? '').slice(0, 12)], env);
      expect(shown).toMatchObject({ code: 0 });
      expect(shown.stdout).toContain('Hello');
      expect((await runInProcess(['show', 'zzzz'], env)).code).toBe(4);

      const stopped = await runCli(['stop'], env);
      expect(stopped).toMatchObject({ code: 0, stdout: `llm-proxy (pid ${daemon.pid}) has stopped\n` });
      expect(existsSync(join(home, 'run', 'daemon.json'))).toBe(false);
      expect((await runCli(['status'], env)).code).toBe(3);
      expect((await runInProcess(['stop'], env)).code).toBe(3);
      const stored = await runInProcess(['calls'], { ...env, LLM_PROXY_HOME: home });
      expect(stored.stdout).toMatch(/ollama +llama3 +200 +11 .*7 /);
    } finally {
      await daemon.kill();
    }
  });

  it('show hostile names as text, refuse filters that mean nothing, and end quietly when their reader has left', async () => {
    const daemon = await start();
    const wrong = ['calls', '--status', 'many', '--home', home];
    try {
      expectRefused(await runInProcess(wrong, env));

      await callToEnd(daemon, { 'x-model': 'hostile' });
      const json = await until(['calls', '--json'], ({ stdout }) => stdout.includes('llama'));
      expect(json.stdout).not.toMatch(STEERS);
      const [record] = (JSON.parse(json.stdout) as { calls: { id: string; response_model: string }[] }).calls;
      for (const args of [['calls'], ['stats'], ['show', record?.id ?? '']]) {
        const { stdout } = await runCli(args, env);
        expect(stdout, args[0]).toContain('llama');
        expect(stdout, args[0]).not.toMatch(STEERS);
      }

      const child = spawn(process.execPath, [CLI, 'status', '--json'], { env: { ...process.env, ...env } });
      child.stdout.destroy();
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      expect(await once(child, 'close')).toEqual([0, null]);
      expect(errors).toBe('');
    } finally {
      await daemon.stop();
    }
    expectRefused(await runInProcess(wrong, env));
  });

  it('follow the log with tail, into files that come later', async () => {
    const daemon = await start(['--log-dir', join(home, 'elsewhere')]);
    const tail = spawn(process.execPath, [CLI, 'tail'], { env: { ...process.env, ...env } });
    try {
      let text = '';
      tail.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const [notice] = (await once(tail.stderr, 'data')) as [Buffer];
      expect(notice.toString()).toContain('no log file');
      await callToEnd(daemon);
      while (!text.includes('Hello')) await once(tail.stdout, 'data');
      const closed = once(tail, 'close');
      tail.kill('SIGINT');
      expect(await closed).toEqual([0, null]);
    } finally {
      tail.kill('SIGKILL');
      await daemon.kill();
    }
  });
});

describe('the life of a daemon', () => {
  it('lets a call that is under way end after SIGTERM, and leaves with 0', async () => {
    const daemon = await start();
    const incoming = await call(daemon, { 'x-slow': '1' });
    const body = bodyOf(incoming);
    const ended = daemon.stop();
    await expect.poll(() => daemon.output()).toContain('stopping');
    release();
    expect(JSON.parse(await body)).toMatchObject(ANSWER);
    expect(await ended).toBe(0);
    expect(requests(await runInProcess(['stats', '--json', '--home', home], env))).toBe(1);
  });

  it('cuts what is under way at the second signal', async () => {
    const daemon = await start();
    const incoming = await call(daemon, { 'x-slow': '1' });
    const cut = bodyOf(incoming).catch((error: NodeJS.ErrnoException) => error.code);
    const ended = daemon.stop();
    await expect.poll(() => daemon.output()).toContain('stopping');
    process.kill(daemon.pid, 'SIGTERM');
    expect(await ended).toBe(0);
    expect(await cut).toBe('ECONNRESET');
  });

  it('goes on counting where it was killed', async () => {
    const first = await start();
    await callToEnd(first);
    await until(['calls', '--json'], ({ stdout }) => stdout.includes('llama3'));
    await first.kill();
    expect((await runInProcess(['status', '--home', home], env)).code).toBe(3);
    const second = await start();
    try {
      expect(requests(await runInProcess(['stats', '--json'], env))).toBe(1);
      await callToEnd(second);
      await until(['stats', '--json'], (result) => requests(result) === 2);
    } finally {
      await second.kill();
    }
  });

  it('goes on after an error that nobody foresaw, and tells of it', async () => {
    const fault = `process.on('SIGUSR2',()=>{throw new Error('unforeseen')})`;
    const daemon = await startDaemon({
      home,
      env: { ...env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` },
    });
    try {
      process.kill(daemon.pid, 'SIGUSR2');
      await expect.poll(() => daemon.output()).toContain('unforeseen');
      await callToEnd(daemon);
      expect(await daemon.stop()).toBe(0);
    } finally {
      await daemon.kill();
    }
  });

  it('says whose port and whose home it is when a second one is started on either', async () => {
    const first = await start();
    try {
      const args = ['start', '--home', home, '--port', String(first.proxyPort), '--admin-port', '0'];
      const { code, stderr } = await runCli(args, env);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^llm-proxy: [^\n]+\n$/);
      expect(stderr).toContain(`pid ${first.pid}`);
      expect((await runInProcess(['status'], env)).stdout).toContain(`pid ${first.pid}`);

      const second = await start();
      await second.kill();
      expect(second.output()).toContain('another daemon serves this home');
      expect(second.output()).toContain(String(first.pid));
    } finally {
      await first.kill();
    }
  });
});

/** What start refuses is in start-errors.test.ts. */
describe('a command that cannot be done', () => {
  const BAD: [name: string, args: () => string[], code: number, says: RegExp][] = [
    ['no command', () => [], 2, /which command/],
    ['an unknown command', () => ['strat'], 2, /unknown command strat; did you mean start\?/],
    ['an option without its value', () => ['start', '--port'], 2, /--port needs a value/],
    ['an option given twice', () => ['start', '--port', '1', '--port', '2'], 2, /--port is given twice/],
    ['a word too many', () => ['start', 'now'], 2, /start takes no now/],
    ['a level that is none', () => ['start', '--log-level', 'loud'], 2, /--log-level must be one of debug, info/],
    ['run without dashes', () => ['run', 'ls'], 2, /put -- before the program/],
    ['a command to come', () => ['mcp'], 2, /mcp is not in this version/],
    ['a choice that is none', () => ['ca', 'export', '--format', 'x'], 2, /--format must be one of pem, der, p12/],
    [
      'a wrong value',
      () => ['start', '--config', file('[logs]\nbodies = 1')],
      2,
      /config\.toml:2: logs\.bodies must be/,
    ],
    ['an upstream CA without certificate', () => ['start', '--upstream-ca', file('x')], 2, /holds no PEM certificate/],
    ['a rule that is none', () => ['start', '--connect-to', 'a:b'], 2, /expected HOST:PORT:ADDR:PORT/],
    [
      'a database that is none',
      () => ['start', '--db', file('not a database, but a long line of text')],
      1,
      /database .*config\.toml/,
    ],
    ['stats of a home without calls', () => ['stats', '--home', join(home, 'none')], 1, /no database/],
    ['a rotation without consent', () => ['ca', 'rotate'], 2, /--yes/],
  ];

  // These come to light only when the daemon is being made, on threads that need the built program.
  const SPAWNED = new Set([
    'an unknown command',
    'an upstream CA without certificate',
    'a rule that is none',
    'a database that is none',
  ]);

  it.each(BAD)('says so in one line: %s', async (name, args, code, says) => {
    const quiet = { ...env, LLM_PROXY_PORT: '0', LLM_PROXY_ADMIN_PORT: '0' };
    const result = await (SPAWNED.has(name) ? runCli : runInProcess)(args(), quiet);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).toMatch(/^llm-proxy: [^\n]+\n$/);
    expect(result).toMatchObject({ code, stdout: '' });
  });
});

describe('ca', () => {
  it('shows, exports and widens the authority', async () => {
    const shown = await runInProcess(['ca', 'show', '--json'], env);
    expect(JSON.parse(shown.stdout)).toMatchObject({ ca_file: join(home, '.llm-proxy', 'certs', 'ca.pem') });
    const pem = await runCli(['ca', 'export'], env);
    expect(pem.stdout).toMatch(/^-----BEGIN CERTIFICATE-----/);
    const added = await runInProcess(['ca', 'add', 'llm.example.org'], env);
    expect(added).toMatchObject({ code: 0 });
    expect(added.stdout).toContain('llm.example.org');
    expect((await runInProcess(['ca', 'show'], env)).stdout).toContain('llm.example.org');
    expect((await runInProcess(['ca', 'add', '127.0.0.1'], env)).code).not.toBe(0);
  });
});
