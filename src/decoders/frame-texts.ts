import { maskBody } from '../core/redact.ts';
import { EventStreamDecoder, type EventStreamMessage } from './eventstream.ts';
import type { FrameText } from '../core/session-entries.ts';

const MAX_FRAME_BYTES = 24 * 1024 * 1024;

/**
 * The events of an `application/vnd.amazon.eventstream` body: of InvokeModel the vendor's own JSON, of Converse
 * `{"<event>": …}`, of an exception `{"<its type>": …}`. What cannot be read ends the list.
 */
export function frameTexts(body: Uint8Array): FrameText[] {
  return readFrames(body).map(({ text, end }) => ({ text: maskBody(text), end }));
}

/** Whether such a body holds a secret that base64 hides from the mask of the whole. */
export function hidesSecrets(body: Uint8Array): boolean {
  return readFrames(body).some(({ text }) => maskBody(text) !== text);
}

/** Such a body up to the end of its last whole frame; nothing of it, if base64 hides a secret in it. */
export function cleanFrames(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let end = 0;
  while (end + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(end);
    if (length === 0 || end + length > bytes.length) break;
    end += length;
  }
  const whole = bytes.subarray(0, end);
  return hidesSecrets(whole) ? whole.subarray(0, 0) : whole;
}

export function isFramed(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith('application/vnd.amazon.eventstream') ?? false;
}

function readFrames(body: Uint8Array): FrameText[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const frames: FrameText[] = [];
  let end = 0;
  const decoder = new EventStreamDecoder({
    onMessage(message) {
      const text = textOf(message);
      if (text !== null) frames.push({ text, end });
    },
    onOversized() {},
    onProblem() {},
    maxLength: MAX_FRAME_BYTES,
  });
  for (let at = 0; at < bytes.length; at = end) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    end = length === 0 ? bytes.length : Math.min(at + length, bytes.length);
    decoder.push(bytes.subarray(at, end));
  }
  return frames;
}

function textOf({ headers, payload }: EventStreamMessage): string | null {
  const header = (name: string): string => {
    const value = headers.get(name);
    return typeof value === 'string' ? value : '';
  };
  const type = header(':message-type');
  if (type === 'error') {
    return JSON.stringify({ [header(':error-code') || 'error']: { message: header(':error-message') } });
  }
  const name = header(type === 'exception' ? ':exception-type' : ':event-type');
  const text = payload.toString('utf8');
  const value = parsed(text);
  if (name === 'chunk' && typeof value === 'object' && value !== null && 'bytes' in value) {
    return typeof value.bytes === 'string' ? Buffer.from(value.bytes, 'base64').toString('utf8') : text;
  }
  return value === undefined ? null : JSON.stringify({ [name]: value });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
