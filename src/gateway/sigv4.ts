/** AWS Signature Version 4, for services other than S3. Pure. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
import { createHash, createHmac } from 'node:crypto';
import type { HeaderPairs } from '../core/headers.ts';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials. */
  sessionToken: string | null;
}

export interface SigningInput {
  method: string;
  /** Path with query, as it goes on the wire. */
  target: string;
  /** All that are to be signed: `host` and `x-amz-date` among them. */
  headers: HeaderPairs;
  /** SHA-256 of the body, hex. */
  payloadHash: string;
  /** E.g. `20150830T123600Z`: the value of `x-amz-date`. */
  date: string;
  region: string;
  service: string;
  credentials: AwsCredentials;
}

/** `2015-08-30T12:36:00Z` -> `20150830T123600Z`. @param wall milliseconds since the epoch */
export function amzDate(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19).replaceAll(/[:-]/g, '')}Z`;
}

/** The value of `Authorization`. */
export function authorizationOf(input: SigningInput): string {
  const { date, region, service, credentials } = input;
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const { canonical, signedHeaders } = canonicalRequest(input);
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = ['aws4_request', service, region, date.slice(0, 8)].reduceRight<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, text).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

export function sha256(data: string | readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  if (typeof data === 'string') hash.update(data);
  else for (const part of data) hash.update(part);
  return hash.digest('hex');
}

function canonicalRequest({ method, target, headers, payloadHash }: SigningInput): {
  canonical: string;
  signedHeaders: string;
} {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? '' : target.slice(question + 1);
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), value.trim().replaceAll(/\s+/g, ' ')]);
  }
  const names = [...values.keys()].toSorted();
  const lines = names.map((name) => `${name}:${(values.get(name) ?? []).join(',')}\n`);
  const signedHeaders = names.join(';');
  const canonical = [method, canonicalPath(path), canonicalQuery(query), lines.join(''), signedHeaders, payloadHash];
  return { canonical: canonical.join('\n'), signedHeaders };
}

/** What the path says once dots and empty segments are gone, encoded once more than on the wire. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encoded(segment));
  }
  const isFolder = path.endsWith('/') && segments.length > 0;
  return `/${segments.join('/')}${isFolder ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return [encoded(decoded(name)), encoded(decoded(value))];
  });
  return pairs
    .toSorted(([one, a], [other, b]) => compare(one, other) || compare(a, b))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** RFC 3986: all but the unreserved characters. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
