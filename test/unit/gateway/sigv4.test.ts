import {
  BedrockRuntimeClient,
  ConverseCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import type { HeaderPairs } from '../../../src/core/headers.ts';
import { amzDate, authorizationOf, sha256, type SigningInput } from '../../../src/gateway/sigv4.ts';

/** Of AWS's published test suite for Signature Version 4. */
const SUITE = {
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: null,
  },
  date: '20150830T123600Z',
  region: 'us-east-1',
  service: 'service',
  headers: [
    ['Host', 'example.amazonaws.com'],
    ['X-Amz-Date', '20150830T123600Z'],
  ],
  payloadHash: sha256(''),
  method: 'GET',
  target: '/',
} satisfies SigningInput;

const signatureOf = (input: Partial<SigningInput>): string =>
  /Signature=([0-9a-f]{64})$/.exec(authorizationOf({ ...SUITE, ...input }))?.[1] ?? '';

/** What the SDK would send, signed by it. */
async function signedBySdk(
  send: (client: BedrockRuntimeClient) => Promise<unknown>,
  sessionToken?: string,
): Promise<{ method: string; path: string; headers: Record<string, string>; body: Uint8Array | string }> {
  let request: unknown;
  const client = new BedrockRuntimeClient({
    region: 'eu-central-1',
    credentials: {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret/with+signs',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    maxAttempts: 1,
    requestHandler: {
      handle: (outgoing: unknown) => {
        request = outgoing;
        return Promise.reject(new Error('enough'));
      },
    },
  });
  await send(client).catch(() => {});
  client.destroy();
  return request as never;
}

describe('gateway/sigv4', () => {
  it.each([
    ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      { target: '/?Param2=value2&Param1=value1' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ] as const)('signs %s of the published suite', (_, input, signature) => {
    expect(signatureOf(input)).toBe(signature);
  });

  it('takes dots and empty segments out of the path, and collapses blanks in values', () => {
    expect(signatureOf({ target: '/example/..' })).toBe(signatureOf({}));
    expect(signatureOf({ target: '/./' })).toBe(signatureOf({ target: '/' }));
    const headers: HeaderPairs = [...SUITE.headers, ['My-Header', '  a   b ']];
    const tidy: HeaderPairs = [['my-header', 'a b'], ...SUITE.headers];
    expect(signatureOf({ headers })).toBe(signatureOf({ headers: tidy }));
  });

  const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [] });
  it.each([
    [
      'a model with a colon',
      (client: BedrockRuntimeClient) =>
        client.send(new InvokeModelCommand({ modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', body })),
    ],
    [
      'an ARN',
      (client: BedrockRuntimeClient) =>
        client.send(
          new InvokeModelWithResponseStreamCommand({
            modelId: 'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/ab12',
            body,
          }),
        ),
    ],
    [
      'Converse',
      (client: BedrockRuntimeClient) =>
        client.send(
          new ConverseCommand({
            modelId: 'amazon.nova-micro-v1:0',
            messages: [{ role: 'user', content: [{ text: 'ä€' }] }],
          }),
        ),
    ],
  ])('signs as the official SDK does: %s', async (_, send) => {
    for (const sessionToken of [undefined, 'token/of+session==']) {
      const { method, path, headers, body: sent } = await signedBySdk(send, sessionToken);
      const theirs = headers['authorization'] ?? '';
      const names = /SignedHeaders=([^,]+)/.exec(theirs)?.[1]?.split(';') ?? [];
      expect(names).toContain('host');
      const ours = authorizationOf({
        method,
        target: path,
        headers: names.map((name) => [name, headers[name] ?? '']),
        payloadHash: sha256([Buffer.from(sent)]),
        date: headers['x-amz-date'] ?? '',
        region: 'eu-central-1',
        service: 'bedrock',
        credentials: {
          accessKeyId: 'AKIDEXAMPLE',
          secretAccessKey: 'secret/with+signs',
          sessionToken: sessionToken ?? null,
        },
      });
      expect(ours).toBe(theirs);
    }
  });

  it('writes dates as AWS reads them', () => {
    expect(amzDate(Date.parse('2015-08-30T12:36:00.987Z'))).toBe('20150830T123600Z');
  });
});
