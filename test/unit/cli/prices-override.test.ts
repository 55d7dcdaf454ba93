import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { configOf } from '../../../src/cli/home-config.ts';
import { type OverrideArguments, overrideAdd, overrideRemove } from '../../../src/cli/prices-override.ts';
import { makeFolder } from '../../../src/core/make-folder.ts';
import { readOwnFile, writeOwnFile } from '../../../src/pricing/price-files.ts';
import { dirname } from 'node:path';
import { temporaryFolder } from '../../support/ca-home.ts';

const given = (home: string, model: string): OverrideArguments => ({
  home,
  json: true,
  model,
  provider: 'openai',
  tokens: { input_tokens: '1.25' },
  unit: undefined,
  usd: undefined,
  per: undefined,
  operation: undefined,
  when: [],
  like: undefined,
  likeProvider: undefined,
  note: undefined,
});

/** Another command at its work on the file; its end. */
function another(path: string): () => void {
  makeFolder(dirname(path), 0o700);
  writeFileSync(`${path}.lock`, `${process.pid} ${hostname()} another`);
  return () => rmSync(`${path}.lock`);
}

describe('cli/prices-override', () => {
  it('loses no price when two commands change the file at once', async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const home = temporaryFolder();
    const { overrides: path } = configOf(home).prices;
    const models = (): (string | undefined)[] | undefined => readOwnFile(path)?.prices.map(({ model }) => model);
    await overrideAdd(given(home, 'first'), '2026-01-01');
    const file = readOwnFile(path)!;
    let end = another(path);
    const adding = overrideAdd(given(home, 'mine'), '2026-01-02');
    writeOwnFile(path, { ...file, prices: [...file.prices, { ...file.prices[0]!, model: 'theirs' }] });
    end();
    expect(await adding).toBe(0);
    expect(models()).toEqual(['first', 'theirs', 'mine']);
    end = another(path);
    const removing = overrideRemove({ home, json: true, provider: 'openai', model: 'theirs', unit: undefined });
    writeOwnFile(path, { ...file, prices: readOwnFile(path)!.prices.filter(({ model }) => model !== 'first') });
    end();
    expect(await removing).toBe(0);
    expect(models()).toEqual(['mine']);
  });
});
