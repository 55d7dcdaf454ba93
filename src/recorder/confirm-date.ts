import type { AgeClock } from '../core/age-clock.ts';
import { headerValue } from '../core/headers.ts';
import { isIpAddress } from '../core/hosts.ts';
import type { FinishedExchange } from './live-exchange.ts';

/** Lets the answer of a provider on the internet say what day it is, where that is not sure. */
export function confirmDate(age: AgeClock, { facts, metered }: Pick<FinishedExchange, 'facts' | 'metered'>): void {
  if (age.isSure) return;
  const { scheme, host, provider } = facts.connection;
  // One of this machine or its network may go by the same clock.
  if (scheme !== 'https' || provider === null || isIpAddress(host) || !host.includes('.')) return;
  const date = Date.parse(headerValue(metered.responseHeaders, 'date') ?? '');
  if (!Number.isNaN(date)) age.witness(date);
}
