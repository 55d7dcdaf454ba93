import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHar } from '../../src/interchange/har.ts';
import { createJsonl } from '../../src/interchange/jsonl.ts';
import { CLI, startDaemon } from '../support/daemon.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { aStoredExchange, written } from '../support/stored-exchanges.ts';

let home: string;
let files: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-export-'));
  files = join(home, 'files');
  mkdirSync(files);
  env = { HOME: home, XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config'), NO_COLOR: '1' };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const cli = (...words: string[]): Promise<CliResult> => runCli([...words, '--home', home], env);
/** What starts no thread. */
const here = (...words: string[]): Promise<CliResult> => runInProcess([...words, '--home', home], env);

const calls = (count: number, from = 0): ReturnType<typeof aStoredExchange>[] =>
  Array.from({ length: count }, (_, index) => {
    const second = String(index % 60).padStart(2, '0');
    return aStoredExchange({
      id: `call_${from + index}`,
      started_at: `2026-11-21T12:00:${second}.000Z`,
      session_id: `s${index % 2}`,
    });
  });

const say = (...texts: string[]): string =>
  JSON.stringify({
    model: 'm',
    messages: texts.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content })),
  });

async function put(name: string, count: number, from = 0): Promise<string> {
  const path = join(files, name);
  const text = await written(createJsonl(), calls(count, from));
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

describe('export and import', () => {
  it('take calls in without a daemon, and give them out again', async () => {
    await put('a.jsonl', 3);
    mkdirSync(join(files, 'deeper'));
    await put('deeper/b.jsonl.gz', 2, 3);
    writeFileSync(join(files, 'c.har'), await written(createHar('1'), calls(2, 5)));
    writeFileSync(join(files, 'notes.txt'), 'no calls');
    const first = await cli('import', files, '--json');
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(JSON.parse(first.stdout)).toMatchObject({ dry_run: false, files: 3, added: 7, existing: 0, failed: 0 });
    expect((await cli('import', files)).stdout).toBe('3 files: 0 added, 7 were there already.\n');
    expect(JSON.parse((await here('stats', '--json')).stdout)).toMatchObject({ total_requests: 7 });

    expect(
      (await here('export', '-q', 'model:claude-sonnet-4-5 session:s1')).stdout.trimEnd().split('\n'),
    ).toHaveLength(3);
    expect((await here('export', '-q', 'call_4')).stdout.trimEnd().split('\n')).toHaveLength(1);
    expect((await here('export', '-q', 'nowhere')).stdout).toBe('');
    const all = await here('export');
    expect(all.stdout.trimEnd().split('\n')).toHaveLength(7);
    const out = join(home, 'out.jsonl.gz');
    const some = await here('export', '--session', 's1', '--no-bodies', '--out', out);
    expect(some.stderr).toMatch(/^llm-proxy: 3 calls, [\d,]+ bytes in .*out\.jsonl\.gz\n$/);
    const lines = gunzipSync(readFileSync(out)).toString().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual(
      Array.from({ length: 3 }, () => expect.not.objectContaining({ request: expect.anything() as unknown }) as object),
    );
  });

  it('go through the daemon where one runs, so that its totals are right at once', async () => {
    const path = await put('a.jsonl', 3);
    const daemon = await startDaemon({ home, env });
    try {
      expect((await cli('import', path, '--dry-run')).stdout).toBe('1 file: 3 would be added.\n');
      expect(await (await daemon.get('/api/stats')).json()).toMatchObject({ total_requests: 0 });
      expect((await cli('import', path)).stdout).toBe('1 file: 3 added.\n');
      expect(await (await daemon.get('/api/stats')).json()).toMatchObject({ total_requests: 3 });
      expect((await here('export', '--format', 'csv')).stdout.trimEnd().split('\r\n')).toHaveLength(4);
      const refused = await fetch(`${daemon.adminUrl}/api/import`, { method: 'POST', body: '{}' });
      expect(refused.status).toBe(401);
    } finally {
      await daemon.stop();
    }
  });

  it('give a session once, at its fullest, as ShareGPT', async () => {
    const turns = [say('one'), say('one', 'Hi there', 'two'), say('one', 'Hi there', 'two', 'Hi there', 'three')];
    const exchanges = [...turns, say('title?')].map((body, index) => {
      const call = aStoredExchange({
        id: `call_${index}`,
        session_id: 's',
        request_bytes: body.length,
        started_at: `2026-11-21T12:00:0${index}.000Z`,
      });
      return { ...call, request: { ...call.request!, body: Buffer.from(body) } };
    });
    writeFileSync(
      join(files, 'a.jsonl'),
      await written(createJsonl(), [...exchanges, aStoredExchange({ id: 'alone', session_id: null })]),
    );
    await cli('import', files);
    const { stdout } = await here('export', '--format', 'sharegpt');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { conversations: { value: string }[] });
    expect(lines.map(({ conversations }) => conversations.map(({ value }) => value))).toEqual([
      ['one', 'Hi there', 'two', 'Hi there', 'three', 'Hi there'],
      ['Hello', 'Hi there'],
    ]);
    expect((await here('export', '--format', 'openai-jsonl')).stdout.trimEnd().split('\n')).toHaveLength(5);
  });

  it('tell what cannot be read, and fail only when nothing could be', async () => {
    const path = await put('a.jsonl', 1);
    writeFileSync(path, `{"half":\n${readFileSync(path, 'utf8')}`);
    const mixed = await cli('import', path);
    expect([mixed.code, mixed.stdout]).toEqual([0, '1 file: 1 added, 1 could not be read.\n']);
    expect(mixed.stderr).toBe(`llm-proxy: ${path}: line 1: no JSON object\n`);
    writeFileSync(path, 'nothing\n');
    expect((await cli('import', path)).code).toBe(1);
    expect(await here('import', join(files, 'none'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no') as string,
    });
    expect((await here('export', '--format', 'sharegpt', '--no-bodies')).code).toBe(2);
    expect((await here('export', '--format', 'xml')).code).toBe(2);
    expect((await here('export', '--since', 'soon')).code).toBe(2);
  });

  it('end quietly when their reader leaves', async () => {
    await cli('import', await put('a.jsonl', 400));
    const child = spawn(
      'sh',
      ['-c', `"${process.execPath}" "${CLI}" export --home "${home}" | head -n 1; echo "left $?"`],
      { env: { ...process.env, ...env } },
    );
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    expect(text.err).toBe('');
    expect(text.out.trimEnd().split('\n')).toEqual([expect.stringContaining('"call_0"'), 'left 0']);
  });

  it('say so where there is no database', async () => {
    expect(await here('export')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no database') as string,
    });
    expect(existsSync(join(home, 'data'))).toBe(false);
  });
});
