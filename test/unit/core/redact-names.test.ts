import { describe, expect, it } from 'vitest';
import { maskBody, maskHeaders, maskTarget } from '../../../src/core/redact.ts';

/** No known prefix, as most keys of these providers have none; short ones exist as well. */
const SECRETS = ['q7Zr2LmX9vTb4KwN8sYd', 'q7Zr2LmX9v'];

/** Where the providers want their keys: all names of the provider files' documentation. */
const HEADERS = (
  'authorization proxy-authorization x-api-key api-key apikey x-goog-api-key ocp-apim-subscription-key ' +
  'cf-aig-authorization x-amz-security-token x-portkey-api-key x-portkey-virtual-key helicone-auth x-litellm-api-key ' +
  'cookie set-cookie xi-api-key x-user-id x-key x-openai-api-key x-cohere-api-key x-huggingface-api-key ' +
  'x-anthropic-api-key x-voyageai-api-key x-jinaai-api-key x-mistral-api-key x-google-api-key x-google-vertex-api-key ' +
  'x-google-studio-api-key x-azure-api-key x-aws-access-key x-aws-secret-key x-aws-session-token x-databricks-token ' +
  'x-nvidia-api-key x-friendli-api-key x-xai-api-key x-chroma-token jwttokenstring password email x-api-secret-key ' +
  'es-secondary-authorization stripe-account stripe-context paypal-auth-assertion x-algolia-api-key ' +
  'x-algolia-usertoken x-subscription-token x-auth-token x-functions-key x-session-key'
).split(' ');

const QUERY = (
  'key access_token api_key api-key apikey apiKey token subscription-key sig X-Amz-Signature X-Amz-Security-Token ' +
  'X-Amz-Credential client_secret code single_use_token authorization xi-api-key Ocp-Apim-Subscription-Key ' +
  'Authorization fal_jwt_token _token x-algolia-api-key GroupId'
).split(' ');

const MEMBERS = (
  'access_token refresh_token id_token client_secret api_key apiKey password authorization authorization_token ' +
  'xi-api-key xi_api_key token'
).split(' ');

const FORM_FIELDS = ['card[number]', 'card[cvc]', 'client_secret', 'payment_method_data[card][number]'];

describe('core/redact, names of all providers', () => {
  it.each(HEADERS)('masks the header %s', (name) => {
    for (const secret of SECRETS) {
      const [[, masked] = []] = maskHeaders([[name, secret]]);
      expect(masked).not.toContain(secret);
    }
  });

  it('masks a key among the protocols of a WebSocket', () => {
    const [[, masked] = []] = maskHeaders([['Sec-WebSocket-Protocol', `token, ${SECRETS[0]}`]]);
    expect(masked).not.toContain(SECRETS[0]);
    expect(masked).toContain('token');
  });

  it.each(QUERY)('masks the query member %s', (name) => {
    for (const secret of SECRETS) expect(maskTarget(`/v1/x?a=1&${name}=${secret}&b=2`)).not.toContain(secret);
  });

  it.each(MEMBERS)('masks the member %s of a body', (name) => {
    const [secret = ''] = SECRETS;
    expect(maskBody(JSON.stringify({ a: { [name]: secret }, b: 1 }), 'application/json')).not.toContain(secret);
    expect(maskBody(`a=1&${name}=${secret}`, 'application/x-www-form-urlencoded')).not.toContain(secret);
  });

  it('masks a key in a list, in a list of pairs, and under longer names, and no words there', () => {
    const [secret = ''] = SECRETS;
    const header = { headers: { 'X-Api-Key': [secret] } };
    const pairs = [
      { name: 'X-API-Key', value: secret },
      { name: 'Authorization', value: `Token ${secret}` },
    ];
    for (const body of [header, pairs, { body: JSON.stringify(header) }, { body: JSON.stringify(pairs) }])
      expect(maskBody(JSON.stringify(body))).not.toContain(secret);
    for (const line of [`AZURE_OPENAI_KEY=${secret}`, `DB_PASSWORD='${secret}'`])
      expect(maskBody(line)).not.toContain(secret);
    const described = { authorization: ['read', 'write'], parameters: [{ name: 'api_key', value: 'The key.' }] };
    const cached = { prompt_cache_key: secret, page_token: secret };
    for (const body of [described, cached]) expect(maskBody(JSON.stringify(body))).toBe(JSON.stringify(body));
  });

  it.each(FORM_FIELDS)('masks the form field %s', (name) => {
    const body = new URLSearchParams({ amount: '100', [name]: '4242424242424242' }).toString();
    for (const text of [body, `amount=100&${name}=4242424242424242`]) {
      expect(maskBody(text, 'application/x-www-form-urlencoded')).not.toContain('4242424242');
    }
  });

  it('masks a token that is the whole body', () => {
    const jwt = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from('{"sub":"somebody"}').toString('base64url')}.c2lnbmF0dXJlc2ln`;
    expect(maskBody(jwt, 'text/plain')).not.toContain(jwt);
  });

  it('leaves alone what is no secret', () => {
    expect(maskHeaders([['x-weaviate-cluster-url', 'https://a.example']])).toEqual([
      ['x-weaviate-cluster-url', 'https://a.example'],
    ]);
    expect(maskHeaders([['x-algolia-application-id', 'ABCDEF1234']])).toEqual([
      ['x-algolia-application-id', 'ABCDEF1234'],
    ]);
    expect(maskTarget('/v1/listen?model=nova-3&encoding=linear16')).toBe('/v1/listen?model=nova-3&encoding=linear16');
    expect(maskBody('{"tokens":12,"email":"a@b.example"}')).toBe('{"tokens":12,"email":"a@b.example"}');
  });
});
