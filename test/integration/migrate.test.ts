import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/driver.ts';
import { CLI, type Daemon, startDaemon } from '../support/daemon.ts';

const page = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../docs/migrate.md'), 'utf8');
/** The commands of its blocks; a backslash goes on in the next line. */
const lines = [...page.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
  block.replaceAll('\\\n', ' ').split('\n'),
);
const commands = (start: RegExp): string[] => lines.filter((line) => start.test(line));

describe('docs/migrate.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-test-'));
  let daemon: Daemon;

  beforeAll(async () => {
    const home = join(folder, '.llm-proxy');
    daemon = await startDaemon({ home, args: [], env: { BEDROCK_REGION: 'us-west-2', HOME: folder } });
  });
  afterAll(async () => {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** In the home of that daemon, with its port. @returns what it said on standard output */
  const run = (command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const here = command.replaceAll(/localhost:(?:3080|8080|9999)/g, `127.0.0.1:${daemon.proxyPort}`);
      const shell = `llm-proxy() { "${process.execPath}" "${CLI}" "$@"; }\n${here}`;
      const state = join(daemon.home, 'state');
      const child = spawn('bash', ['-c', shell], {
        env: { ...process.env, HOME: folder, XDG_STATE_HOME: state, NO_PROXY: '*' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`${here} ended with ${code}`))));
    });

  it.each(commands(/^curl /))('%s', async (command) => {
    const answer = JSON.parse(await run(command)) as object;
    if (!command.includes('compare')) expect(answer).not.toHaveProperty('error');
  });

  it('says what the health of Bedrock is, to the letter', async () => {
    const [command = ''] = commands(/health\/bedrock/);
    const [, expected = ''] = /^# (\{"status":"ok".*\})$/m.exec(page) ?? [];
    expect(await run(command)).toBe(expected);
  });

  it('asks for a target before it compares', async () => {
    const [command = ''] = commands(/"mode":"compare"/);
    expect(await run(command)).toContain('needs a target: target_url');
  });

  it('has the spellings of the command line', async () => {
    expect(await run('llm-proxy --status')).toContain('is running');
    expect(await run('eval "$(llm-proxy --env)"; echo "$ANTHROPIC_BASE_URL"')).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/anthropic\n$/,
    );
  });

  it('has the tables that are queried', () => {
    const [, query = ''] = /sqlite3 \S+ "(.*)"/.exec(page) ?? [];
    const database = openDatabase(join(daemon.home, 'data', 'llm-proxy.db'), { readOnly: true });
    expect(() => database.prepare(query).all()).not.toThrow();
    for (const table of ['llm_calls', 'call_graph']) database.prepare(`SELECT * FROM ${table} LIMIT 1`).all();
    database.close();
  });
});
