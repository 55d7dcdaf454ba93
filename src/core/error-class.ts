/** What kind of failure an answer tells of, in the few words that people count. */
import type { ErrorClass } from './sessions.ts';

/** @param error of the record: also one inside a 200 */
export function errorClass(status: number | null, error: { type: string; message: string } | null): ErrorClass | null {
  if (status === 429) return 'rate_limit';
  if (status !== null && status >= 500) return 'server_error';
  if (status !== null && status >= 400) return ofRequest(status, error);
  return error === null || status === null ? null : insideAnswer(error);
}

function ofRequest(status: number, error: { type: string; message: string } | null): ErrorClass {
  const words = `${error?.type ?? ''} ${error?.message ?? ''}`.toLowerCase();
  return (status === 400 || status === 413) && /context|too[ _]long|too many tokens/.test(words)
    ? 'context_length'
    : 'invalid_request';
}

function insideAnswer({ type, message }: { type: string; message: string }): ErrorClass {
  const words = `${type} ${message}`.toLowerCase();
  if (/rate[ _-]?limit|too many requests|quota/.test(words)) return 'rate_limit';
  if (/context[ _]length|context window|too[ _]long|too many tokens/.test(words)) return 'context_length';
  return /invalid|bad[ _]request|not[ _]found|permission|authentication/.test(words)
    ? 'invalid_request'
    : 'server_error';
}
