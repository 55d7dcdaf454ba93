import { type HeaderPairs, headerValue } from '../core/headers.ts';

const LOOPBACK = /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * True when a browser sends this for a page that is not of this machine: any page may post to a port on loopback, and
 * one that lets its own name point there (DNS rebinding) may read the answers too. Every `POST` and every WebSocket of a
 * page says whose it is. Programs send no `Origin`; extensions and desktop apps have schemes of their own.
 * @param ours more names of pages that may.
 */
export function isForeignPage(headers: HeaderPairs, ours: ReadonlySet<string>): boolean {
  const origin = headerValue(headers, 'origin')?.trim().toLowerCase();
  if (origin === undefined) return false;
  // Sandboxed frames, `data:` and redirects: whoever wants to can be that.
  if (origin === 'null') return true;
  const [, host] = /^https?:\/\/(.*?)(?::\d+)?$/.exec(origin) ?? [];
  return host !== undefined && !LOOPBACK.test(host) && !ours.has(host);
}
