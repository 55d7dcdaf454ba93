/** The official SDKs with their base-URL variable set; those that are no part of the tools are fetched once. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { type Daemon, startDaemon } from '../../support/daemon.ts';
import { runCli } from '../../support/run-cli.ts';
import { BASE_URL_SDKS, type BaseUrlSdk, sdkRows } from './base-url-sdks.ts';
import { type Dialects, HOSTS, startDialects, TEXT } from './dialects.ts';
import { fetchSdks, type Sdks } from './runtimes.ts';
import { execute, PROGRAMS } from './stage.ts';

const IS_WANTED =
  process.env['LLM_PROXY_TEST_CLIENTS'] !== undefined || process.env['npm_lifecycle_event'] === 'test:clients';
const sdks: Sdks = IS_WANTED ? fetchSdks() : { node: null, python: null };
/** The tools of this repository hold them. */
const OWN = new Set(['openai', '@anthropic-ai/sdk', '@google/genai']);

describe('docs/base-urls.md', () => {
  it('names every SDK that is tried, and how it is told', () => {
    const page = readFileSync(fileURLToPath(new URL('../../../docs/base-urls.md', import.meta.url)), 'utf8');
    expect(sdkRows().filter((row) => !page.includes(row))).toEqual([]);
  });
});

describe.skipIf(!IS_WANTED)('e2e/clients at base URLs', () => {
  let folder: string;
  let dialects: Dialects;
  let daemon: Daemon;
  let exported: Record<string, string>;

  beforeAll(async () => {
    dialects = await startDialects();
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-base-urls-'));
    writeFileSync(join(folder, 'ca.pem'), dialects.authority);
    const connectTo = HOSTS.flatMap((host) => ['--connect-to', `${host}:443:127.0.0.1:${dialects.port}`]);
    const ollama = ['--backend', `ollama=http://127.0.0.1:${dialects.plainPort}`];
    daemon = await startDaemon({ args: ['--upstream-ca', join(folder, 'ca.pem'), ...connectTo, ...ollama] });
    const { stdout } = await runCli(['env', '--base-url', '--shell', 'bash', '--home', daemon.home], {});
    exported = Object.fromEntries(
      [...stdout.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
  });
  afterAll(async () => {
    await daemon.stop();
    await dialects.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const sdk of BASE_URL_SDKS) {
    const command = commandOf(sdk);
    it.skipIf(command === null)(
      `meters ${sdk.package} of ${sdk.language}`,
      async () => {
        const before = dialects.used.length;
        const outcome = await execute(command ?? [], environmentOf(sdk, exported, daemon.proxyPort));
        expect(outcome.exitCode, outcome.stderr).toBe(0);
        const seen = JSON.parse(outcome.stdout) as Record<string, unknown>;
        const { response = TEXT, embed = 3, ...rest } = seen;
        expect({ ...rest, response, embed }).toEqual({
          chat: TEXT,
          stream: TEXT,
          tool: ['weather', 'Bonn'],
          response: TEXT,
          embed: 3,
        });
        const used = dialects.used.slice(before);
        expect(used.length).toBe(Object.keys(seen).length);
        const calls = await recorded(daemon, used.length, used.at(-1)?.input ?? 0);
        expect(calls.map(({ provider, status, usage }) => [provider, status, usage.input_tokens])).toEqual(
          used.map(({ input }) => [sdk.provider, 200, input]),
        );
        expect(calls.map(({ usage }) => usage.output_tokens || null)).toEqual(used.map(({ output }) => output));
        expect(calls.map(({ usage }) => usage.state)).toEqual(used.map(() => 'final'));
        expect(calls.filter(({ operation }) => operation === 'embeddings').length).toBe('embed' in seen ? 1 : 0);
        expect(dialects.strange).toEqual([]);
      },
      60_000,
    );
  }
});

/** Null = it is not here. */
function commandOf({ language, package: name }: BaseUrlSdk): string[] | null {
  if (language === 'Python') return sdks.python === null ? null : [sdks.python, join(PROGRAMS, 'base_url.py')];
  return !OWN.has(name) && sdks.node === null ? null : [process.execPath, join(PROGRAMS, 'base-url.mjs')];
}

/** Nothing of this machine's but PATH; of ours the one variable, as `env --base-url` prints it. */
function environmentOf(sdk: BaseUrlSdk, exported: Readonly<Record<string, string>>, port: number): NodeJS.ProcessEnv {
  const base = `http://127.0.0.1:${port}${sdk.path}`;
  const told = sdk.variable === null ? { CLIENT_BASE: base } : { [sdk.variable]: exported[sdk.variable] };
  if (sdk.variable !== null) expect(exported[sdk.variable]).toBe(base);
  const isOwn = sdk.language === 'Python' || OWN.has(sdk.package);
  return {
    PATH: process.env['PATH'],
    CLIENT_LIBRARY: sdk.provider,
    [sdk.key]: 'test-key',
    ...told,
    ...(isOwn || sdks.node === null ? {} : { CLIENT_MODULES: sdks.node }),
  };
}

/** The newest records, oldest first, once the last call is among them. */
async function recorded(daemon: Daemon, count: number, lastInput: number): Promise<CallRecord[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { calls } = (await (await daemon.get(`/api/calls?limit=${count}`)).json()) as { calls: CallRecord[] };
    if (calls[0]?.usage.input_tokens === lastInput || Date.now() > deadline) return calls.toReversed();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
