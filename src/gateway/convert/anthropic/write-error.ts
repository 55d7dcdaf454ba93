import type { JsonObject } from '../../../providers/families/json.ts';
import type { AnswerError } from '../model.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
const OWN = new Set([...Object.values(TYPES), 'api_error']);

export function writeError({ status, type, message }: AnswerError): JsonObject {
  const known = OWN.has(type) ? type : (TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'));
  return { type: 'error', error: { type: known, message } };
}
