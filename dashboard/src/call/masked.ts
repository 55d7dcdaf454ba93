/** What the daemon puts in the place of a secret before anything is written (docs/security.md). */

const REST = /^(?:[A-Za-z]+ )?[\w ./-]{0,60}\.\.\.[^\s.]{0,4}$/;
const FINGERPRINT = /^sha256:[\da-f]{8}$/;

/** `secret`: all but the end of it was never stored. `account`: a fingerprint stands for it. `null`: it is as it was. */
export function maskOf(value: string): 'secret' | 'account' | null {
  if (value.includes('[masked]') || REST.test(value)) return 'secret';
  return FINGERPRINT.test(value) ? 'account' : null;
}
