/** Header fields in wire order and case. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

interface MessageHead {
  startLine: string;
  headers: HeaderPairs;
}

export interface RequestHead extends MessageHead {
  method: string;
  /** As on the wire: origin form or absolute form. */
  target: string;
}

export interface ResponseHead extends MessageHead {
  /** 0 when the status line is not one. */
  status: number;
}

/** Reads a raw head leniently (bare LF, missing reason): what was relayed must be recordable. Never throws. */
export function parseRequestHead(raw: Uint8Array): RequestHead {
  const { startLine, headers } = parseHead(raw);
  const [method = '', target = ''] = startLine.split(' ', 2);
  return { startLine, headers, method, target };
}

export function parseResponseHead(raw: Uint8Array): ResponseHead {
  const { startLine, headers } = parseHead(raw);
  const status = Number(startLine.split(' ', 2)[1]);
  return { startLine, headers, status: Number.isInteger(status) && status >= 100 && status <= 999 ? status : 0 };
}

/** All values of a header joined by `, ` (RFC 9110 5.3), or null when it is absent. */
export function headerValue(headers: HeaderPairs, name: string): string | null {
  let found: string | null = null;
  for (const [key, value] of headers) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    found = found === null ? value : `${found}, ${value}`;
  }
  return found;
}

function parseHead(raw: Uint8Array): MessageHead {
  // Header bytes are not UTF-8 by definition; latin1 keeps every byte.
  const lines = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1').split('\n');
  const headers: [string, string][] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const line = withoutCarriageReturn(lines[index] ?? '');
    if (line === '') continue;
    const last = headers.at(-1);
    if (last !== undefined && (line.startsWith(' ') || line.startsWith('\t'))) {
      last[1] = `${last[1]} ${line.trim()}`.trim(); // obsolete line folding
      continue;
    }
    const colon = line.indexOf(':');
    if (colon > 0) headers.push([line.slice(0, colon).trimEnd(), line.slice(colon + 1).trim()]);
  }
  return { startLine: withoutCarriageReturn(lines[0] ?? ''), headers };
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
