import { describe, expect, it } from 'vitest';
import { BodyModel } from '../../../src/gateway/body-model.ts';
import { callShape } from '../../../src/gateway/call-shape.ts';
import type { Parameters } from '../../../src/gateway/body-model.ts';
import {
  askedModel,
  type ClientCall,
  targetRequest,
  type TargetRequest,
  urlAtTarget,
} from '../../../src/gateway/target-request.ts';
import { targetOf } from '../../../src/gateway/targets.ts';
import { TARGET_DEFAULTS } from '../../support/steering.ts';

interface Given {
  path?: string;
  method?: string;
  headers?: readonly (readonly [string, string])[];
  body?: string;
}

function call({
  path = '/v1/messages',
  method = 'POST',
  headers = [],
  body = '{"model":"claude"}',
}: Given): ClientCall {
  const model = new BodyModel();
  const chunks = body === '' ? [] : [Buffer.from(body)];
  for (const chunk of chunks) model.push(chunk);
  return { method, path, headers, shape: callShape(method, path), chunks, body: model };
}

interface Sent {
  url?: string;
  target?: Partial<typeof TARGET_DEFAULTS>;
  model?: string | null;
  parameters?: Parameters;
  secret?: string | null;
  provider?: string | null;
  isCopy?: boolean;
}

function made(given: Given, sent: Sent = {}): TargetRequest {
  const {
    url = 'http://target',
    target,
    model = null,
    parameters = {},
    secret = null,
    provider = null,
    isCopy = false,
  } = sent;
  const destination = { target: targetOf(url, { ...TARGET_DEFAULTS, ...target }, 'x'), model, parameters };
  const request = targetRequest(call(given), destination, { secret, provider, wall: () => 0, isCopy });
  if ('refused' in request) throw new Error(`${request.refused.status} ${request.refused.message}`);
  return request;
}

const headersOf = (request: TargetRequest): Record<string, string> => Object.fromEntries(request.headers);

