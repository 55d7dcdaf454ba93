/** Small judgements about an exchange, from its heads. */
import type { Billing } from '../core/capture.ts';
import { globOf } from '../core/globs.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import type { EndpointMatch, Provider } from '../providers/provider.ts';

const REQUEST_ID_HEADERS = ['request-id', 'x-request-id', 'x-amzn-requestid', 'apim-request-id', 'x-generation-id'];

export function requestIdOf(provider: Provider | null, headers: HeaderPairs): string | null {
  const own = provider?.requestIdHeaders;
  return (own === undefined ? null : firstValue(headers, own)) ?? firstValue(headers, REQUEST_ID_HEADERS);
}

function firstValue(headers: HeaderPairs, names: readonly string[]): string | null {
  for (const name of names) {
    const value = headerValue(headers, name);
    if (value !== null && value !== '') return value;
  }
  return null;
}

/** USD that a gateway in front of the model says it charged for a call of it, or null. */
export function costOfHeaders(headers: HeaderPairs, isInference: boolean): number | null {
  if (!isInference) return null;
  const stated = headerValue(headers, 'x-litellm-response-cost')?.trim();
  const usd = stated === undefined || stated === '' ? Number.NaN : Number(stated);
  return Number.isFinite(usd) && usd >= 0 ? usd : null;
}

export interface BillingFacts {
  provider: Provider | null;
  match: EndpointMatch | null;
  requestHeaders: HeaderPairs;
  responseHeaders: HeaderPairs;
  serviceTier: string | null;
  /** A model server of the user's own. */
  local: boolean;
  /** What was asked for. */
  model: string | null;
}

/** Response headers by which gateways say that an answer came from their cache. */
const CACHE_HITS: readonly { header: string; value: RegExp }[] = [
  { header: 'cf-aig-cache-status', value: /^hit$/i },
  { header: 'helicone-cache', value: /^hit$/i },
  { header: 'x-portkey-cache-status', value: /^(?:semantic )?hit$/i },
  { header: 'x-openrouter-cache-status', value: /^hit$/i },
  // LiteLLM names the key of an answer that it had, and of no other.
  { header: 'x-litellm-cache-key', value: /\S/ },
  // Kong, and whatever caches before a model server.
  { header: 'x-cache-status', value: /^hit$/i },
];

export function billingOf(facts: BillingFacts): Billing {
  // The usage in a gateway's cached answer looks real and cost nothing.
  if (isCacheHit(facts.responseHeaders)) return 'cached_by_gateway';
  if ((facts.local && !isPassedOn(facts)) || facts.match?.endpoint.kind === 'count') return 'free';
  if (isSubscription(facts)) return 'subscription';
  const stated = facts.match?.endpoint.billing ?? facts.provider?.billing;
  if (stated !== undefined) return stated;
  return facts.serviceTier === 'batch' ? 'batch' : 'metered';
}

function isPassedOn({ provider, model }: BillingFacts): boolean {
  return provider?.passedOn !== undefined && model !== null && globOf(provider.passedOn)(model);
}

function isSubscription({ provider, requestHeaders }: BillingFacts): boolean {
  return (provider?.subscriptionMarks ?? []).some(({ header, startsWith }) => {
    const value = headerValue(requestHeaders, header);
    // The scheme's letter case is the client's own.
    return value !== null && value.slice(0, startsWith.length).toLowerCase() === startsWith.toLowerCase();
  });
}

function isCacheHit(headers: HeaderPairs): boolean {
  return CACHE_HITS.some(({ header, value }) => {
    const stated = headerValue(headers, header);
    return stated !== null && value.test(stated);
  });
}

const TEXT = /^text\/|json|xml|x-www-form-urlencoded|graphql|javascript|csv/;

/** A body of this type is text for people; without a type it is when its bytes were read as messages. */
export function isTextType(contentType: string): boolean {
  return TEXT.test(contentType);
}

/** Lower case. */
export function grpcEncodingOf(headers: HeaderPairs): string | null {
  return headerValue(headers, 'grpc-encoding')?.trim().toLowerCase() ?? null;
}

/** Lower case, empty when there is none. */
export function contentTypeOf(headers: HeaderPairs): string {
  return (headerValue(headers, 'content-type') ?? '').toLowerCase();
}
