import { startsWith } from './http1-head.ts';

const LF = 0x0a;
const COLON = 0x3a;

export interface StrippedHead {
  /** The same buffer when nothing was cut. */
  head: Buffer;
  /** Lower-case names that were cut. */
  cut: string[];
  /** Lower-case names that begin like the others but stay, because a signature covers them. */
  signed: string[];
}

/**
 * Cuts the headers whose names begin with one of `prefixes` out of a well-formed raw head; every other byte stays.
 * A header that a signature covers is never cut: the provider would refuse the call.
 * @param prefixes lower case.
 */
export function stripHeaders(head: Buffer, prefixes: readonly string[]): StrippedHead {
  const kept: Buffer[] = [];
  const result: StrippedHead = { head, cut: [], signed: [] };
  let covered: ReadonlySet<string> | null = null;
  let keptFrom = 0;
  for (let start = head.indexOf(LF) + 1; start > 0 && start < head.length;) {
    const next = head.indexOf(LF, start) + 1;
    if (next === 0) break;
    if (prefixes.some((prefix) => startsWith(head, start, next, prefix))) {
      const name = head.toString('latin1', start, head.indexOf(COLON, start)).toLowerCase();
      covered ??= signedHeaderNames(head);
      if (covered.has(name)) result.signed.push(name);
      else {
        result.cut.push(name);
        kept.push(head.subarray(keptFrom, start));
        keptFrom = next;
      }
    }
    start = next;
  }
  if (result.cut.length > 0) result.head = Buffer.concat([...kept, head.subarray(keptFrom)]);
  return result;
}

/** `SignedHeaders=a;b` (AWS SigV4 and its kin, in Authorization or in a presigned URL, where `;` is `%3B`). */
const SIGNED_HEADERS = /signedheaders=([^,&\s"]+)/gi;
/** RFC 9421: `Signature-Input: sig1=("@method" "content-digest";req);created=1`. */
const SIGNATURE_INPUT = /^signature-input:(.*)$/gim;
/** The draft before it: `Signature keyId="k",headers="(request-target) host date"`. */
const SIGNATURE_HEADERS = /\bheaders="([^"]*)"/gi;

/** Lower-case names of all headers that some signature in this head lists. */
export function signedHeaderNames(head: Buffer): ReadonlySet<string> {
  const text = head.toString('latin1');
  const names = new Set<string>();
  const add = (list: readonly string[]): void => list.forEach((name) => names.add(name.toLowerCase()));
  for (const [, list = ''] of text.matchAll(SIGNED_HEADERS)) add(list.split(/;|%3b/i));
  for (const [, list = ''] of text.matchAll(SIGNATURE_HEADERS)) add(list.split(' '));
  for (const [, input = ''] of text.matchAll(SIGNATURE_INPUT)) {
    add([...input.matchAll(/"([^"]*)"/g)].map(([, name = '']) => name));
  }
  return names;
}
