/** Compares what the proxy recorded with what the fakes really used. Pure. */
import type { CallRecord } from '../../core/capture.ts';
import type { Served } from './fake-providers.ts';
import type { TrueUsage } from './fake-reply.ts';

export interface Verified {
  record: CallRecord | null;
  served: Served;
  /** What differs, one sentence each; empty = equal. */
  differences: string[];
}

const FIELDS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const;

/** @param records oldest first: the fakes answered one after the other, so the n-th record is the n-th answer. */
export function verify(served: readonly Served[], records: readonly CallRecord[]): Verified[] {
  return served.map((one, index) => {
    const record = records[index] ?? null;
    return { record, served: one, differences: record === null ? ['was not recorded'] : differencesOf(one, record) };
  });
}

function differencesOf(served: Served, record: CallRecord): string[] {
  const found: string[] = [];
  const same = (what: string, is: unknown, should: unknown): void => {
    if (is !== should) found.push(`${what} is ${String(is)}, really ${String(should)}`);
  };
  same('host', record.host, served.host);
  same('status', record.status, served.status);
  if (served.wasCut) {
    // A cut stream's closing numbers were never sent: what came before is kept and marked, the rest is unknown.
    same('usage state', record.usage.state, 'partial');
    same('input_tokens', record.usage.input_tokens, served.usage?.input_tokens ?? null);
    return found;
  }
  if (served.id !== null) same('response id', record.response_id, served.id);
  for (const field of FIELDS) same(field, known(record.usage, field), known(served.usage, field));
  return found;
}

/** "Said to be 0" and "not said" are alike for the subsets: not every provider names a subset that is empty. */
function known(usage: TrueUsage | null, field: (typeof FIELDS)[number]): number | null {
  const value = usage?.[field] ?? null;
  return value === 0 ? null : value;
}
