import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { runInProcess } from '../support/run-in-process.ts';

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'house-1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
});
const CONFIG = `[[provider]]
id = "acme"
hosts = ["llm.acme.example"]
[[provider.endpoints]]
method = "POST"
path = "/v1/chat/completions"
operation = "chat"
family = "openai-chat"
`;

let upstream: Server;
let port: number;
let answers = 0;
let home: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  upstream = createServer((incoming, outgoing) => {
    incoming.resume();
    answers += 1;
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(ANSWER.replace('chatcmpl-1', `chatcmpl-${answers}`));
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  ({ port } = upstream.address() as AddressInfo);
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-prices-'));
  writeFileSync(join(home, 'llm-proxy.toml'), CONFIG);
  env = { HOME: home, XDG_STATE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config'), NO_COLOR: '1' };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const prices = (...words: string[]): Promise<CliResult> => runCli(['prices', ...words, '--home', home], env);
/** What reads and writes files only. */
const pricesHere = (...words: string[]): Promise<CliResult> => runInProcess(['prices', ...words, '--home', home], env);

async function call(daemon: Daemon): Promise<void> {
  const outgoing = request({
    host: '127.0.0.1',
    port: daemon.proxyPort,
    method: 'POST',
    path: 'http://llm.acme.example/v1/chat/completions',
    headers: { host: 'llm.acme.example', 'content-type': 'application/json' },
    agent: false,
  });
  outgoing.end(JSON.stringify({ model: 'house-1', messages: [{ role: 'user', content: 'Hi' }] }));
  const [incoming] = await once(outgoing, 'response');
  for await (const _ of incoming as AsyncIterable<Buffer>);
}

interface Totals {
  total_requests: number;
  cost_usd: number;
  unpriced_calls: number;
}

async function stats(daemon: Daemon, requests: number): Promise<Totals> {
  const look = async (): Promise<Totals> => (await (await daemon.get('/api/stats')).json()) as Totals;
  let totals = await look();
  await expect.poll(async () => (totals = await look()).total_requests, { interval: 5 }).toBe(requests);
  return totals;
}

describe('prices of one’s own', () => {
  it('are in force in a running daemon, and for the calls that it has stored', async () => {
    const daemon = await startDaemon({ home, env, args: ['--connect-to', `llm.acme.example:80:127.0.0.1:${port}`] });
    try {
      await call(daemon);
      expect(await stats(daemon, 1)).toMatchObject({ cost_usd: 0, unpriced_calls: 1 });

      const added = await prices(
        'override',
        'add',
        'house-*',
        '--provider',
        'acme',
        '--input',
        '1.50',
        '--output',
        '2',
      );
      expect(added).toMatchObject({ code: 0, stderr: '' });

      // A dry run tells; then the daemon does it and its totals follow: 1,000 x 1,500 + 100 x 2,000.
      const dry = await prices('reprice', '--since', '1h', '--dry-run', '--json');
      expect(JSON.parse(dry.stdout)).toMatchObject({ dry_run: true, calls: 1, changed: 1, after_usd: 0.0017 });
      expect(await stats(daemon, 1)).toMatchObject({ cost_usd: 0, unpriced_calls: 1 });
      const done = await prices('reprice', '--since', '1h');
      expect(done).toMatchObject({ code: 0, stderr: '' });
      expect(done.stdout).toContain('acme/house-1');
      expect(done.stdout).toContain('$0.001700');
      expect(await stats(daemon, 1)).toMatchObject({ cost_usd: 0.0017, unpriced_calls: 0 });

      await call(daemon);
      expect(await stats(daemon, 2)).toMatchObject({ cost_usd: 0.0034, unpriced_calls: 0 });
    } finally {
      await daemon.stop();
    }

    // Without a daemon the store is changed itself.
    await prices('override', 'add', 'house-*', '--provider', 'acme', '--input', '1', '--output', '2');
    const alone = await prices('reprice', '--since', '1h', '--json');
    expect(JSON.parse(alone.stdout)).toMatchObject({ changed: 2, before_usd: 0.0034, after_usd: 0.0024 });
    const totals = JSON.parse((await runCli(['stats', '--json', '--home', home], env)).stdout) as Totals;
    expect(totals).toMatchObject({ cost_usd: 0.0024, unpriced_calls: 0 });
  });

  it('keep a daemon from starting when their file has a fault', async () => {
    writeFileSync(join(home, 'prices.json'), '{"prices": [{"provider": "acme"}]}');
    const result = await runCli(['start', '--home', home, '--port', '0', '--admin-port', '0'], env);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^llm-proxy: .*prices\.json: prices\.0\.unit: .*\n$/);
  });
});

describe('llm-proxy prices', () => {
  it('says what a model costs without a daemon', async () => {
    const shown = await prices('gemini-2.5-pro', '--provider', 'google');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/input_tokens +1\.25 +1,000,000 +2026-09-23 +genai-prices google\/gemini-2\.5-pro/);
    expect(shown.stdout).toMatch(/input_tokens +2\.5 +1,000,000 +above 200,000 input tokens/);
    expect(shown.stdout).toContain('tier batch: tokens x0.5, cache_read_tokens x1');
    const json = JSON.parse((await pricesHere('gemini-2.5-pro', '--provider', 'google', '--json')).stdout) as {
      models: { prices: unknown[] }[];
    };
    expect(json.models[0]?.prices).toHaveLength(6);
  });

  it('lists the providers, and says so when it knows no price', async () => {
    expect((await pricesHere()).stdout).toMatch(/anthropic +\d+/);
    const unknown = await pricesHere('no-such-model');
    expect(unknown).toMatchObject({ code: 0 });
    expect(unknown.stdout).toContain('No price is known');
    expect(await pricesHere('--provider', 'nobody')).toMatchObject({ code: 2 });
  });

  it('keeps own prices in a file that it lists, and takes them out again', async () => {
    await pricesHere('override', 'add', 'prod', '--provider', 'azure-openai', '--like', 'gpt-4o');
    await pricesHere(
      'override',
      'add',
      '--provider',
      'openai',
      '--unit',
      'images',
      '--usd',
      '0.05',
      '--when',
      'size=big',
    );
    expect(JSON.parse(readFileSync(join(home, 'prices.json'), 'utf8'))).toMatchObject({
      prices: [{ provider: 'openai', unit: 'images', usd: '0.05', per: 1, when: { size: 'big' } }],
      aliases: [{ provider: 'azure-openai', model: 'prod', as_model: 'gpt-4o' }],
    });
    expect((await pricesHere('override', 'list')).stdout).toMatch(/openai +\* +images +0\.05/);
    expect((await pricesHere('prod', '--provider', 'azure-openai')).stdout).toContain('genai-prices openai/gpt-4o');
    expect(await pricesHere('override', 'remove', 'prod', '--provider', 'azure-openai')).toMatchObject({ code: 0 });
    expect(await pricesHere('override', 'remove', 'prod', '--provider', 'azure-openai')).toMatchObject({ code: 1 });
  });

  it.each([
    [['override', 'add', 'm', '--provider', 'openai'], /which price\?/],
    [['override', 'add', 'm', '--provider', 'openai', '--input', 'much'], /usd: must be a price/],
    [
      ['override', 'add', 'm', '--provider', 'openai', '--unit', 'bananas', '--usd', '1'],
      /must be a token class or a unit/,
    ],
    [['override', 'add', 'm', '--provider', 'openai', '--unit', 'images'], /--unit and --usd belong together/],
    [['override'], /override list, add or remove\?/],
    [['reprice', '--since', 'soon'], /since must be a time/],
    [['reprice'], /since/],
    [['update', 'nowhere.json'], /there is no file nowhere\.json/],
  ])('refuses %j in one line', async (words, message) => {
    const result = await pricesHere(...words);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd()).not.toContain('\n');
    expect(existsSync(join(home, 'prices.json'))).toBe(false);
  });

  it('takes a newer table, and refuses what is none', async () => {
    const given = join(home, 'data.json');
    const models = [{ id: 'gpt-4o', match: { equals: 'gpt-4o' }, prices: { input_mtok: 9 } }];
    writeFileSync(given, JSON.stringify([{ id: 'openai', name: 'OpenAI', api_pattern: 'https://x', models }]));
    expect(await pricesHere('update', given)).toMatchObject({ code: 0 });
    expect((await pricesHere('gpt-4o', '--provider', 'openai')).stdout).toMatch(/input_tokens +9 /);
    writeFileSync(given, '{}');
    expect(await pricesHere('update', given)).toMatchObject({ code: 2 });
    expect((await pricesHere('gpt-4o', '--provider', 'openai')).stdout).toMatch(/input_tokens +9 /);
  });
});
