/** A start line with its headers: what is the same in many calls is a block, what differs stands beside it. */
import type { CapturedMessage } from '../../core/capture.ts';
import { VarintReader, VarintWriter } from './varints.ts';

export type Head = Pick<CapturedMessage, 'startLine' | 'headers'>;

/**
 * Headers whose values tell programs and settings, never calls or people: a block outlives the call that brought it in.
 */
const SHARED =
  /^(?:accept|accept-(?:charset|encoding|language|ranges)|access-control-.+|alt-svc|anthropic-(?:beta|version|dangerous-direct-browser-access)|cache-control|cf-cache-status|connection|content-(?:encoding|security-policy|type)|expect|host|nel|openai-(?:beta|version)|priority|referrer-policy|sec-(?:ch|fetch)-.+|server|strict-transport-security|te|trailer|transfer-encoding|upgrade|user-agent|vary|via|x-(?:app|cache|content-type-options|frame-options|goog-api-client|powered-by|robots-tag|xss-protection)|x-stainless-.+)$/i;
/** The boundary of a form is another each time. */
const SHAREABLE = /^(?!.*boundary=)[^\n\0]{0,300}$/;
const MAX_NAMES = 2000;
const shared = new Map<string, boolean>();

/** In place of a value that is not shared; no head has this character. */
const HOLE = '\0';

export interface SplitHead {
  /** One line each: the start line, `Name: value`. */
  shared: string;
  own: Uint8Array;
}

export function splitHead({ startLine, headers }: Head): SplitHead {
  const own = new VarintWriter();
  const hole = (value: string): string => {
    own.pushBytes(Buffer.from(value));
    return HOLE;
  };
  // `HTTP/1.1 200 OK` is the same for all; the target of a request is not.
  let text = startLine.startsWith('HTTP/') && !startLine.includes(HOLE) ? startLine : hole(startLine);
  for (const [name, value] of headers) {
    if (name.includes('\n') || name.includes(HOLE)) continue;
    text += `\n${name}: ${isShared(name) && SHAREABLE.test(value) ? value : hole(value)}`;
  }
  return { shared: text, own: own.bytes() };
}

export function joinHead({ shared: text, own }: SplitHead): Head {
  const values = new VarintReader(own);
  const filled = (value: string): string => (value === HOLE ? Buffer.from(values.nextBytes()).toString() : value);
  const [first = '', ...lines] = text.split('\n');
  const startLine = filled(first);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), filled(line.slice(colon + 2))];
  });
  return { startLine, headers };
}

/** As on the wire, up to and including the empty line. */
export function headText({ startLine, headers }: Head): string {
  return `${[startLine, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`;
}

function isShared(name: string): boolean {
  const known = shared.get(name);
  if (known !== undefined) return known;
  const is = SHARED.test(name);
  if (shared.size < MAX_NAMES && name.length <= 64) shared.set(Buffer.from(name, 'latin1').toString('latin1'), is);
  return is;
}
