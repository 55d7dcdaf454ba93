import { describe, expect, it } from 'vitest';
import { maskBody, maskHeaders, maskTarget, maskText } from '../../../src/core/redact.ts';
import { expectLinearTime } from '../../support/growth.ts';

/** Built at run time, so that no scanner takes this file for a leak. */
const tail = (length: number): string => 'aB3dEfGh9jKlMn0pQrStUv1xYz5aB3dEfGh9jKlMn0pQrStUv1xYz5'.slice(0, length);
const part = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const upper = (length: number): string => tail(length).toUpperCase();

const BY_LOOK: [name: string, secret: string, kept: string][] = [
  ['Anthropic API key', `sk-ant-api03-${tail(40)}`, 'sk-ant-'],
  ['Anthropic OAuth token', `sk-ant-oat01-${tail(40)}`, 'sk-ant-'],
  ['OpenAI project key', `sk-proj-${tail(40)}`, 'sk-proj-'],
  ['OpenAI service account key', `sk-svcacct-${tail(40)}`, 'sk-svcacct-'],
  ['OpenRouter key', `sk-or-v1-${tail(40)}`, 'sk-or-v1-'],
  ['generic sk key', `sk-${tail(32)}`, 'sk-'],
  ['ephemeral key', `ek_${tail(30)}`, 'ek_'],
  ['Google API key', `AIza${tail(35)}`, 'AIza'],
  ['Google access token', `ya29.${tail(40)}`, 'ya29.'],
  ['Google auth token', `auth_tokens/${tail(30)}`, 'auth_tokens/'],
  ['Google refresh token', `1//${tail(30)}`, '1//'],
  ['AWS access key id', `AKIA${upper(16)}`, 'AKIA'],
  ['AWS session key id', `ASIA${upper(16)}`, 'ASIA'],
  ['Bedrock key', `ABSK${tail(50)}`, 'ABSK'],
  ['Bedrock short-term key', `bedrock-api-key-${tail(50)}`, 'bedrock-api-key-'],
  ['Groq key', `gsk_${tail(50)}`, 'gsk_'],
  ['Hugging Face token', `hf_${tail(34)}`, 'hf_'],
  ['xAI key', `xai-${tail(50)}`, 'xai-'],
  ['Replicate token', `r8_${tail(37)}`, 'r8_'],
  ['Perplexity key', `pplx-${tail(48)}`, 'pplx-'],
  ['Fireworks key', `fw_${tail(24)}`, 'fw_'],
  ['Cerebras key', `csk-${tail(40).toLowerCase()}`, 'csk-'],
  ['NVIDIA key', `nvapi-${tail(40)}`, 'nvapi-'],
  ['GitHub token', `ghp_${tail(36)}`, 'ghp_'],
  ['fine-grained GitHub token', `github_pat_${tail(40)}`, 'github_pat_'],
  ['Vercel gateway key', `vck_${tail(40)}`, 'vck_'],
  ['Together key', `tgp_v1_${tail(40)}`, 'tgp_v1_'],
  ['Voyage key', `pa-${tail(40)}`, 'pa-'],
  ['Jina key', `jina_${tail(40)}`, 'jina_'],
  ['JWT', `eyJ${tail(20)}.${tail(30)}.${tail(40)}`, 'eyJ'],
  ['Copilot token', `tid=${tail(20)};exp=1700000000;sku=x:${tail(30)}`, 'tid='],
];

