import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withPlace } from '../../../src/cli/config-place.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { AppError, messageOf, type OptionPart } from '../../../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-place-'));
const path = join(folder, 'c.toml');
writeFileSync(
  path,
  `mode = "target"
openai_backend = "x"
[usage]
include_usage = ["nobody"]
[[models]]
id = "a"
[[models]]
id = "b"
colour = "red"
[[provider]]
id = "b"
`,
);

const told = (option: OptionPart | null, code: 'config_invalid' | 'port_in_use' = 'config_invalid'): string => {
  const env = { HOME: folder, LLM_PROXY_BEDROCK_REGION: 'mars' };
  const loaded = loadConfig({ flags: { home: folder, config: path, target_url: 'x' }, env, cwd: folder });
  return messageOf(withPlace(new AppError(code, 'wrong', { option }), loaded)).replace(path, 'FILE');
};

describe('cli/config-place', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each<[OptionPart, string]>([
    [{ key: 'mode' }, 'FILE:1: '],
    [{ key: 'openai_backend' }, 'FILE:2: '],
    [{ key: 'usage.include_usage' }, 'FILE:4: '],
    [{ key: 'models', index: 1, member: 'colour' }, 'FILE:9: '],
    [{ key: 'models', index: 0 }, 'FILE:5: '],
    [{ key: 'models', index: 0, member: 'id' }, 'FILE:6: '],
    [{ key: 'models', index: 0, member: 'auth' }, 'FILE:5: '],
    [{ key: 'provider', id: 'b' }, 'FILE:11: '],
    [{ key: 'provider', id: 'of another' }, 'FILE:10: '],
    [{ key: 'provider', index: 0 }, 'FILE:10: '],
    [{ key: 'bedrock_region' }, 'LLM_PROXY_BEDROCK_REGION: '],
    [{ key: 'target_url' }, ''],
    [{ key: 'port' }, ''],
    [{ key: 'no option of ours' }, ''],
  ])('says where %j stands', (option, place) => {
    expect(told(option)).toBe(`${place}wrong`);
  });

  it('leaves what is no fault of the configuration, or of no option, as it is', () => {
    expect(told({ key: 'mode' }, 'port_in_use')).toBe('wrong');
    expect(told(null)).toBe('wrong');
  });
});
