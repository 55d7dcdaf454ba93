import { beforeAll, describe, expect, it } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { isConversation } from '../../../src/core/session-entries.ts';
import { aRecord } from '../../support/captures.ts';

describe('core/session-entries isConversation, of the paths of providers', () => {
  let registry: ProviderRegistry;
  beforeAll(async () => {
    registry = await loadRegistry({ localServers: [] });
  });

  it.each([
    ['anthropic', '/v1/messages', true],
    ['anthropic', '/v1/messages?beta=true', true],
    ['anthropic', '/v1/messages/count_tokens', false],
    ['anthropic', '/v1/models', false],
    ['openai', '/v1/chat/completions', true],
    ['openai', '/v1/completions', true],
    ['openai', '/v1/responses', true],
    ['openai', '/v1/threads/thread_1/messages', true],
    ['openai', '/v1/threads/thread_1/runs', true],
    ['openai', '/v1/models', false],
    ['openai', '/v1/embeddings', false],
    ['openai', '/v1/images/generations', false],
    ['openai', '/v1/audio/transcriptions', false],
    ['openai', '/v1/files', false],
    ['openai', '/v1/threads', false],
    ['openai', '/v1/conversations', false],
    ['openai', '/v1/assistants', false],
    ['openai', '/v1/vector_stores', false],
    ['chatgpt', '/backend-api/codex/responses', true],
    ['chatgpt', '/backend-api/codex/models', false],
    ['bedrock', '/model/vendor.llm-x/invoke', true],
    ['bedrock', '/model/vendor.llm-x/invoke-with-response-stream', true],
    ['bedrock', '/model/vendor.llm-x/converse', true],
    ['google', '/v1beta/models/gemini-x:streamGenerateContent?alt=sse', true],
    ['google', '/v1beta/models/gemini-x:countTokens', false],
    ['ollama', '/api/chat', true],
    ['ollama', '/api/generate', true],
    ['ollama', '/api/embed', false],
    ['cohere', '/v2/chat', true],
    ['cohere', '/v2/rerank', false],
    ['mistral', '/v1/conversations', true],
    ['mistral', '/v1/ocr', false],
  ])('%s %s: %s', (provider, path, expected) => {
    const endpoint = registry.endpoint(provider, 'POST', path)?.endpoint;
    const operation = endpoint?.operation ?? null;
    const inference = endpoint !== undefined && (endpoint.kind ?? 'inference') === 'inference';
    expect(isConversation(aRecord({ provider, path, operation, inference }))).toBe(expected);
  });
});
