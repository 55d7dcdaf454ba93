/** Where a call carried its key. The key itself was never stored. */
import type { Head } from '../head.ts';
import { maskOf } from '../masked.ts';

export interface Credential {
  /** Of the header, in lower case. */
  header: string;
  /** `Bearer `, or nothing. */
  before: string;
}

const SCHEME = /^(?:Bearer|Basic|Token|ApiKey|Key)\s+/i;
/** In an address, which is no place for one: these take it in a header as well. */
const IN_ADDRESS: Readonly<Record<string, string>> = { google: 'x-goog-api-key' };
/** They belong to the person's browser or machine, not to the call. */
const NOT_ASKED = /^(?:cookie|set-cookie|proxy-authorization)$/i;

/** Headers whose values were masked; a call without any needs none, or had its key in the address. */
export function credentialsOf({ headers }: Head, provider: string, path: string): Credential[] {
  const found = headers
    .filter(({ name, value }) => maskOf(value) === 'secret' && !NOT_ASKED.test(name))
    .map(({ name, value }) => ({ header: name.toLowerCase(), before: SCHEME.exec(value)?.[0] ?? '' }));
  const inAddress = IN_ADDRESS[provider];
  const hasKey = /[?&](?:key|api[-_]?key)=/i.test(path);
  if (found.length === 0 && inAddress !== undefined && hasKey) return [{ header: inAddress, before: '' }];
  return found.filter(({ header }, index) => found.findIndex((other) => other.header === header) === index);
}

/** What was typed, with the scheme when it was left out. */
export function headerOf({ before }: Credential, typed: string): string {
  const key = typed.trim();
  return key === '' || SCHEME.test(key) ? key : `${before}${key}`;
}
