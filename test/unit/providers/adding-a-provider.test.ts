import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '../../../src/providers/provider.ts';
import { loadProviders, loadRegistry, ProviderRegistry } from '../../../src/providers/registry.ts';
import { play } from '../../providers/replay.ts';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const PAGE = readFileSync(inRepository('docs/adding-a-provider.md'), 'utf8');

/** The first code block of a language on the page. */
function block(language: string): string {
  const text = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1];
  if (text === undefined) throw new Error(`no ${language} on the page`);
  return text;
}

function fromToml(): Promise<ProviderRegistry> {
  const { provider } = parse(block('toml')) as { provider: unknown[] };
  return loadRegistry({ own: provider });
}

interface PageCase {
  provider: string;
  request: { target: string; body: unknown };
  response: { headers: Record<string, string>; body: string };
  expect: Record<string, unknown>;
}

describe('docs/adding-a-provider.md', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-page-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function fromFile(): Promise<ProviderRegistry> {
    const file = join(folder, 'acme.ts');
    writeFileSync(file, block('ts').replaceAll("'./", `'${inRepository('src/providers/')}`));
    const { provider } = (await import(/* @vite-ignore */ file)) as { provider: Provider };
    return new ProviderRegistry([...(await loadProviders()), provider]);
  }

  it.each([
    ['file', fromFile],
    ['TOML', fromToml],
  ])('gives as %s a provider of which the case on the page holds', async (_name, load) => {
    const directory = await load();
    const { provider, request, response, expect: expected } = JSON.parse(block('json')) as PageCase;
    const metered = await play(
      {
        id: 'page',
        provider,
        operation: '',
        streaming: false,
        request: {
          method: 'POST',
          url: request.target,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(request.body),
        },
        response: { status: 200, headers: response.headers, body: response.body },
        truth: null,
      },
      { directory, provider, host: 'api.acme.example' },
    );
    expect(metered).toMatchObject(expected);
    expect(directory.get('acme')?.prices).toEqual([
      {
        unit: 'characters',
        usd: '0.015',
        per: 1000,
        operation: 'speech',
        asOf: '2026-11-01',
        source: 'acme.example/pricing',
      },
    ]);
    expect(directory.endpoint('acme', 'POST', '/v1/chat/completions')?.endpoint.family).toBe('openai-chat');
  });
});
