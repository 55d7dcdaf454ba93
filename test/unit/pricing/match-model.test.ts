import { beforeAll, describe, expect, it } from 'vitest';
import { type Alias, ModelMatcher, spellings } from '../../../src/pricing/match-model.ts';
import type { PriceTable } from '../../../src/pricing/price-table.ts';
import { loadBuiltInTable } from '../../../src/pricing/prices.ts';
import { NOVEMBER } from './bills/bill.ts';

let table: PriceTable;
beforeAll(async () => {
  table = await loadBuiltInTable();
});

function found(provider: string, model: string, aliases: readonly Alias[] = [], host = ''): string | null {
  const { entry } = new ModelMatcher([table], aliases).find(provider, model, host, NOVEMBER);
  return entry === null ? null : `${entry.provider}/${entry.model}`;
}

describe('pricing/match-model spellings', () => {
  it('takes off paths, places, dates and -latest, but never a fine-tuning', () => {
    expect(spellings('models/gemini-2.5-pro')).toEqual(['models/gemini-2.5-pro', 'gemini-2.5-pro']);
    expect(spellings('x-1-20260101')).toEqual(['x-1-20260101', 'x-1']);
    expect(spellings('apac.vendor.model')).toEqual(['apac.vendor.model', 'vendor.model']);
    expect(spellings('arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0')).toContain(
      'amazon.nova-pro-v1:0',
    );
    expect(spellings('grok-5-latest')).toEqual(['grok-5-latest', 'grok-5']);
    // Whatever is Gemini Pro today: not Gemini 1.0 Pro.
    expect(spellings('gemini-pro-latest')).toEqual(['gemini-pro-latest']);
    expect(spellings('ft:gpt-4o-mini:acme::1')).toEqual(['ft:gpt-4o-mini:acme::1']);
    expect(spellings('tunedModels/mine')).toEqual(['tunedModels/mine']);
  });
});

describe('pricing/match-model', () => {
  it.each([
    ['anthropic', 'claude-sonnet-4-5-20250929', 'anthropic/claude-sonnet-4-5'],
    ['vertex', 'claude-sonnet-4@20250514', 'google/claude-4-sonnet'],
    ['vertex', 'publishers/google/models/gemini-2.5-flash', 'google/gemini-2.5-flash'],
    ['bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', 'aws/regional.anthropic.claude-haiku-4-5-20251001-v1:0'],
    [
      'bedrock',
      'global.anthropic.claude-haiku-4-5-20251001-v1:0',
      'aws/global.anthropic.claude-haiku-4-5-20251001-v1:0',
    ],
    [
      'bedrock',
      'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0',
      'aws/regional.anthropic.claude-haiku-4-5-20251001-v1:0',
    ],
    ['azure-openai', 'gpt-4o-2024-11-20', 'openai/gpt-4o'],
    ['chatgpt', 'gpt-5.1-codex', 'openai/gpt-5.1'],
    ['xai', 'grok-4.3', 'x-ai/grok-4.3'],
    ['moonshot', 'kimi-k2.5', 'moonshotai/kimi-k2.5'],
    ['zai', 'glm-5.2', 'zai/GLM-5.2'],
    ['vercel', 'anthropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['vercel', 'xai/grok-4.3', 'x-ai/grok-4.3'],
    ['cloudflare', 'google-ai-studio/gemini-2.5-flash', 'google/gemini-2.5-flash'],
    ['huggingface', 'openai/gpt-oss-120b:groq', 'huggingface_groq/openai/gpt-oss-120b'],
    ['openrouter', 'anthropic/claude-sonnet-4', 'openrouter/anthropic/claude-sonnet-4'],
    ['openai', 'GPT-4O', 'openai/gpt-4o'],
  ])('finds %s %s as %s', (provider, model, entry) => {
    expect(found(provider, model)).toBe(entry);
  });

  it.each([
    ['an Azure deployment by its name', 'azure-openai', 'prod-chat-eu'],
    ['an application profile', 'bedrock', 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc'],
    ['a model fine-tuned from one whose fine-tuning has no price', 'openai', 'ft:gpt-5:acme::1'],
    ['a tuned Gemini', 'google', 'tunedModels/gemini-2.5-flash-mine'],
    ['a Vertex endpoint', 'vertex', 'endpoints/1234567890'],
    ['a fine-tuned Cohere model', 'cohere', 'command-light-ft'],
    ['a router that chooses the provider', 'huggingface', 'openai/gpt-oss-120b'],
    ['a provider behind a gateway that nobody knows', 'vercel', 'acme/model-1'],
    ['a name as long as a book', 'openai', `gpt-4o${'-x'.repeat(200)}`],
    ['a member of every object', 'constructor', '__proto__'],
  ])('finds no price for %s', (_what, provider, model) => {
    expect(found(provider, model)).toBeNull();
  });

  it('takes the word of the user for what a deployment costs', () => {
    const aliases = [
      { provider: 'azure-openai', model: 'prod-*', as_model: 'gpt-4o' },
      { provider: 'bedrock', model: '*/abc', as_model: 'claude-sonnet-4-5', as_provider: 'anthropic' },
    ];
    expect(found('azure-openai', 'prod-chat', aliases)).toBe('openai/gpt-4o');
    expect(found('bedrock', 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc', aliases)).toBe(
      'anthropic/claude-sonnet-4-5',
    );
    expect(found('azure-openai', 'test-chat', aliases)).toBeNull();
  });

  it('knows some hosts by the table, when no provider file does', () => {
    expect(found('unknown', 'llama3.1-8b', [], 'api.cerebras.ai')).toBe('cerebras/llama3.1-8b');
    expect(found('unknown', 'llama3.1-8b', [], 'api.cerebras.ai.evil.example')).toBeNull();
  });

  it('asks the table once per model', () => {
    let asked = 0;
    const counting = { find: () => ((asked += 1), null), providerOfHost: () => null } as unknown as PriceTable;
    const matcher = new ModelMatcher([counting], []);
    for (let call = 0; call < 10; call++) matcher.find('openai', 'nobody', '', NOVEMBER + call * 3_600_000);
    expect(asked).toBe(1);
  });
});
