import type { EventStreamMessage } from '../decoders/eventstream.ts';
import type { StatedError } from '../providers/families/errors.ts';
import { isObject, stringAt } from '../providers/families/json.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { MessageReader } from './message-reader.ts';

/** A body inside the frames, cut anywhere (SageMaker). */
export type InnerBody = (bytes: Uint8Array) => void;

/**
 * Shows one frame of AWS's event streams to the message reader:
 * Converse `metadata` with `{…}` becomes `{metadata: {…}}`, a `chunk` of InvokeModel the vendor's own JSON, and an
 * exception (after HTTP 200) the answer's error.
 */
export function readEventStreamMessage(
  { headers, payload }: EventStreamMessage,
  reader: MessageReader,
  innerBody: InnerBody,
): void {
  const header = (name: string): string | null => {
    const value = headers.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const type = header(':message-type') ?? 'event';
  if (type === 'exception') {
    reader.failed(exceptionOf(header(':exception-type'), payload));
  } else if (type === 'error') {
    reader.failed({ type: header(':error-code') ?? 'error', message: header(':error-message') ?? '' });
  } else if (type === 'event') {
    const event = header(':event-type');
    if (event === 'PayloadPart') innerBody(payload);
    else if (event !== null) readEvent(event, payload, reader);
  }
}

function readEvent(event: string, payload: Buffer, reader: MessageReader): void {
  if (payload.length === 0) return;
  const value = parseJson(payload.toString('utf8'));
  if (!isObject(value)) {
    reader.anomaly('malformed_message');
    return;
  }
  const base64 = event === 'chunk' ? stringAt(value, 'bytes') : null;
  if (base64 === null) {
    reader.value({ [event]: value });
    return;
  }
  const inner = parseJson(Buffer.from(base64, 'base64').toString('utf8'));
  // What agents stream in chunks is plain text.
  if (isObject(inner)) reader.value(inner);
}

function exceptionOf(type: string | null, payload: Buffer): StatedError {
  const value = parseJson(payload.toString('utf8'));
  const message = stringAt(value, 'message') ?? stringAt(value, 'Message') ?? '';
  return { type: type ?? 'exception', message };
}
