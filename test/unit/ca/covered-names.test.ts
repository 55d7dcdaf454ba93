import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isCertifiableName, makeAuthority } from '../../../src/ca/certificate.ts';
import { BASE_GROUPS, isTooWide, isUnder } from '../../../src/ca/covered-names.ts';

const names = new Set(BASE_GROUPS.flat());
const root = join(import.meta.dirname, '../../..');
const providersOther = join(
  process.env['LLM_PROXY_CASSETTES'] ?? join(root, '../shared/cassettes'),
  '../specs/providers-other.json',
);

const PROVIDER_HOSTS = `
  api.openai.com us.api.openai.com eu.api.openai.com chatgpt.com api.anthropic.com console.anthropic.com platform.claude.com
  res.azure.anthropic.com aws-external-anthropic.us-east-1.api.aws generativelanguage.googleapis.com aiplatform.googleapis.com
  us-central1-aiplatform.googleapis.com europe-west4-aiplatform.googleapis.com aiplatform.us.rep.googleapis.com
  aiplatform.eu.rep.googleapis.com cloudcode-pa.googleapis.com daily-cloudcode-pa.googleapis.com
  bedrock-runtime.us-east-1.amazonaws.com bedrock-runtime.eu-central-1.amazonaws.com bedrock-runtime-fips.us-west-2.amazonaws.com
  bedrock-runtime.ap-northeast-1.api.aws bedrock-mantle.us-east-1.api.aws bedrock-runtime.cn-north-1.amazonaws.com.cn
  vpce-0123-abc.bedrock-runtime.us-east-1.vpce.amazonaws.com runtime.sagemaker.eu-west-1.amazonaws.com
  res.openai.azure.com res.cognitiveservices.azure.com res.services.ai.azure.com res.eastus2.models.ai.azure.com
  dep.westeurope.inference.ml.azure.com gate.azure-api.net models.inference.ai.azure.com api.cohere.com api.cohere.ai
  api.mistral.ai codestral.mistral.ai api.groq.com api.deepseek.com api.x.ai us-east-1.api.x.ai eu-west-1.api.x.ai
  api.together.xyz api.together.ai api.fireworks.ai api.cerebras.ai api.sambanova.ai integrate.api.nvidia.com ai.api.nvidia.com
  api.moonshot.ai api.moonshot.cn api.kimi.com api.z.ai open.bigmodel.cn api.minimax.io api.minimaxi.com api.minimax.chat
  dashscope.aliyuncs.com dashscope-intl.aliyuncs.com dashscope-us.aliyuncs.com api.perplexity.ai api.ai21.com openrouter.ai
  router.huggingface.co api-inference.huggingface.co x.us-east-1.aws.endpoints.huggingface.cloud api.novita.ai
  api.studio.nebius.ai api.hyperbolic.xyz api.deepinfra.com inference.api.nscale.com oai.endpoints.kepler.ai.cloud.ovh.net
  inference.baseten.co api.featherless.ai api.publicai.co api.scaleway.ai api.inference.crusoecloud.com acct.snowflakecomputing.com
  us.inference.heroku.com api.writer.com api.lambda.ai api.arcee.ai api.voyageai.com ollama.com api.replicate.com
  stream.replicate.com streaming-api.svc.us.c.replicate.net api.githubcopilot.com api.individual.githubcopilot.com
  copilot-proxy.githubusercontent.com models.github.ai api2.cursor.sh api.cursor.com gateway.ai.cloudflare.com
  api.cloudflare.com ai-gateway.vercel.sh us-south.ml.cloud.ibm.com api.aleph-alpha.com
`
  .trim()
  .split(/\s+/);

describe('src/ca/covered-names.ts', () => {
  it.each(PROVIDER_HOSTS)('covers %s', (host) => {
    expect(isUnder(host, names)).toBe(true);
  });

  it.skipIf(!existsSync(providersOther))(
    'covers every host of the list of other providers (skipped where absent)',
    () => {
      const providers = JSON.parse(readFileSync(providersOther, 'utf8')) as { hosts: string[] }[];
      const hosts = providers.flatMap((provider) => provider.hosts).map(instanceOf);
      expect(hosts.filter((host) => !isUnder(host, names))).toEqual([]);
      expect(hosts.length).toBeGreaterThan(100);
    },
  );

  it.each([
    'www.example.com',
    's3.us-east-1.amazonaws.com',
    'secretsmanager.us-east-1.amazonaws.com',
    'sts.amazonaws.com',
    'storage.googleapis.com',
    'oauth2.googleapis.com',
    'accounts.google.com',
    'login.microsoftonline.com',
    'vault.azure.net',
    'management.azure.com',
    'api.github.com',
    'github.com',
    'raw.githubusercontent.com',
    'notopenai.com',
    'openai.com.example.org',
    'com',
    'ai',
  ])('does not cover %s', (host) => {
    expect(isUnder(host, names)).toBe(false);
  });

  it('holds no public suffix, no whole cloud, no name twice and nothing below another name', () => {
    const all = BASE_GROUPS.flat();
    expect(all.filter((name) => isTooWide(name) || !isCertifiableName(name))).toEqual([]);
    expect(all.length).toBe(names.size);
    for (const name of all) {
      const others = new Set(all.filter((other) => other !== name));
      expect(isUnder(name, others), name).toBe(false);
    }
  });

  it('fits into certificates that every client takes', () => {
    const { root, issuing } = makeAuthority(BASE_GROUPS, Date.now());
    expect(root.length).toBeLessThanOrEqual(24_000);
    // Sent with each handshake: what is called most has to be small.
    expect(issuing[0]?.certificate.length).toBeLessThan(2500);
    for (const { certificate } of issuing) expect(certificate.length).toBeLessThan(16_000);
  });

  it.each(['co.uk', 'com.cn', 'com', 'localhost', 'amazonaws.com', 'googleapis.com', 'azure.com'])(
    'finds %s too wide',
    (name) => {
      expect(isTooWide(name)).toBe(true);
    },
  );

  it.each(['openai.azure.com', 'llm.corp.example', 'x.co'])('does not find %s too wide', (name) => {
    expect(isTooWide(name)).toBe(false);
  });
});

/** A real name of the pattern; a star that stands alone in an amazonaws.com name is a region. */
function instanceOf(pattern: string): string {
  const fips = pattern.includes('-fips.');
  if (/^[a-z-]+\.\*\.amazonaws\.com$/.test(pattern)) return pattern.replace('*', fips ? 'us-east-1' : 'eu-central-1');
  if (/^[a-z-]+\.\*\.amazonaws\.com\.cn$/.test(pattern)) return pattern.replace('*', 'cn-north-1');
  return pattern.replaceAll('*', 'x1');
}
