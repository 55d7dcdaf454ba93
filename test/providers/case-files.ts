import { readdirSync, readFileSync } from 'node:fs';
import type { ProviderRegistry } from '../../src/providers/registry.ts';
import type { Metered } from '../../src/usage/metered.ts';
import { encodeChunk, encodeEvent, encodeException, encodeFrame } from '../support/eventstream.ts';
import { play } from './replay.ts';

/** One exchange written by us, and what must be read of it. Adding a case is adding a file. */
export interface Case {
  /** The file's name. */
  file: string;
  title: string;
  provider: string | null;
  host?: string;
  request: { method?: string; target: string; headers?: Record<string, string>; body?: unknown };
  response: {
    status?: number;
    headers?: Record<string, string>;
    /** A text as it is, or a JSON value. */
    body?: unknown;
    /** Server-sent events: `[event | null, data]`; data is a text as it is, or a JSON value. */
    events?: [event: string | null, data: unknown][];
    /** Frames of an AWS event stream: an event's data, a vendor's chunk, or an exception's message. */
    frames?: (
      | { event: string; data: unknown }
      | { chunk: unknown }
      | { exception: string; message: string }
      | { part: unknown }
    )[];
  };
  outcome?: 'client_aborted' | 'upstream_aborted';
  /** A part of the record. */
  expect: Record<string, unknown>;
}

const FOLDER = new URL('cases/', import.meta.url);
export const CASES = readdirSync(FOLDER)
  .sort()
  .map((file): Case => ({ ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Case), file }));

export function meter(each: Case, pieces: Buffer[], directory: ProviderRegistry): Metered | Promise<Metered> {
  const { request, response } = each;
  const type = contentType(each);
  return play(
    {
      id: each.file,
      provider: each.provider ?? '',
      operation: '',
      streaming: false,
      request: {
        method: request.method ?? 'POST',
        url: request.target,
        headers: { 'content-type': 'application/json', ...request.headers },
        body: asText(request.body ?? ''),
      },
      response: {
        status: response.status ?? 200,
        headers: { 'content-type': type, ...response.headers },
        body: null,
      },
      truth: null,
    },
    {
      directory,
      provider: each.provider,
      host: each.host ?? 'host.example',
      pieces,
      outcome: each.outcome ?? 'complete',
    },
  );
}

function contentType({ response }: Case): string {
  if (response.frames !== undefined) return 'application/vnd.amazon.eventstream';
  return response.events === undefined ? 'application/json' : 'text/event-stream';
}

export function responseBody({ response }: Case): Buffer {
  if (response.frames !== undefined) return Buffer.concat(response.frames.map(frameBytes));
  if (response.events === undefined) return Buffer.from(asText(response.body ?? ''));
  const events = response.events.map(
    ([event, data]) => `${event === null ? '' : `event: ${event}\n`}data: ${asText(data)}\n\n`,
  );
  return Buffer.from(events.join(''));
}

function frameBytes(frame: NonNullable<Case['response']['frames']>[number]): Buffer {
  if ('chunk' in frame) return encodeChunk(frame.chunk);
  if ('exception' in frame) return encodeException(frame.exception, frame.message);
  if ('part' in frame) {
    const headers = { ':event-type': 'PayloadPart', ':message-type': 'event' };
    return encodeFrame(headers, asText(frame.part));
  }
  return encodeEvent(frame.event, frame.data);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
