import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import type { HeaderPairs } from '../../../src/core/headers.ts';
import { BaseUrls, type BaseUrlOptions, isChatGptToken } from '../../../src/gateway/base-urls.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';

const registry = await loadRegistry({ localServers: [{ provider: 'vllm', host: 'gpu.lan', port: 8000 }] });

function urls(options: Partial<BaseUrlOptions> = {}): BaseUrls {
  return new BaseUrls({
    providers: registry,
    backends: {},
    passthrough: null,
    intercept: [],
    bedrockRegion: null,
    ...options,
  });
}

/** `provider scheme://host/path`, or the status of the refusal. */
function to(path: string, headers: HeaderPairs = [], options: Partial<BaseUrlOptions> = {}): string {
  const route = urls(options).route({ path, headers });
  if (route === null) return 'nobody';
  if (route.action === 'refuse') return `${route.status} ${route.type}`;
  return `${route.provider} ${route.scheme}://${route.host}${route.path}`;
}

describe('gateway/base-urls', () => {
  it.each([
    ['/openai/api.openai.com/v1/chat/completions', 'openai https://api.openai.com/v1/chat/completions'],
    ['/openai/api.openai.com/chat/completions', 'openai https://api.openai.com/v1/chat/completions'],
    ['/anthropic/api.anthropic.com/v1/messages?beta=true', 'anthropic https://api.anthropic.com/v1/messages?beta=true'],
    ['/openai/api.deepseek.com/chat/completions', 'deepseek https://api.deepseek.com/v1/chat/completions'],
    [
      '/azure-openai/me.openai.azure.com/openai/deployments/x',
      'azure-openai https://me.openai.azure.com/openai/deployments/x',
    ],
    ['/openai/API.OpenAI.com./v1/models', 'openai https://api.openai.com/v1/models'],
    ['/openai/api.openai.com', 'openai https://api.openai.com/'],
  ])('sends %s to the host that it names', (path, expected) => {
    expect(to(path)).toBe(expected);
  });

  it.each([
    ['/openai/v1/responses', 'openai https://api.openai.com/v1/responses'],
    ['/openai/responses', 'openai https://api.openai.com/v1/responses'],
    ['/anthropic/v1/messages', 'anthropic https://api.anthropic.com/v1/messages'],
    ['/anthropic/messages', 'anthropic https://api.anthropic.com/v1/messages'],
    ['/groq/openai/v1/chat/completions', 'groq https://api.groq.com/openai/v1/chat/completions'],
    ['/groq/v1/chat/completions', 'groq https://api.groq.com/openai/v1/chat/completions'],
    ['/groq/chat/completions', 'groq https://api.groq.com/openai/v1/chat/completions'],
    ['/zai/v1/chat/completions', 'zai https://api.z.ai/api/paas/v4/chat/completions'],
    ['/cohere/v1/chat', 'cohere https://api.cohere.com/v1/chat'],
    ['/cohere/v2/chat', 'cohere https://api.cohere.com/v2/chat'],
    [
      '/google/v1beta/models/m:generateContent',
      'google https://generativelanguage.googleapis.com/v1beta/models/m:generateContent',
    ],
    [
      '/google/models/m:generateContent',
      'google https://generativelanguage.googleapis.com/v1beta/models/m:generateContent',
    ],
    ['/ollama/api/chat', 'ollama http://127.0.0.1:11434/api/chat'],
    ['/ollama/v1/chat/completions', 'ollama http://127.0.0.1:11434/v1/chat/completions'],
    ['/openai?x=1', 'openai https://api.openai.com/v1?x=1'],
    ['/ollama?x=1', 'ollama http://127.0.0.1:11434/?x=1'],
    ['/azure-openai/openai/deployments/x', '404 not_a_web_server'],
  ])('sends %s to where the provider is', (path, expected) => {
    expect(to(path)).toBe(expected);
  });

  it.each([
    ['/v1/messages', 'anthropic https://api.anthropic.com/v1/messages'],
    ['/v1/messages/count_tokens', 'anthropic https://api.anthropic.com/v1/messages/count_tokens'],
    ['/messages', 'anthropic https://api.anthropic.com/v1/messages'],
    ['/v1/chat/completions', 'openai https://api.openai.com/v1/chat/completions'],
    ['/chat/completions', 'openai https://api.openai.com/v1/chat/completions'],
    ['/v1/responses', 'openai https://api.openai.com/v1/responses'],
    ['/responses/resp_1', 'openai https://api.openai.com/v1/responses/resp_1'],
    ['/embeddings', 'openai https://api.openai.com/v1/embeddings'],
    [
      '/v1beta/models/m:streamGenerateContent?alt=sse',
      'google https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse',
    ],
    ['/v1/models/m:generateContent', 'google https://generativelanguage.googleapis.com/v1/models/m:generateContent'],
    ['/upload/v1beta/files', 'google https://generativelanguage.googleapis.com/upload/v1beta/files'],
    ['/v2/rerank', 'cohere https://api.cohere.com/v2/rerank'],
    ['/api/generate', 'ollama http://127.0.0.1:11434/api/generate'],
    ['/model/anthropic.claude-x:0/converse', '503 bedrock_not_configured'],
    ['/nothing/here', 'nobody'],
    ['/', 'nobody'],
  ])('knows whose root %s is', (path, expected) => {
    expect(to(path)).toBe(expected);
  });

  it('tells a path that several providers have apart by their headers', () => {
    expect(to('/v1/models', [['anthropic-version', '2023-06-01']])).toBe(
      'anthropic https://api.anthropic.com/v1/models',
    );
    expect(to('/v1/models', [['X-Api-Key', 'x']])).toBe('anthropic https://api.anthropic.com/v1/models');
    expect(to('/v1/files', [['x-goog-api-key', 'x']])).toBe(
      'google https://generativelanguage.googleapis.com/v1/files',
    );
    expect(to('/v1/models', [['authorization', 'Bearer x']])).toBe('openai https://api.openai.com/v1/models');
    expect(to('/v1/something/new')).toBe('openai https://api.openai.com/v1/something/new');
  });

  it.each([
    ['http://127.0.0.1:11434/v1', '/v1/chat/completions', 'ollama http://127.0.0.1:11434/v1/chat/completions'],
    ['http://127.0.0.1:11434/v1', '/chat/completions', 'ollama http://127.0.0.1:11434/v1/chat/completions'],
    ['http://127.0.0.1:9000', '/chat/completions', 'openai http://127.0.0.1:9000/v1/chat/completions'],
    ['http://gpu.lan:8000/', '/v1/models', 'vllm http://gpu.lan:8000/v1/models'],
    ['https://llm.corp/openai', '/v1/chat/completions', 'openai https://llm.corp/openai/v1/chat/completions'],
    ['https://llm.corp/openai', '/chat/completions', 'openai https://llm.corp/openai/v1/chat/completions'],
    ['https://llm.corp/paas/v4', '/v1/chat/completions', 'openai https://llm.corp/paas/v4/chat/completions'],
    ['http://[::1]:9000/v1', '/openai/v1/models', 'openai http://[::1]:9000/v1/models'],
  ])('with the backend %s sends %s there, its version once', (openai, path, expected) => {
    expect(to(path, [], { backends: { openai } })).toBe(expected);
  });

  it('sends paths of nobody to the passthrough, and to no one else', () => {
    const options = { passthrough: 'https://api.anthropic.com' };
    expect(to('/favicon.ico?x', [], options)).toBe('anthropic https://api.anthropic.com/favicon.ico?x');
    expect(to('/v1/messages', [], options)).toBe('anthropic https://api.anthropic.com/v1/messages');
  });

  it('sends a ChatGPT login to its own host, and nothing that is a key', () => {
    const headers = [['Authorization', 'Bearer aa.bb.cc']] as const;
    expect(to('/openai/api.openai.com/v1/responses', headers)).toBe(
      'chatgpt https://chatgpt.com/backend-api/codex/responses',
    );
    expect(to('/responses', headers)).toBe('chatgpt https://chatgpt.com/backend-api/codex/responses');
    expect(to('/responses', headers, { backends: { openai: 'http://127.0.0.1:1/v1' } })).toBe(
      'openai http://127.0.0.1:1/v1/responses',
    );
    for (const other of [
      '',
      'Bearer sk-a.b.c',
      'Bearer sk-proj-abc',
      'aa.bb.cc',
      'Bearer aa.bb',
      'Bearer a.b.c.d',
      'Bearer a..c',
    ])
      expect([other, isChatGptToken(other)]).toEqual([other, false]);
  });

  it('takes the target from the header of LLMObserve, under the same rule', () => {
    const target = (url: string): string => to('/proxy', [['x-llmobserve-target-url', url]]);
    expect(target('https://api.openai.com/v1/chat/completions?x=1')).toBe(
      'openai https://api.openai.com/v1/chat/completions?x=1',
    );
    expect(target('https://api.openai.com/v1/models#top')).toBe('openai https://api.openai.com/v1/models');
    expect(target('https://example.com#@api.openai.com/v1')).toBe('403 address_refused');
    expect(target('https://example.com/v1')).toBe('403 address_refused');
    expect(target('http://api.openai.com/v1')).toBe('403 address_refused');
    expect(target('ftp://api.openai.com')).toBe('400 request_malformed');
    expect(target('https://api.openai.com/a b')).toBe('400 request_malformed');
    expect(to('/proxy')).toBe('400 request_malformed');
  });

  it.each([
    '/openai/example.com/v1/models',
    '/openai/169.254.169.254/latest/meta-data',
    '/openai/127.0.0.1:22/',
    '/openai/localhost/',
    '/openai/api.openai.com:8443/v1/models',
    '/openai/api.openai.com@example.com/v1/models',
    '/openai/api.openai.com%2f@example.com/v1',
    '/openai/api.openai.com.example.com/v1',
    '/openai/evilapi.openai.com.evil/v1',
    '/openai/[::1]:80/v1',
    '/openai/api.openai.com%00.example.com/v1',
    '/openai/api.openai.com:0/v1',
    '/openai/llm.corp:65536/v1',
  ])('refuses the host of %s, which nobody has named', (path) => {
    expect(to(path, [], { intercept: ['llm.corp'] })).toBe('403 address_refused');
  });

  it.each([
    '/v1/chat/../../admin',
    '/openai/v1/..',
    '/openai/v1/..?x',
    '/openai/v1/%2e%2E/x',
    '/openai/v1/.%2e%2fx',
    '/openai/v1/x%5c..%5cy',
    '/openai/v1/x\\..\\y',
    '/openai/llm.corp/a/../b',
    '/nobody/../x',
  ])('refuses %s, which would leave the place of its base URL', (path) => {
    const options = { backends: { openai: 'https://llm.corp/team/v1' }, passthrough: 'https://llm.corp/rest' };
    expect(to(path, [], options)).toBe('400 request_malformed');
    expect(to('/proxy', [['x-llmobserve-target-url', `https://llm.corp${path}`]], options)).toBe(
      '400 request_malformed',
    );
  });

  it.each(['/openai/v1/files/a..b', '/openai/v1/models/..x', '/openai/v1/models/x..', '/openai/v1/models?next=../x'])(
    'leaves the dots of %s alone',
    (path) => {
      expect(to(path)).toBe(`openai https://api.openai.com${path.slice('/openai'.length)}`);
    },
  );

  it('takes a host that the user has named: by --intercept, as a backend, as a local server', () => {
    expect(to('/openai/llm.corp/v1/models', [], { intercept: ['llm.corp'] })).toBe('openai https://llm.corp/v1/models');
    expect(to('/openai/127.0.0.1:9000/v1/models', [], { backends: { openai: 'http://127.0.0.1:9000/v1' } })).toBe(
      'openai http://127.0.0.1:9000/v1/models',
    );
    expect(to('/vllm/gpu.lan:8000/v1/models')).toBe('vllm http://gpu.lan:8000/v1/models');
  });

  describe('for the page of a web site', () => {
    const options = {
      backends: { openai: 'http://127.0.0.1:9000/v1', mistral: 'https://llm.corp/v1' },
      bedrockRegion: 'us-east-1',
      pages: ['chat.lan'],
    };
    const from = (origin: string, path: string): string => to(path, [['Origin', origin]], options);
    const LENT = ['/v1/responses', '/ollama/api/tags', '/vllm/gpu.lan:8000/v1/models', '/mistral/chat/completions'];
    const SIGNED = '/model/amazon.nova-micro-v1:0/converse';

    it.each([
      'https://evil.example',
      'http://evil.example:8080',
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example',
      'https://EVIL.example',
      'null',
      'http://10.0.0.7',
      'http://user@localhost',
    ])('%s, asks neither our signature nor servers of the user', (origin) => {
      for (const path of [SIGNED, ...LENT])
        expect([path, from(origin, path)]).toEqual([path, '403 origin_not_allowed']);
    });

    it.each([
      'http://localhost:3000',
      'http://127.0.0.1',
      'http://[::1]:8080',
      'https://chat.lan',
      'tauri://localhost',
    ])('%s, which is of this machine, is served', (origin) => {
      for (const path of [SIGNED, ...LENT]) expect(from(origin, path)).not.toMatch(/^\d/);
    });

    it('brings its own key to a provider', () => {
      expect(from('https://chat.example', '/v1/messages')).toBe('anthropic https://api.anthropic.com/v1/messages');
    });
  });

  it('never leaves the hosts that are known, whatever the path', () => {
    const known = new Set([
      'api.openai.com',
      'api.anthropic.com',
      'generativelanguage.googleapis.com',
      'api.cohere.com',
      '127.0.0.1',
    ]);
    const piece = constantFrom(
      '/',
      '//',
      'openai',
      'v1',
      'chat',
      '@',
      '%2f',
      '..',
      ':',
      '\\',
      '?',
      '#',
      'evil.com',
      'http:',
      '[',
      ']',
      'messages',
      ' ',
    );
    const all = urls();
    assert(
      property(array(piece, { maxLength: 12 }), (pieces) => {
        const route = all.route({ path: `/${pieces.join('')}`, headers: [] });
        return (
          route === null || route.action === 'refuse' || (known.has(route.authority.host) && route.path.startsWith('/'))
        );
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['ftp://x', 'localhost:11434', 'http://u:p@host/v1', 'http://host/v1?x', 'http://', 'http://ho st/'])(
    'says what is wrong with the backend %s',
    (openai) => {
      expect(() => urls({ backends: { openai } })).toThrow(AppError);
      expect(() => urls({ backends: { openai } })).toThrow('the backend of openai must be a URL such as');
    },
  );
});
