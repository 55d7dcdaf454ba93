/** One call a line, with nothing lost: what `import` reads back. The lines: docs/export.md. */
import { isUtf8 } from 'node:buffer';
import type { Arrival } from '../core/capture.ts';
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import type { Formatter } from './formats.ts';

export function createJsonl(): Formatter {
  return {
    start: () => '',
    call: (exchange) => `${lineOf(exchange)}\n`,
    end: () => '',
  };
}

/** Without its line feed. */
export function lineOf({ record, request, response }: StoredExchange): string {
  return JSON.stringify({ ...record, ...side('request', request), ...side('response', response) });
}

/** A message in a line. */
interface LineMessage {
  line: string;
  headers: readonly (readonly [string, string])[];
  /** Text; one of the two, or neither when it is not kept. */
  body?: string;
  /** Base64 of what is no UTF-8. */
  body_base64?: string;
  truncated?: true;
  /** Secrets were replaced in the body. */
  masked?: true;
  /** Of a streamed answer: bytes of the body before each piece, and its milliseconds after the request began. */
  arrivals?: (readonly [offset: number, at: number])[];
}

function side(name: 'request' | 'response', message: StoredExchange['request']): object {
  return message === null ? {} : { [name]: messageOf(message) };
}

function messageOf({ startLine, headers, body, truncated, masked, arrivals }: StoredMessage): LineMessage {
  return {
    line: startLine,
    headers,
    ...textOrBase64(body),
    ...(truncated ? { truncated } : {}),
    ...(masked ? { masked } : {}),
    ...(arrivals === null ? {} : { arrivals: pairsOf(arrivals) }),
  };
}

export function pairsOf(arrivals: readonly Arrival[]): (readonly [offset: number, at: number])[] {
  return arrivals.map(({ offset, at }) => [offset, at]);
}

export function textOrBase64(body: Uint8Array | null): Pick<LineMessage, 'body' | 'body_base64'> {
  if (body === null) return {};
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isUtf8(bytes) ? { body: bytes.toString('utf8') } : { body_base64: bytes.toString('base64') };
}
