import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { BASE_GROUPS, isUnder } from '../../../src/ca/covered-names.ts';
import { loadProviders, loadRegistry, ProviderRegistry } from '../../../src/providers/registry.ts';
import type { Provider } from '../../../src/providers/provider.ts';

const HOSTS: Readonly<Record<string, string>> = {
  'azure-openai':
    'res.openai.azure.com res.cognitiveservices.azure.com res.services.ai.azure.com res.azure.anthropic.com ' +
    'res.eastus2.models.ai.azure.com dep.westeurope.inference.ml.azure.com',
  mistral: 'api.mistral.ai codestral.mistral.ai',
  groq: 'api.groq.com',
  deepseek: 'api.deepseek.com',
  xai: 'api.x.ai us-east-1.api.x.ai',
  together: 'api.together.xyz api.together.ai',
  fireworks: 'api.fireworks.ai',
  cerebras: 'api.cerebras.ai',
  sambanova: 'api.sambanova.ai',
  nvidia: 'integrate.api.nvidia.com ai.api.nvidia.com',
  moonshot: 'api.moonshot.ai api.moonshot.cn api.kimi.com',
  zai: 'api.z.ai open.bigmodel.cn',
  minimax: 'api.minimax.io api.minimaxi.com api.minimax.chat',
  dashscope:
    'dashscope.aliyuncs.com dashscope-intl.aliyuncs.com dashscope-us.aliyuncs.com coding.dashscope.aliyuncs.com',
  perplexity: 'api.perplexity.ai',
  ai21: 'api.ai21.com',
  openrouter: 'openrouter.ai',
  huggingface: 'router.huggingface.co api-inference.huggingface.co x.us-east-1.aws.endpoints.huggingface.cloud',
  'github-copilot':
    'api.githubcopilot.com api.individual.githubcopilot.com api.business.githubcopilot.com ' +
    'proxy.enterprise.githubcopilot.com copilot-proxy.githubusercontent.com',
  'github-models': 'models.github.ai models.inference.ai.azure.com',
  chatgpt: 'chatgpt.com',
  cloudflare: 'gateway.ai.cloudflare.com api.cloudflare.com',
  vercel: 'ai-gateway.vercel.sh',
  novita: 'api.novita.ai',
  nebius: 'api.studio.nebius.ai api.tokenfactory.nebius.com',
  hyperbolic: 'api.hyperbolic.xyz',
  deepinfra: 'api.deepinfra.com',
  nscale: 'inference.api.nscale.com',
  ovhcloud: 'oai.endpoints.kepler.ai.cloud.ovh.net',
  baseten: 'inference.baseten.co model-abc.api.baseten.co',
  featherless: 'api.featherless.ai',
  publicai: 'api.publicai.co',
  scaleway: 'api.scaleway.ai',
  crusoe: 'api.inference.crusoecloud.com',
  heroku: 'us.inference.heroku.com eu.inference.heroku.com',
  writer: 'api.writer.com',
  lambda: 'api.lambda.ai',
  arcee: 'api.arcee.ai',
};

/** Hosts that serve much else: tunnelled until the user names them. */
const NOT_BY_DEFAULT: Readonly<Record<string, string>> = {
  snowflake: 'acct.snowflakecomputing.com',
  databricks: 'ws.cloud.databricks.com adb-1.2.azuredatabricks.net ws.gcp.databricks.com',
  'azure-api-management': 'gate.azure-api.net',
  cursor: 'api2.cursor.sh',
};

const pairs = (table: Readonly<Record<string, string>>): [host: string, id: string][] =>
  Object.entries(table).flatMap(([id, hosts]) => hosts.split(' ').map((host): [string, string] => [host, id]));

describe('providers', () => {
  let registry: ProviderRegistry;
  let providers: Provider[];
  beforeAll(async () => {
    providers = await loadProviders();
    registry = await loadRegistry();
  });

  it.each(pairs(HOSTS))('%s is %s', (host, id) => {
    expect(registry.lookup(host, 443)).toEqual({ provider: id, intercept: true });
    expect(registry.lookup(`${host}.evil.example`, 443)).toBeNull();
  });

  it.each(pairs(NOT_BY_DEFAULT))('%s is %s, which is not intercepted by default', (host, id) => {
    expect(registry.lookup(host, 443)).toEqual({ provider: id, intercept: false });
  });

  it('do not serve a host that only ends like theirs', () => {
    const names = Object.keys(HOSTS).flatMap((id) => registry.get(id)?.hosts ?? []);
    const taken = names.filter((name) => registry.lookup(`evil${name.replaceAll('*', 'x')}`, 443) !== null);
    expect(taken).toEqual([]);
  });

  it('are intercepted only at hosts that the first authority may speak for', () => {
    const covered = new Set(BASE_GROUPS.flat());
    const hosts = Object.keys(HOSTS).flatMap((id) => registry.get(id)?.hosts ?? []);
    expect(hosts.map((host) => host.replaceAll('*', 'x')).filter((host) => !isUnder(host, covered))).toEqual([]);
  });

  it('have a recorded case each', () => {
    const folder = new URL('../../providers/cases/', import.meta.url);
    const cases = readdirSync(folder).map(
      (file) => (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { provider: string | null }).provider,
    );
    const bare = providers.map(({ id }) => id).filter((id) => !cases.includes(id));
    // What the editor sends is opaque; LM Studio's own shape is in the tests of the meter.
    expect(bare.filter((id) => HOSTS[id] !== undefined || NOT_BY_DEFAULT[id] !== undefined)).toEqual(['cursor']);
  });
});
