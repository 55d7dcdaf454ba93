import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withPlace } from '../../../src/cli/config-place.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { AppError, messageOf } from '../../../src/core/errors.ts';

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
id = "acme"
`,
);

const told = (message: string, code: 'config_invalid' | 'port_in_use' = 'config_invalid'): string => {
  const env = { HOME: folder, LLM_PROXY_BEDROCK_REGION: 'mars' };
  const loaded = loadConfig({ flags: { home: folder, config: path, target_url: 'x' }, env, cwd: folder });
  return messageOf(withPlace(new AppError(code, message), loaded)).replace(path, 'FILE');
};

describe('cli/config-place', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['mode target needs a target', 'FILE:1: '],
    ['the backend of openai must be a URL', 'FILE:2: '],
    ['usage.include_usage: there is no provider nobody', 'FILE:4: '],
    ['models[1]: has no colour; it may have id', 'FILE:9: '],
    ['models[0]: needs an id', 'FILE:5: '],
    ['models[0].id must be a text', 'FILE:6: '],
    ['provider acme needs hosts', 'FILE:11: '],
    ['[[provider]] number 1 must be a table', 'FILE:10: '],
    ['bedrock_region must be an AWS region', 'LLM_PROXY_BEDROCK_REGION: '],
    ['--target-url must be a URL', ''],
    ['port must be free', ''],
    ['cannot listen on x', ''],
  ])('says where the option of %j stands', (message, place) => {
    expect(told(message)).toBe(`${place}${message}`);
  });

  it('leaves what is no fault of the configuration as it is', () => {
    expect(told('mode is in use', 'port_in_use')).toBe('mode is in use');
  });
});