describe('gateway/target-request', () => {
  it.each([
    ['http://target', '/v1/messages?beta=true', '/v1/messages?beta=true'],
    ['http://target/v1', '/v1/messages', '/v1/messages'],
    ['http://target/v1/', '/messages', '/v1/messages'],
    ['http://target/openai', '/openai/v1/chat/completions', '/openai/v1/chat/completions'],
    ['http://target/v1', '/openai/deployments/gpt/chat/completions?api-version=1', '/v1/chat/completions'],
    ['http://target/v1', '/backend-api/codex/responses', '/v1/responses'],
    ['http://target/base', '/v1/messages?key=AIzaSecret&x=1', '/base/v1/messages?x=1'],
    ['http://target/v1', '/v1/embeddings', '/v1/embeddings'],
    ['http://target', '/v1beta/models/gemini:generateContent?key=abc', '/v1beta/models/gemini:generateContent'],
  ])('asks %s for %s at %s', (url, path, expected) => {
    expect(made({ path }, { url }).path).toBe(expected);
  });

  it('names the target for the record, without a query', () => {
    const target = targetOf('https://target:8443/v1', TARGET_DEFAULTS, 'x');
    expect(urlAtTarget(target, '/v1/messages?x=1')).toBe('https://target:8443/v1/messages');
    expect(urlAtTarget(targetOf('http://[::1]', TARGET_DEFAULTS, 'x'), '/a')).toBe('http://[::1]/a');
  });

  it.each([
    ['Authorization', 'Bearer abc'],
    ['x-api-key', 'k'],
    ['api-key', 'k'],
    ['x-goog-api-key', 'k'],
    ['Cookie', 'a=b'],
    ['Proxy-Authorization', 'Basic x'],
    ['OpenAI-Organization', 'org'],
    ['chatgpt-account-id', 'x'],
    ['X-Amz-Date', '20260101T000000Z'],
    ['X-Amz-Security-Token', 't'],
    ['X-Custom-Token', 't'],
    ['X-Note', 'my key is sk-ant-api03-abcdefghijklmnopqrst'],
    ['Expect', '100-continue'],
    ['Content-MD5', 'x'],
  ])('does not pass %s on', (name, value) => {
    expect(Object.keys(headersOf(made({ headers: [[name, value]] })))).not.toContain(name);
  });

  it('passes the others on, in their order', () => {
    const headers = [
      ['anthropic-version', '2023'],
      ['User-Agent', 'x'],
      ['Accept', '*/*'],
    ] as const;
    expect(made({ headers }).headers).toEqual([['Host', 'target'], ...headers, ['Content-Length', '18']]);
  });

  it('frames what has a body, and nothing else', () => {
    expect(headersOf(made({ method: 'GET', path: '/v1/files', body: '' }))).toEqual({ Host: 'target' });
    const empty = { method: 'POST', path: '/v1/files', body: '', headers: [['Content-Length', '0'] as const] };
    expect(headersOf(made(empty))).toEqual({ Host: 'target', 'Content-Length': '0' });
  });

  it.each([
    ['/v1/messages', null, { 'x-api-key': 's', Authorization: 'Bearer s' }],
    ['/v1/messages', 'anthropic', { 'x-api-key': 's' }],
    ['/v1/messages', 'zai', { 'x-api-key': 's' }],
    ['/v1/chat/completions', null, { Authorization: 'Bearer s' }],
    ['/v1/chat/completions', 'azure-openai', { 'api-key': 's' }],
    ['/v1beta/models/g:generateContent', 'google', { 'x-goog-api-key': 's' }],
    ['/v1/files', null, { Authorization: 'Bearer s' }],
  ])('puts its key where the API has it: %s at %s', (path, provider, expected) => {
    const { Host: _, 'Content-Length': __, ...auth } = headersOf(made({ path }, { secret: 's', provider }));
    expect(auth).toEqual(expected);
  });

  it('puts its key where it is told to', () => {
    const sent = { secret: 's', target: { auth_header: 'X-Own' } };
    expect(headersOf(made({}, sent))).toMatchObject({ 'x-own': 's' });
    const bearer = { secret: 'Basic abc', target: { auth_header: 'Authorization' } };
    expect(headersOf(made({}, bearer))).toMatchObject({ authorization: 'Basic abc' });
  });

  it('asks for another model in the body, or in the path where that names it', () => {
    expect(Buffer.concat(made({}, { model: 'glm' }).body).toString()).toBe('{"model":"glm"}');
    const gemini = made({ path: '/v1beta/models/a:generateContent', body: '{"contents":[]}' }, { model: 'b' });
    expect([gemini.path, Buffer.concat(gemini.body).toString()]).toEqual([
      '/v1beta/models/b:generateContent',
      '{"contents":[]}',
    ]);
  });

  it('says what it asks for only where it could say it', () => {
    const asked = (given: Given): string | null => made(given, { model: 'glm' }).model;
    expect(asked({})).toBe('glm');
    expect(asked({ path: '/v1beta/models/a:generateContent' })).toBe('glm');
    expect(asked({ method: 'GET', path: '/v1/models', body: '' })).toBeNull();
    expect(asked({ path: '/v1/audio/transcriptions', body: '--form' })).toBeNull();
    expect(made({}).model).toBeNull();
  });

  it('adds parameters to calls that ask a model, and to nothing else', () => {
    const parameters = { max_tokens: 5 };
    expect(Buffer.concat(made({}, { parameters }).body).toString()).toBe('{"model":"claude","max_tokens":5}');
    const responses = made({ path: '/v1/responses' }, { parameters });
    expect(Buffer.concat(responses.body).toString()).toBe('{"model":"claude","max_output_tokens":5}');
    const batch = made({ path: '/v1/messages/batches', body: '{}' }, { parameters, model: 'glm' });
    expect(Buffer.concat(batch.body).toString()).toBe('{}');
  });

  it('names the other model to what counts tokens, too', () => {
    const count = made({ path: '/v1/messages/count_tokens' }, { model: 'glm', parameters: { max_tokens: 5 } });
    expect(Buffer.concat(count.body).toString()).toBe('{"model":"glm"}');
  });

  it('asks the stream of a copy for its usage, and no other', () => {
    const asked = { path: '/v1/chat/completions', body: '{"model":"a","stream":true}' };
    const copy = Buffer.concat(made(asked, { isCopy: true }).body).toString();
    expect(copy).toBe('{"model":"a","stream":true,"stream_options":{"include_usage":true}}');
    expect(headersOf(made(asked, { isCopy: true }))['Content-Length']).toBe(String(copy.length));
    expect(Buffer.concat(made(asked).body).toString()).toBe(asked.body);
    expect(Buffer.concat(made({ body: asked.body }, { isCopy: true }).body).toString()).toBe(asked.body);
  });

  it('refuses to change what it cannot read, and passes it where it need not', () => {
    const given: Given = { headers: [['Content-Encoding', 'zstd']], body: 'x' };
    expect(() => made(given, { model: 'glm' })).toThrow(/^415 .*zstd/);
    expect(Buffer.concat(made(given).body).toString()).toBe('x');
  });

  it.each(['{"grant_type":"refresh_token",\n "refresh_token" : "x"}', 'client_id=a&client_secret=b', 'password=b'])(
    'refuses a credential in the body of what asks no model: %j',
    (body) => {
      expect(() => made({ path: '/v1/oauth/token', body })).toThrow(/^403 /);
      expect(() => made({ path: '/v1/messages', body })).not.toThrow();
    },
  );

  it('takes words about credentials for none', () => {
    for (const body of ['{"text":"the refresh_token: x"}', '{"text":"{\\"api_key\\":\\"x\\"}"}', ''])
      expect(() => made({ path: '/v1/files', body })).not.toThrow();
  });

  it('knows the model that is asked for, in the path before the body', () => {
    expect(askedModel(call({}))).toBe('claude');
    expect(askedModel(call({ path: '/v1beta/models/gemini:generateContent' }))).toBe('gemini');
  });
});