describe('core/redact maskText', () => {
  it.each(BY_LOOK)('masks a %s wherever it stands', (_name, secret, kept) => {
    const last = secret.slice(-4);
    const places = [
      secret,
      `see ${secret}, please`,
      `{"text":"line\\n${secret}"}`,
      `a=${secret}&b=1`,
      `'${secret}'`,
      `%3D${secret}`,
    ];
    for (const place of places) {
      const masked = maskText(place);
      expect(masked).toBe(place.replace(secret, `${kept}...${last}`));
      expect(maskText(masked)).toBe(masked);
    }
  });

  it('masks private keys, user-info of URLs, basic and bearer credentials', () => {
    const key = `-----BEGIN RSA PRIVATE KEY-----\\n${tail(50)}\\n${tail(50)}\\n-----END RSA PRIVATE KEY-----`;
    expect(maskText(key)).toBe('-----BEGIN RSA PRIVATE KEY-----[masked]-----END RSA PRIVATE KEY-----');
    expect(maskText('https://me:pass@proxy.example/x')).toBe('https://[masked]@proxy.example/x');
    expect(maskText(`Basic ${Buffer.from('me:pass').toString('base64')}`)).toBe('Basic [masked]');
    expect(maskText(`Authorization: Bearer ${tail(30)}`)).toBe(`Authorization: Bearer ...${tail(30).slice(-4)}`);
  });

  it('masks keys without a prefix by the name before them', () => {
    const secret = tail(32);
    for (const line of [
      `-H "x-api-key: ${secret}"`,
      `AZURE_API_KEY=${secret}`,
      `export OPENAI_API_KEY="${secret}"`,
      `set-cookie: s=${secret}`,
    ]) {
      expect(maskText(line)).not.toContain(secret.slice(0, 20));
    }
  });

  it.each([
    'max_tokens: 1024, "max_tokens":1024, "total_tokens": 12',
    '{"token":"hello","logprob":-0.1,"bytes":[104]}',
    '{"token":" internationalization"}',
    'the task-abcdefghijklmnopqrstuvwxyz of disk-management-and-recovery-plans',
    'Basic understanding of Bearer authentication',
    '{"password":{"type":"string"},"api_key":null,"token":12}',
    'git@github.com and ssh://git@github.com/a/b and https://example.com/a?b=c',
    'the week_of_2026_11_21 and peek_at_this_function_name',
    '{"next_page_token":"CAUQAA"}',
  ])('leaves %j as it is', (text) => {
    expect(maskText(text)).toBe(text);
  });

  it.each([
    'eyJ',
    '-eyJ',
    'eyJa.',
    'sk-',
    '"token":',
    '"api_key":"',
    '"api_key":"\\',
    '\\',
    '://a',
    'tid=a;',
    '?key=',
    '?key=aaaaaaaaaaaaaaa',
    'Bearer ',
    'Basic AAAA',
    'api_key=',
    'token ',
    'token\\"',
    '-----BEGIN PRIVATE KEY-----',
    '"client_secret":{',
    'name="api_key"\n\n',
    'a-',
    '1//',
  ])('needs linear time for a megabyte of %j', async (unit) => {
    await expectLinearTime((bytes) => {
      const text = unit.repeat(Math.ceil(bytes / unit.length));
      return () => maskBody(text, 'multipart/form-data');
    }, 1_000_000);
  });
});

describe('core/redact maskHeaders', () => {
  it('keeps order, case and harmless values, masks secrets and hashes identifiers', () => {
    const masked = maskHeaders([
      ['Authorization', `Bearer sk-ant-api03-${tail(40)}wxyz`],
      ['X-Api-Key', 'short'],
      ['api-key', `${tail(30)}wxyz`],
      ['Cookie', `a=${tail(20)}`],
      ['OpenAI-Organization', 'org-123'],
      ['anthropic-ratelimit-tokens-remaining', '1200'],
      ['Sec-WebSocket-Protocol', `realtime, openai-insecure-api-key.sk-proj-${tail(30)}wxyz, v1`],
      ['x-new-vendor-token', `${tail(30)}wxyz`],
      ['X-Note', `my key is gsk_${tail(40)}wxyz`],
    ]);
    expect(masked).toEqual([
      ['Authorization', 'Bearer sk-ant-...wxyz'],
      ['X-Api-Key', '[masked]'],
      ['api-key', '...wxyz'],
      ['Cookie', '[masked]'],
      ['OpenAI-Organization', expect.stringMatching(/^sha256:[0-9a-f]{8}$/)],
      ['anthropic-ratelimit-tokens-remaining', '1200'],
      ['Sec-WebSocket-Protocol', 'realtime, openai-insecure-api-key.sk-proj-...wxyz, v1'],
      ['x-new-vendor-token', '...wxyz'],
      ['X-Note', 'my key is gsk_...wxyz'],
    ]);
  });

  it('masks twice as once', () => {
    const once = maskHeaders([
      ['authorization', `Bearer ${tail(40)}`],
      ['openai-project', 'p1'],
    ]);
    expect(maskHeaders(once)).toEqual(once);
  });
});

