/** Unsigned requests in the format of Bedrock's runtime API: where they go, and what of them. Pure. */
import { AppError } from '../core/errors.ts';
import { type HeaderPairs, headerValue } from '../core/headers.ts';
import { amzDate, authorizationOf, type AwsCredentials, sha256 } from './sigv4.ts';

export interface BedrockTarget {
  region: string;
  host: string;
  /** With the model encoded as the API wants it. */
  path: string;
}

/** `us-east-1`, `us-gov-west-1`, `cn-north-1`, `us-isob-east-1`, `eu-isoe-west-1`. */
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/;
/** Partitions by what their regions begin with. */
const SUFFIXES: readonly (readonly [start: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['eusc-', 'amazonaws.eu'],
];
const SERVICE = 'bedrock';
const OPERATION =
  /^(\/model\/)(.+?)\/(invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)(\?.*)?$/s;
/** What a model's name or ARN is made of. */
const MODEL = /^[A-Za-z0-9._:/-]{1,2048}$/;
const ARN_REGION = /^arn:aws[a-z-]*:bedrock:([^:]+):/;

/** @param from where it was given. Throws AppError `config_invalid`. */
export function parseRegion(text: string, from: string): string {
  if (REGION.test(text)) return text;
  throw new AppError('config_invalid', `${from} must be an AWS region such as us-east-1, not ${text}`);
}

export function bedrockHost(region: string): string {
  const suffix = SUFFIXES.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com';
  return `bedrock-runtime.${region}.${suffix}`;
}

/** Null = no path of the API, or a model that cannot be one. @param region unless the ARN of the model names another */
export function bedrockTarget(path: string, region: string): BedrockTarget | null {
  const [, start = '', name = '', operation = '', query = ''] = OPERATION.exec(path) ?? [];
  const model = decoded(name);
  if (model === null || !MODEL.test(model) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(model)) return null;
  const own = ARN_REGION.exec(model)?.[1] ?? region;
  if (!REGION.test(own)) return null;
  return { region: own, host: bedrockHost(own), path: `${start}${encodeURIComponent(model)}/${operation}${query}` };
}

/** Once: clients send `%3A`, and `%2F` in ARNs; some send them raw. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Nothing else goes to AWS: keys of other providers, cookies and the headers of their SDKs are none of its business. */
const FRAMING = /^(?:content-length|transfer-encoding|trailer|expect)$/i;
const KEPT = /^(?:accept|accept-encoding|content-type|user-agent|x-amzn-bedrock-[\w-]+)$/i;

/** Bedrock's own API keys, of long and of short life; other bearers are placeholders, or keys of somebody else. */
const API_KEY = /^Bearer (?:ABSK|bedrock-api-key-)\S+$/i;

/** The value of `Authorization`, if it is an API key of Bedrock. */
export function clientApiKey(headers: HeaderPairs): string | null {
  const value = headerValue(headers, 'authorization');
  return value !== null && API_KEY.test(value) ? value : null;
}

/** The headers of a request that an API key vouches for, its framing as it was. @param authorization the value of it */
export function headersWithKey(target: BedrockTarget, headers: HeaderPairs, authorization: string): HeaderPairs {
  const kept = headers.filter(([name]) => KEPT.test(name) || FRAMING.test(name));
  return [['Host', target.host], ...kept, ['Authorization', authorization]];
}

export interface SigningRequest {
  method: string;
  target: BedrockTarget;
  /** As the client sent them. */
  headers: HeaderPairs;
  body: readonly Uint8Array[];
  credentials: AwsCredentials;
  /** Milliseconds since the epoch, by the clock of AWS. */
  wall: number;
}

/** The headers of the signed request, with its length. */
export function signedHeaders({ method, target, headers, body, credentials, wall }: SigningRequest): HeaderPairs {
  const date = amzDate(wall);
  const kept = headers.filter(([name]) => KEPT.test(name));
  const added: [string, string][] = [
    ['Host', target.host],
    ['X-Amz-Date', date],
  ];
  if (credentials.sessionToken !== null) added.push(['X-Amz-Security-Token', credentials.sessionToken]);
  const signed = [...added, ...kept.filter(([name]) => !/^(?:accept-encoding|user-agent)$/i.test(name))];
  const authorization = authorizationOf({
    method,
    target: target.path,
    headers: signed,
    payloadHash: sha256(body),
    date,
    region: target.region,
    service: SERVICE,
    credentials,
  });
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return [...added, ...kept, ['Authorization', authorization], ['Content-Length', String(length)]];
}

/** AWS says so where our clock is off; its answer has the right time. */
export function isClockSkew(status: number, body: string): boolean {
  return (
    (status === 403 || status === 400) &&
    /RequestTimeTooSkewed|Signature (?:expired|not yet current)|InvalidSignatureException.{0,300}(?:expired|not yet current)/s.test(
      body,
    )
  );
}
