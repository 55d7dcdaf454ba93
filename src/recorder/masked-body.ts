import { isUtf8 } from 'node:buffer';
import type { CapturedBody } from '../core/capture.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import { maskBody } from '../core/redact.ts';
import type { MeteredBody } from '../usage/metered.ts';

/** A body without secrets: for people, and its bytes for the store. */
export interface MaskedBody {
  body: CapturedBody;
  /** As on the wire (content coding removed) but for what is masked; `null` = not kept. */
  bytes: Uint8Array | null;
}

/** The only way of a body into a capture. */
export function maskedBody({ text, bytes, wireBytes, truncated }: MeteredBody, headers: HeaderPairs): MaskedBody {
  const type = headerValue(headers, 'content-type') ?? undefined;
  if (text === null) {
    const clean = bytes === null ? null : cleanBytes(bytes, type);
    return { body: { text, wireBytes, truncated, masked: clean !== bytes }, bytes: clean };
  }
  const clean = maskBody(text, type);
  const masked = clean !== text;
  return { body: { text: clean, wireBytes, truncated, masked }, bytes: bytesOf(clean, masked, bytes, type) };
}

function bytesOf(clean: string, masked: boolean, bytes: Uint8Array | null, type: string | undefined): Uint8Array {
  if (bytes === null) return Buffer.from(clean);
  if (!masked) return bytes;
  return isUtf8(bytes) ? Buffer.from(clean) : cleanAsBoth(bytes, clean, type);
}

/** A text that is no UTF-8 after all keeps every other byte, unless a secret can then be read in it. */
function cleanAsBoth(bytes: Uint8Array, clean: string, type: string | undefined): Uint8Array {
  const kept = cleanBytes(bytes, type);
  const text = Buffer.from(kept.buffer, kept.byteOffset, kept.length).toString('utf8');
  return maskBody(text, type) === text ? kept : Buffer.from(clean);
}

/** What is no text may hold a key all the same: in the form of a file upload, in a protobuf message. */
function cleanBytes(bytes: Uint8Array, type: string | undefined): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const clean = maskBody(text, type);
  return clean === text ? bytes : Buffer.from(clean, 'latin1');
}
