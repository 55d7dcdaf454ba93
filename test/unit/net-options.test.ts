import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withPlace } from '../../src/cli/config-place.ts';
import { loadConfig } from '../../src/config/load.ts';
import { messageOf } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/log.ts';
import { readNetOptions } from '../../src/net-options.ts';
import { Via } from '../../src/net/via.ts';

const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-options-'));
const path = join(folder, 'c.toml');

/** What a start says of this file. */
async function told(toml: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  writeFileSync(path, toml);
  const loaded = loadConfig({ flags: { home: folder, config: path }, env: { HOME: folder, ...env }, cwd: folder });
  const reading = readNetOptions({ config: loaded.config, env, log: silentLogger, via: new Via('x') });
  const said = await reading.then(
    () => 'nothing',
    (error: unknown) => messageOf(withPlace(error, loaded)),
  );
  return said.replaceAll(path, 'FILE');
}

const TARGET = 'target_url = "http://127.0.0.1:1/v1"\n';
const MODEL = '[[models]]\nid = "a"\n';

describe('net-options', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['mode = "target"', /^FILE:1: mode target needs a target/],
    ['mode = "tarrget"', /^FILE:1: mode: must be one of/],
    ['model = "m"', /^FILE:1: --model names the model/],
    ['target_url = "nonsense"', /^FILE:1: --target-url must be a URL/],
    [`${TARGET}[target]\nauth = "env:NOT_THERE"`, /^FILE:3: the key of the target is to be in NOT_THERE/],
    [`${TARGET}[target]\nprovider = "nobody"`, /^FILE:3: provider of a target: there is no provider nobody/],
    [`[target]\nfallback = ["b"]\n${MODEL}`, /^FILE:2: \[target\]: fallback names b/],
    [`${MODEL}${MODEL}colour = "red"`, /^FILE:5: models\[1\]: has no colour/],
    [`${MODEL}[[models]]\nmodel = "b"`, /^FILE:3: models\[1\]: needs an id/],
    [`${MODEL}${MODEL}`, /^FILE:4: models: a stands there twice/],
    [`${MODEL}temperature = "hot"`, /^FILE:3: models\[0\]: temperature must be/],
    [`${MODEL}${TARGET}provider = "nobody"`, /^FILE:4: provider of a target: there is no provider nobody/],
    [`${MODEL}${TARGET}auth = "file:/nowhere/key"`, /^FILE:4: the key of the target is to be in \/nowhere\/key/],
    [`[[rules]]\nto = "a"\nmode = "tarrget"`, /^FILE:3: rules\[0\]\.mode: must be one of/],
    ['openai_backend = "x"', /^FILE:1: the backend of openai must be a URL/],
    ['backends = ["groq"]', /^FILE:1: backends must be like/],
    ['passthrough_url = "x"', /^FILE:1: passthrough_url must be a URL/],
    ['[usage]\ninclude_usage = ["opnai"]', /^FILE:2: usage\.include_usage: there is no provider opnai; did you mean/],
    ['[capture]\nbodies_of = ["nobody"]', /^FILE:2: capture\.bodies_of: there is no provider nobody/],
    ['upstream_ca = ["/nowhere/ca.pem"]', /^FILE:1: upstream-ca \/nowhere\/ca\.pem: ENOENT/],
    ['upstream_proxy = "nonsense"', /^FILE:1: upstream proxy: expected/],
    ['connect_to = ["nonsense"]', /^FILE:1: connect-to nonsense: expected/],
    ['tunnel = ["a b"]', /^FILE:1: tunnel: a b is not a host/],
    ['intercept = ["*"]', /^FILE:1: intercept: \* is not a host such as/],
    ['intercept = ["api.*"]', /^FILE:1: intercept: api\.\* is not a host such as/],
    ['intercept = ["https://api.*.example"]', /^FILE:1: intercept: https:\S+ is not a host such as/],
    ['[[rules]]\nname = "x"\nmode = "target"', /^FILE:3: a rule with mode target needs a target: --target-url/],
    [`[[local]]\nprovider = "ollam"\nhost = "h"\nport = 1`, /^FILE:1: local server h:1: there is no provider ollam/],
    ['[context]\ncut = ["host"]', /^FILE:2: context\.cut: the provider needs host/],
    ['[[provider]]\nid = "acme"\n', /^FILE:2: provider acme/],
    ['[[provider]]\nid = "acme"\nhosts = ["api.openai.com"]\n', /^FILE:2: host api\.openai\.com belongs to/],
  ])('names the place of what is wrong in %j', async (toml, said) => {
    expect(await told(toml)).toMatch(said);
  });

  it('names the variable of what is wrong, and takes what is right', async () => {
    expect(await told('', { LLM_PROXY_BEDROCK_REGION: 'mars' })).toMatch(/^LLM_PROXY_BEDROCK_REGION: bedrock_region/);
    expect(await told(`mode = "target"\n${TARGET}`)).toBe('nothing');
    expect(await told('intercept = ["API.*.example.com.", "*-api.example.com", "example.com"]')).toBe('nothing');
  });
});
