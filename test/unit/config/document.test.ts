import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { configPage, sampleFile } from '../../../src/config/document.ts';
import { OPTIONS } from '../../../src/config/options.ts';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

describe('config/document', () => {
  // `npx vitest run test/unit/config/document.test.ts -u` writes both again.
  it('is what docs/config.md says', async () => {
    await expect(configPage()).toMatchFileSnapshot(inRepository('docs/config.md'));
  });

  it('is what llm-proxy.toml says', async () => {
    await expect(sampleFile()).toMatchFileSnapshot(inRepository('llm-proxy.toml'));
  });

  it('gives every default in a form that the file takes, so that a line works once its # is removed', () => {
    const live = sampleFile()
      .split('\n')
      .map((line) => (/^# (?:\[\[|\w+ = (?!""))/.test(line) ? line.slice(2) : line))
      .join('\n');
    const tree = parse(live) as Record<string, Record<string, unknown>>;
    for (const option of OPTIONS) {
      if (option.default === null || option.kind === 'local-servers' || option.kind === 'tables') continue;
      const [group = '', name] = option.key.split('.');
      expect(name === undefined ? tree[group] : tree[group]?.[name], option.key).toEqual(option.default);
    }
    expect(tree['local']).toEqual([{ provider: 'ollama', host: '127.0.0.1', port: 11_434 }]);
    expect(tree['provider']).toEqual([{ id: 'acme', title: 'Acme AI', hosts: ['api.acme.example'] }]);
  });
});
