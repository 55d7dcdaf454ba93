import { isUtf8 } from 'node:buffer';
import type { CutBody } from '../core/blocks.ts';
import type { CapturedBody } from '../core/capture.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import { maskBody } from '../core/redact.ts';
import { type BodyForm, cutBody, scanRequest } from '../store/blocks/cut.ts';
import type { MeteredBody } from '../usage/metered.ts';
import type { CleanSlices } from './clean-slices.ts';
import { hidesSecrets, isFramed } from '../decoders/frame-texts.ts';

/** A body without secrets: for people, and in blocks for the store. */
export interface MaskedBody {
  body: CapturedBody;
  /** As on the wire (content coding removed) but for what is masked; `null` = not kept. */
  cut: CutBody | null;
}

/** So long a request is worth being searched part by part. */
const LONG = 8 * 1024;

/** The request's way into a capture. @param clean what was searched before */
export function maskedRequest(metered: MeteredBody, headers: HeaderPairs, clean: CleanSlices): MaskedBody {
  return (
    withoutSecrets(metered, headers, clean) ?? masked(metered, headers, metered.text === null ? 'binary' : 'request')
  );
}

/** The answer's way into a capture. */
export function maskedResponse(metered: MeteredBody, headers: HeaderPairs, isStream: boolean): MaskedBody {
  if (metered.text === null) return masked(metered, headers, isStream ? 'frames' : 'binary');
  return masked(metered, headers, isStream ? 'stream' : 'document');
}

/** Null: it has secrets, or must be searched as a whole to know. */
function withoutSecrets(
  { text, bytes, wireBytes, truncated }: MeteredBody,
  headers: HeaderPairs,
  clean: CleanSlices,
): MaskedBody | null {
  if (text === null || bytes === null || bytes.length < LONG || truncated) return null;
  if (/form/i.test(headerValue(headers, 'content-type') ?? '')) return null;
  const scanned = scanRequest(bytes);
  if (scanned === null || !scanned.isRegular) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!clean.isClean(buffer, scanned.slices)) return null;
  return { body: { text, wireBytes, truncated, masked: false }, cut: scanned.cut };
}

function masked({ text, bytes, wireBytes, truncated }: MeteredBody, headers: HeaderPairs, form: BodyForm): MaskedBody {
  const type = headerValue(headers, 'content-type') ?? undefined;
  if (text === null) {
    // Frames carry base64 and checksums: no secret can be taken out of them, so such a body is not kept at all.
    const clean = bytes === null || (isFramed(type) && hidesSecrets(bytes)) ? null : maskedBytes(bytes, type);
    const body = { text, wireBytes, truncated, masked: clean !== bytes };
    return { body, cut: clean === null ? null : cutBody(clean, form) };
  }
  const clean = maskBody(text, type);
  const isMasked = clean !== text;
  const body = { text: clean, wireBytes, truncated, masked: isMasked };
  return { body, cut: cutBody(bytesOf(clean, isMasked, bytes, type), form) };
}

function bytesOf(clean: string, isMasked: boolean, bytes: Uint8Array | null, type: string | undefined): Uint8Array {
  if (bytes === null) return Buffer.from(clean);
  if (!isMasked) return bytes;
  return isUtf8(bytes) ? Buffer.from(clean) : cleanAsBoth(bytes, clean, type);
}

/** A text that is no UTF-8 after all keeps every other byte, unless a secret can then be read in it. */
function cleanAsBoth(bytes: Uint8Array, clean: string, type: string | undefined): Uint8Array {
  const kept = maskedBytes(bytes, type);
  const text = Buffer.from(kept.buffer, kept.byteOffset, kept.length).toString('utf8');
  return maskBody(text, type) === text ? kept : Buffer.from(clean);
}

/**
 * What is no text may hold a key all the same: in the form of a file upload, in a protobuf message. The bytes themselves
 * when there is none.
 */
export function maskedBytes(bytes: Uint8Array, type: string | undefined): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const clean = maskBody(text, type);
  return clean === text ? bytes : Buffer.from(clean, 'latin1');
}
