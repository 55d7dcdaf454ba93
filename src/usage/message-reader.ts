import type { StatedError } from '../providers/families/errors.ts';

/** Takes the messages that a framing found in a body. */
export interface MessageReader {
  /** Time of the bytes that the next messages come from. */
  at: number;
  /** One message of a stream, as text. @param event the `event:` field of a server-sent event. */
  message(text: string, event?: string): void;
  /** A whole document; false when it is not JSON. */
  document(text: string): boolean;
  /** What could be read of a document that is too large or broken. */
  value(value: Record<string, unknown>): void;
  /** The framing itself says that the answer failed. */
  failed(error: StatedError): void;
  anomaly(name: string): void;
}
