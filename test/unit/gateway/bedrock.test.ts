import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { bedrockHost, bedrockTarget, isClockSkew, parseRegion, signedHeaders } from '../../../src/gateway/bedrock.ts';

const ARN = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/ab12cd';

describe('gateway/bedrock', () => {
  it.each([
    ['us-east-1', 'bedrock-runtime.us-east-1.amazonaws.com'],
    ['us-gov-west-1', 'bedrock-runtime.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    ['us-iso-east-1', 'bedrock-runtime.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'bedrock-runtime.us-isob-east-1.sc2s.sgov.gov'],
    ['eusc-de-east-1', 'bedrock-runtime.eusc-de-east-1.amazonaws.eu'],
  ])('knows the host of %s', (region, host) => {
    expect(bedrockHost(parseRegion(region, 'x'))).toBe(host);
  });

  it.each(['', 'us-east', 'US-EAST-1', 'us-east-1.evil.com', 'us-east-1/'])('refuses %j as a region', (region) => {
    expect(() => parseRegion(region, 'BEDROCK_REGION')).toThrow(AppError);
  });

  it.each([
    ['/model/us.anthropic.claude-x-v1:0/invoke', 'us-east-1', '/model/us.anthropic.claude-x-v1%3A0/invoke'],
    [
      '/model/us.anthropic.claude-x-v1%3A0/converse-stream',
      'us-east-1',
      '/model/us.anthropic.claude-x-v1%3A0/converse-stream',
    ],
    [`/model/${ARN}/converse`, 'eu-west-1', `/model/${encodeURIComponent(ARN)}/converse`],
    [
      `/model/${encodeURIComponent(ARN)}/invoke-with-response-stream`,
      'eu-west-1',
      `/model/${encodeURIComponent(ARN)}/invoke-with-response-stream`,
    ],
    ['/model/amazon.nova-micro-v1:0/count-tokens?x=1', 'us-east-1', '/model/amazon.nova-micro-v1%3A0/count-tokens?x=1'],
  ])('reads the model of %s', (path, region, wanted) => {
    expect(bedrockTarget(path, 'us-east-1')).toEqual({ region, host: bedrockHost(region), path: wanted });
  });

  it.each([
    '/model//invoke',
    '/model/x',
    '/model/x/',
    '/model/x%23/invoke',
    '/model/x y/invoke',
    '/model/x%3Fy/invoke',
    '/model/x@y/invoke',
    '/model/../invoke',
    '/model/a/../b/invoke',
    '/model/%2e%2e%2fx/invoke',
    '/model/%zz/invoke',
    '/model/arn:aws:bedrock:evil.com-1:1:x/y/invoke',
    '/model/x/delete',
    `/model/${'x'.repeat(3000)}/invoke`,
  ])('refuses %s', (path) => {
    expect(bedrockTarget(path, 'us-east-1')).toBeNull();
  });

  it('sends AWS no key of anybody else, and signs what it does send', () => {
    const target = bedrockTarget('/model/m/invoke', 'us-east-1');
    const headers = signedHeaders({
      method: 'POST',
      target: target ?? expect.fail(),
      headers: [
        ['x-api-key', 'sk-ant-secret'],
        ['Authorization', 'Bearer secret'],
        ['Cookie', 'a=b'],
        ['anthropic-version', '2023-06-01'],
        ['Content-Type', 'application/json'],
        ['X-Amzn-Bedrock-GuardrailIdentifier', 'g1'],
        ['x-amz-date', 'theirs'],
      ],
      body: [Buffer.from('{}')],
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
      wall: Date.parse('2026-11-21T10:00:00Z'),
    });
    expect(headers.map(([name]) => name)).toEqual([
      'Host',
      'X-Amz-Date',
      'X-Amz-Security-Token',
      'Content-Type',
      'X-Amzn-Bedrock-GuardrailIdentifier',
      'Authorization',
      'Content-Length',
    ]);
    const { Authorization: authorization = '' } = Object.fromEntries(headers);
    expect(authorization).toContain(
      'SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amzn-bedrock-guardrailidentifier',
    );
    expect(authorization).not.toContain('sk-ant');
  });

  it('knows the refusal of a clock that is off from others', () => {
    const skew = '{"message":"Signature expired: 20261121T100000Z is now earlier than 20261121T105500Z"}';
    expect(isClockSkew(403, skew)).toBe(true);
    expect(isClockSkew(403, '{"message":"Signature not yet current: x"}')).toBe(true);
    expect(isClockSkew(403, '{"message":"The security token included in the request is invalid."}')).toBe(false);
    expect(isClockSkew(429, skew)).toBe(false);
  });
});