describe('core/redact maskTarget', () => {
  it('masks query values by name and by look, also percent-encoded ones, and keeps the rest byte for byte', () => {
    expect(maskTarget(`/v1/x?key=abc&alt=sse&api%5Fkey=${tail(30)}wxyz&q=a%20b`)).toBe(
      '/v1/x?key=[masked]&alt=sse&api%5Fkey=...wxyz&q=a%20b',
    );
    expect(maskTarget(`/p/sk%2Dproj%2D${tail(30)}wxyz?x`)).toBe('/p/sk-proj-...wxyz?x');
    expect(maskTarget('/v1/messages?beta=true')).toBe('/v1/messages?beta=true');
    expect(maskTarget('/%zz?key=%zz')).toBe('/%zz?key=[masked]');
  });
});

describe('core/redact maskBody', () => {
  const secret = `plain${tail(30)}`;

  it('masks string values by key in JSON at any depth of escaping, and stays valid JSON', () => {
    const inner = JSON.stringify({ api_key: `${secret}"quoted`, note: 'stays' });
    const outer = JSON.stringify({ arguments: inner, deeper: JSON.stringify({ inner }) });
    const masked = maskBody(outer, 'application/json');
    expect(masked).not.toContain(secret);
    const parsed = JSON.parse(masked) as { arguments: string; deeper: string };
    expect(JSON.parse(parsed.arguments)).toMatchObject({ note: 'stays' });
    expect(JSON.parse((JSON.parse(parsed.deeper) as { inner: string }).inner)).toMatchObject({ note: 'stays' });
  });

  it.each([
    'access_token',
    'refreshToken',
    'id_token',
    'clientSecret',
    'api-key',
    'apiKey',
    'password',
    'authorization',
    'authorization_token',
    'X-API-Key',
  ])('masks the value of %s', (key) => {
    expect(maskBody(JSON.stringify({ [key]: secret }))).not.toContain(secret);
    expect(maskBody(JSON.stringify({ [key]: secret }, null, 2))).not.toContain(secret);
  });

  it('masks the value of a realtime client secret', () => {
    expect(maskBody('{"client_secret":{"value":"opaque","expires_at":1}}')).toBe(
      '{"client_secret":{"value":"[masked]","expires_at":1}}',
    );
    expect(maskBody('{"client_secret":{"expires_at":1,"value":"opaque"}}')).not.toContain('opaque');
  });

  it('masks forms, multipart fields, SSE and cut bodies', () => {
    expect(maskBody(`grant_type=x&client%5Fsecret=${secret}&code=abc`, 'application/x-www-form-urlencoded')).toBe(
      `grant_type=x&client%5Fsecret=...${secret.slice(-4)}&code=[masked]`,
    );
    const form = `${part('password', secret)}${part('model', 'whisper-1')}--b--\r\n`;
    expect(maskBody(form, 'multipart/form-data; boundary=b')).toBe(form.replace(secret, `...${secret.slice(-4)}`));
    expect(maskBody(`event: x\ndata: {"password":"${secret}"}\n\n`)).not.toContain(secret);
    expect(maskBody(`{"password":"${secret}`)).not.toContain(secret);
  });

  it('never throws and never grows much on a text cut at any byte', () => {
    const text = JSON.stringify({
      a: JSON.stringify({ api_key: secret }),
      u: `https://a:b@c/?key=${secret}`,
      k: `sk-ant-api03-${tail(40)}`,
    });
    for (let cut = 0; cut <= text.length; cut += 1)
      expect(maskBody(text.slice(0, cut)).length).toBeLessThanOrEqual(cut + 40);
  });
});
