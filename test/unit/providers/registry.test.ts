import { beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint, Provider } from '../../../src/providers/provider.ts';
import { loadProviders, loadRegistry, ProviderRegistry } from '../../../src/providers/registry.ts';
import { expectLinearTime } from '../../support/growth.ts';

function provider(fields: Partial<Provider> = {}): Provider {
  return { id: 'acme', title: 'Acme', hosts: ['api.acme.ai'], intercept: true, endpoints: [], ...fields };
}

const FREE: Endpoint = { method: 'GET', path: '/v1', operation: 'x', cost: { from: 'const:1', perUsd: 0 } };

describe('providers/registry', () => {
  let registry: ProviderRegistry;
  let files: Provider[];
  beforeAll(async () => {
    files = await loadProviders();
    registry = await loadRegistry({ localServers: [{ provider: 'ollama', host: 'GPU.lan', port: 11434 }] });
  });

  it('finds the provider files by scanning the folder', () => {
    const ids = files.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(['anthropic', 'google', 'llamacpp', 'lmstudio', 'ollama', 'openai', 'vllm']),
    );
  });

  it('has endpoints that compile in every one of them', () => {
    expect(() => new ProviderRegistry(files)).not.toThrow();
    for (const { prices = [] } of files) {
      for (const { usd, per, asOf, source } of prices) {
        expect(usd).toMatch(/^\d+(?:\.\d+)?$/);
        expect(per).toBeGreaterThan(0);
        expect(asOf).toMatch(/^\d{4}-\d\d(?:-\d\d)?$/);
        expect(source).not.toBe('');
      }
    }
  });

  it('matches hosts by labels', () => {
    expect(registry.lookup('api.anthropic.com', 443)).toEqual({ provider: 'anthropic', intercept: true });
    expect(registry.lookup('eu.api.openai.com', 443)?.provider).toBe('openai');
    for (const host of [
      'evilapi.anthropic.com',
      'api.anthropic.com.evil.tld',
      'anthropic.com',
      'com',
      '',
      '127.0.0.1',
    ]) {
      expect(registry.lookup(host, 443)).toBeNull();
    }
  });

  it('knows local servers by host and port', () => {
    expect(registry.lookup('gpu.lan', 11434)?.provider).toBe('ollama');
    expect(registry.lookup('gpu.lan', 80)).toBeNull();
    const ollama = registry.get('ollama')!;
    expect(registry.isLocal(ollama, 'gpu.lan')).toBe(true);
    expect(registry.isLocal(ollama, 'ollama.com')).toBe(false);
    expect(registry.isLocal(registry.get('openai')!, 'gpu.lan')).toBe(false);
  });

  it.each([
    ['anthropic', 'POST', '/v1/messages?beta=true', 'chat', 'inference'],
    ['anthropic', 'POST', '/v1/messages/count_tokens', 'count_tokens', 'count'],
    ['anthropic', 'GET', '/v1/messages/batches/b1/results', 'batch_results', 'batch_results'],
    ['anthropic', 'POST', '/v1/messages/batches', 'batches', 'control'],
    ['anthropic', 'POST', '/api/event_logging/batch', 'telemetry', 'control'],
    ['anthropic', 'POST', '/gateway/v1/messages', 'chat', 'inference'],
    ['openai', 'POST', '/v1/responses', 'responses', 'inference'],
    ['openai', 'POST', '//v1/responses/', 'responses', 'inference'],
    ['openai', 'POST', 'https://api.openai.com/v1/responses?x', 'responses', 'inference'],
    ['openai', 'GET', '/v1/responses/resp_1', 'fetch_response', 'reread'],
    ['openai', 'DELETE', '/v1/responses/resp_1', 'responses_admin', 'control'],
    ['openai', 'GET', '/v1/responses/resp_1/input_items', 'responses_admin', 'control'],
    ['openai', 'POST', '/v1/responses/compact', 'responses_compact', 'inference'],
    ['openai', 'GET', '/v1/chat/completions/c1', 'fetch_response', 'reread'],
    ['openai', 'GET', '/v1/chat/completions', 'chat_admin', 'control'],
    ['openai', 'POST', '/v1/threads/t1/runs', 'assistant_run', 'inference'],
    ['openai', 'GET', '/v1/threads/t1/runs/r1', 'fetch_run', 'reread'],
    ['openai', 'GET', '/v1/threads/t1/runs/r1/steps', 'threads', 'control'],
    ['openai', 'GET', '/v1/organization/usage/completions', 'organization', 'control'],
    ['openai', 'POST', '/v1/realtime/client_secrets', 'realtime', 'control'],
    ['google', 'POST', '/v1beta/models/gemini-x:generateContent', 'generate_content', 'inference'],
    ['google', 'POST', '/v1beta/models/gemini-x:countTokens', 'count_tokens', 'count'],
    ['google', 'GET', '/v1beta/models/gemini-x', 'models', 'control'],
    ['google', 'GET', '/v1beta/interactions/i1', 'fetch_response', 'reread'],
    ['google', 'POST', '/v1internal:onboardUser', 'code_assist', 'control'],
    ['lmstudio', 'POST', '/api/v0/chat/completions', 'chat', 'inference'],
  ])('%s: %s %s is %s', (id, method, target, operation, kind) => {
    const match = registry.endpoint(id, method, target);
    expect(match?.endpoint.operation).toBe(operation);
    expect(match?.endpoint.kind ?? 'inference').toBe(kind);
  });

  it('reads model and id from the path, decoded once', () => {
    expect(registry.endpoint('google', 'POST', '/v1/models/gemini%2Dx%3A1:generateContent')).toMatchObject({
      model: 'gemini-x:1',
    });
    expect(registry.endpoint('openai', 'GET', '/v1/responses/resp_%41')).toMatchObject({ id: 'resp_A' });
    expect(registry.endpoint('google', 'POST', '/v1/models/%zz:generateContent')).toMatchObject({ model: '%zz' });
  });

  it.each([
    ['openai/chat/completions', 'chat', 'openai'],
    ['openai/v1/responses', 'responses', 'openai'],
    ['anthropic/v1/messages/count_tokens', 'count_tokens', 'anthropic'],
    ['google-ai-studio/v1beta/models/gemini-x:generateContent', 'generate_content', 'google'],
    ['groq/chat/completions', 'chat', 'groq'],
    ['openrouter/chat/completions', 'chat', 'openrouter'],
    ['perplexity-ai/chat/completions', 'chat', 'perplexity'],
    ['aws-bedrock/bedrock-runtime/us-east-1/model/vendor.llm-x/converse', 'chat', 'bedrock'],
    [
      'google-vertex-ai/v1/projects/p/locations/l/publishers/google/models/g:generateContent',
      'generate_content',
      'vertex',
    ],
    ['cohere/v2/chat', 'chat', 'cohere'],
    ['replicate/predictions', 'predict', 'replicate'],
    ['elevenlabs/v1/text-to-speech/voice', 'speech', 'elevenlabs'],
    ['fal/fal-ai/flux/dev', 'generation', 'fal'],
  ])('knows what lies behind a gateway: %s', (path, operation, inner) => {
    const match = registry.endpoint('cloudflare', 'POST', `/v1/account/gate/${path}?x=1`);
    expect(match?.endpoint).toMatchObject({ operation, dims: { inner_provider: `const:${inner}` } });
    // The same object each time: what is compiled of it is remembered by it.
    expect(registry.endpoint('cloudflare', 'POST', `/v1/account/gate/${path}`)?.endpoint).toBe(match?.endpoint);
  });

  it('has a file for each provider that a gateway names', () => {
    const inner = registry.all().flatMap((each) => each.inner ?? []);
    expect(inner.length).toBeGreaterThan(30);
    expect(inner.filter(({ provider: id }) => registry.get(id) === null)).toEqual([]);
  });

  it('does not take a longer name for one behind a gateway', () => {
    expect(registry.endpoint('cloudflare', 'POST', '/v1/account/gate/openai-x/none')).toBeNull();
    expect(registry.endpoint('cloudflare', 'POST', '/v1/account/gate/openai')).toBeNull();
    expect(registry.endpoint('huggingface', 'POST', '/together/v1/none')).toBeNull();
  });

  it('leaves out what lies behind a gateway that nobody describes', () => {
    const gateway = provider({ inner: [{ at: '/to', provider: 'nobody' }] });
    const own = new ProviderRegistry([gateway]);
    expect(own.endpoint('acme', 'POST', '/to/v1/messages')?.endpoint.dims).toBeUndefined();
  });

  it.each([
    ['cloudflare', '/client/v4/accounts/a/ai/run/@cf/vendor/llm-x', '@cf/vendor/llm-x'],
    ['huggingface', '/models/org/llm-x', 'org/llm-x'],
    ['huggingface', '/hf-inference/models/org/llm-x/v1/chat/completions', 'org/llm-x'],
    ['huggingface', '/pipeline/fill-mask/llm-x', 'llm-x'],
    ['fireworks', '/inference/v1/workflows/accounts/a/models/m/text_to_image', 'accounts/a/models/m'],
    ['azure-openai', '/openai/deployments/team%20chat/chat/completions', 'team chat'],
    ['azure-api-management', '/a/b/openai/deployments/d1/embeddings', 'd1'],
  ])('%s: reads a model of one or more segments from %s', (id, path, model) => {
    expect(registry.endpoint(id, 'POST', path)?.model).toBe(model);
  });

  it('knows the paths of the dialects at unknown hosts, under any base', () => {
    expect(registry.endpoint(null, 'POST', '/a/b/v4/chat/completions')?.endpoint.operation).toBe('chat');
    expect(registry.endpoint(null, 'POST', '/anthropic/v1/messages/count_tokens')?.endpoint.kind).toBe('count');
    expect(registry.endpoint(null, 'POST', '/elsewhere')).toBeNull();
  });

  it.each([
    ['id', [provider({ id: 'Ac me' })]],
    ['twice', [provider(), provider({ hosts: [] })]],
    ['api.acme.ai belongs to acme and other', [provider(), provider({ id: 'other' })]],
    ['not a normalised host', [provider({ hosts: ['API.acme.ai'] })]],
    ['not a path pattern', [provider({ endpoints: [{ method: 'POST', path: 'v1/**/x', operation: 'chat' }] })]],
    ['not a path pattern', [provider({ endpoints: [{ method: 'POST', path: '/{model+}/**', operation: 'chat' }] })]],
    ['a name stands twice', [provider({ endpoints: [{ method: 'POST', path: '/{a}/{b}/{a}', operation: 'chat' }] })]],
    ['not the start of a path', [provider({ inner: [{ at: '/{model+}', provider: 'x' }] })]],
    ['not the start of a path', [provider({ inner: [{ at: 'x', provider: 'x' }] })]],
    [
      'not a fact of an exchange',
      [
        provider({
          endpoints: [{ method: 'POST', path: '/v1', operation: 'x', units: [{ unit: 'images', from: 'req.body' }] }],
        }),
      ],
    ],
    [
      'not a fact of an exchange',
      [provider({ endpoints: [{ method: 'GET', path: '/', operation: 'x', job: '$.id' }] })],
    ],
    ['acme, /v1: perUsd must be above 0', [provider({ endpoints: [FREE] })]],
    [
      'not a count expression',
      [
        provider({
          endpoints: [{ method: 'POST', path: '/v1', operation: 'x', usage: { tokens: { input_tokens: 'a b' } } }],
        }),
      ],
    ],
    [
      'not a count expression',
      [
        provider({
          endpoints: [
            { method: 'POST', path: '/v1', operation: 'x', headerUsage: { tokens: { input_tokens: 'a b' } } },
          ],
        }),
      ],
    ],
  ])('refuses a faulty provider: %s', (message, providers) => {
    expect(() => new ProviderRegistry(providers)).toThrow(message);
  });

  it('refuses local servers that are none', () => {
    expect(() => new ProviderRegistry([provider()], { localServers: [{ provider: 'x', host: 'h', port: 1 }] })).toThrow(
      'no provider x',
    );
    expect(
      () => new ProviderRegistry([provider()], { localServers: [{ provider: 'acme', host: 'a b', port: 1 }] }),
    ).toThrow('not a host');
  });

  it('takes no longer for hostile paths', async () => {
    await expectLinearTime((times) => {
      const target = `/${'v1/'.repeat(times)}${':'.repeat(times / 20)}`;
      const ids = ['google', 'cloudflare', 'huggingface', 'fireworks', null];
      return () => ids.map((id) => registry.endpoint(id, 'POST', target));
    }, 20_000);
  });
});
