import { describe, expect, it } from 'vitest';
import { errorOfBody, statedError } from '../../../src/providers/families/errors.ts';

describe('providers/families/errors', () => {
  it.each([
    ['OpenAI', { error: { message: 'm', type: 'invalid_request_error', code: null } }, 'invalid_request_error', 'm'],
    ['Google', { error: { code: 404, message: 'm', status: 'NOT_FOUND' } }, 'NOT_FOUND', 'm'],
    ['OpenRouter', { error: { code: 429, message: 'm', metadata: { provider_name: 'v' } } }, '429', 'm'],
    ['Anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'm' } }, 'overloaded_error', 'm'],
    ['Copilot', { type: 'error', error: { code: 'quota_exceeded', message: 'm' } }, 'quota_exceeded', 'm'],
    ['Cerebras', { error: { message: 'm' }, status_code: 503 }, 'http_503', 'm'],
    ['Ollama', { error: 'm' }, 'error', 'm'],
    ['TGI', { error: 'm', error_type: 'overloaded' }, 'overloaded', 'm'],
    ['Hugging Face', { error: ['m', 'n'] }, 'error', 'm'],
    ['xAI', { code: 'The model is not there', error: 'm' }, 'error', 'm'],
    ['MiniMax', { choices: null, base_resp: { status_code: 1008, status_msg: 'm' } }, '1008', 'm'],
    ['Cloudflare', { success: false, errors: [{ code: 7003, message: 'm' }], result: null }, '7003', 'm'],
    ['Cloudflare without a reason', { success: false, errors: [] }, 'error', ''],
    ['Mistral', { object: 'error', message: 'm', type: 'invalid_model', code: '1500' }, 'invalid_model', 'm'],
  ])('reads what %s states in a 200', (_, message, type, text) => {
    expect(statedError(message)).toEqual({ type, message: text });
  });

  it.each([
    { error: null },
    { error: '' },
    { error: [] },
    { base_resp: { status_code: 0, status_msg: 'success' } },
    { base_resp: { status_code: '1008' } },
    { success: true, errors: [] },
    { success: 'false' },
    { object: 'chat.completion', message: 'm' },
    { message: 'm', code: 'c' },
  ])('takes %j for no error', (message) => {
    expect(statedError(message)).toBeNull();
  });

  it.each([
    ['an unnamed error', { error: 'm' }, 'http_429', 'm'],
    ['AWS', { message: 'm' }, 'http_429', 'm'],
    ['AWS, capitalised', { Message: 'm' }, 'http_429', 'm'],
    ["Azure's gateway", { statusCode: 429, message: 'm' }, 'http_429', 'm'],
    ['DashScope', { code: 'Throttling.RateQuota', message: 'm', request_id: 'r' }, 'Throttling.RateQuota', 'm'],
    ['FastAPI', { detail: 'm' }, 'http_429', 'm'],
    ['a failed validation', { detail: [{ loc: ['body'], msg: 'm', type: 'missing' }] }, 'http_429', 'm'],
    ['a nested detail', { detail: { message: 'm' } }, 'http_429', 'm'],
    ['problem details', { type: 'https://errors.example/e', title: 'm', status: 429 }, 'http_429', 'm'],
    ['a list', [{ error: { message: 'm', status: 'UNAVAILABLE' } }], 'UNAVAILABLE', 'm'],
    ['nothing that can be read', 'oops', 'http_429', ''],
    ['an empty object', {}, 'http_429', ''],
  ])('reads the body of an error status: %s', (_, body, type, message) => {
    expect(errorOfBody(body, 429)).toEqual({ type, message });
  });
});
