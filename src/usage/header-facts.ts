/** What the headers of an answer state that others state in the body. */
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import { TOKEN_FIELDS, type Usage } from '../core/usage.ts';
import type { StatedError } from '../providers/families/errors.ts';
import type { Reading } from '../providers/families/reading.ts';
import { applyUsageMap, type UsageMap } from '../providers/families/usage-map.ts';

const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;

/**
 * Adds the counts that an endpoint's headers state to those of the body. The body's own count wins; where both state
 * one and differ, the anomaly `header_body_mismatch` says so. The parts of a count are taken from the headers only
 * with the count itself.
 */
export function addHeaderUsage(usage: Usage, map: UsageMap, headers: HeaderPairs): string[] {
  const raw = numbersOf(map, headers);
  if (Object.keys(raw).length === 0) return [];
  const { usage: stated, anomalies } = applyUsageMap(map, raw);
  if (isUnknown(stated)) return anomalies;
  if (isUnknown(usage)) {
    Object.assign(usage, stated, { source: 'header', state: 'final' });
    return anomalies;
  }
  for (const field of ['input_tokens', 'output_tokens'] as const) {
    if (usage[field] === null) usage[field] = stated[field];
    else if (stated[field] !== null && stated[field] !== usage[field]) anomalies.push('header_body_mismatch');
  }
  return anomalies;
}

function isUnknown(usage: Usage): boolean {
  return Object.keys(usage.units).length === 0 && TOKEN_FIELDS.every((field) => usage[field] === null);
}

/** The headers that a map names, as numbers. */
function numbersOf(map: UsageMap, headers: HeaderPairs): Record<string, number> {
  const rules = [...Object.values(map.tokens), ...Object.values(map.units ?? {})].flat();
  const found: Record<string, number> = {};
  for (const rule of rules) {
    for (const [name] of rule.matchAll(/[\w-]+/g)) {
      const value = headerValue(headers, name)?.trim() ?? '';
      if (NUMBER.test(value)) found[name] = Number(value);
    }
  }
  return found;
}

/**
 * How fast a call was to be, where Bedrock says it for InvokeModel, whose answers are the vendor's own. It changes the
 * price.
 */
export function addHeaderTier(reading: Pick<Reading, 'serviceTier' | 'speed'>, headers: HeaderPairs): void {
  reading.serviceTier = headerValue(headers, 'x-amzn-bedrock-service-tier') ?? reading.serviceTier;
  reading.speed = headerValue(headers, 'x-amzn-bedrock-performanceconfig-latency') ?? reading.speed;
}

/** AWS names the kind of an error in a header alone: `ValidationException:http://…`. Null when there is none. */
export function errorTypeOf(headers: HeaderPairs): string | null {
  const [type = ''] = (headerValue(headers, 'x-amzn-errortype') ?? '').split(':');
  const name = type.slice(type.lastIndexOf('#') + 1).trim();
  return /^[\w.-]{1,100}$/.test(name) ? name : null;
}

/** The error of a gRPC answer without a body, or null. Its HTTP status is 200. */
export function grpcErrorOf(headers: HeaderPairs): StatedError | null {
  const status = headerValue(headers, 'grpc-status');
  if (status === null || status === '0' || !/^\d{1,2}$/.test(status)) return null;
  return {
    type: GRPC_STATUS[Number(status)] ?? `grpc_${status}`,
    message: percentDecoded(headerValue(headers, 'grpc-message') ?? ''),
  };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** google.rpc.Code, as Google's JSON errors have it in `status`. */
const GRPC_STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
