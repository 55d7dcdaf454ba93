import { describe, expect, it } from 'vitest';
import { callShape, pathModelOf, withPathModel } from '../../../src/gateway/call-shape.ts';

describe('gateway/call-shape', () => {
  it.each([
    ['/v1/messages?beta=true', 'anthropic-messages'],
    ['/messages', 'anthropic-messages'],
    ['/openai/deployments/x/chat/completions?api-version=1', 'openai-chat'],
    ['/backend-api/codex/responses', 'openai-responses'],
    ['/v1/completions', null],
    ['/v1/embeddings', null],
    ['/v1beta/models/gemini-3:streamGenerateContent?alt=sse', null],
    ['/model/anthropic.claude/converse-stream', null],
    ['/api/chat', null],
    ['/v2/chat', null],
  ])('takes POST %s for a call of a model, in %s', (path, format) => {
    expect(callShape('POST', path)?.format).toBe(format);
  });

  it.each([
    ['POST', '/v1/messages/count_tokens'],
    ['POST', '/v1/messages/batches'],
    ['POST', '/v1/responses/resp_1/cancel'],
    ['POST', '/api/event_logging/batch'],
    ['POST', '/v1beta/models/gemini:countTokens'],
    ['GET', '/v1/messages'],
    ['GET', '/v1/models'],
  ])('takes %s %s for none', (method, path) => {
    expect(callShape(method, path)).toBeNull();
  });

  it.each([
    ['/v1beta/models/gemini-3:generateContent?key=x', 'gemini-3', '/v1beta/models/a%2Fb:generateContent?key=x'],
    ['/model/arn%3Aaws%3Abedrock%3Ax/invoke', 'arn:aws:bedrock:x', '/model/a%2Fb/invoke'],
    ['/model/a.b:0/converse', 'a.b:0', '/model/a%2Fb/converse'],
  ])('reads and changes the model in %s', (path, model, changed) => {
    const found = pathModelOf(path);
    expect(found?.text).toBe(model);
    expect(found === null ? null : withPathModel(path, found, 'a/b')).toBe(changed);
  });

  it.each(['/v1/messages', '/v1/models/gpt', '/model/%zz/invoke'])('finds no model in %s', (path) => {
    expect(pathModelOf(path)).toBeNull();
  });
});
