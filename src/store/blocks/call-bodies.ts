/** What of a call's two messages is stored in blocks. */
import type { CutBody } from '../../core/blocks.ts';
import type { Arrival, Capture, CapturedMessage } from '../../core/capture.ts';
import { VarintReader, VarintWriter } from './varints.ts';

/** `call_blocks.side`. */
export const SIDE = { request: 0, response: 1 } as const;
export type Side = keyof typeof SIDE;

/** `call_blocks.flags`, added up. */
export const FLAG = {
  /** The first block of the list is that of the head. */
  head: 1,
  /** The rest is a body; without it none was kept. */
  body: 2,
  /** Secrets were masked in the body: it is not what was on the wire. */
  masked: 4,
  /** Not the whole body. */
  truncated: 8,
} as const;

export interface SideBodies {
  message: Pick<CapturedMessage, 'startLine' | 'headers'>;
  cut: CutBody | null;
  flags: number;
  arrivals: readonly Arrival[] | null;
}

export interface CallBodies {
  request: SideBodies;
  response: SideBodies | null;
  /** Calls between the same ends: their heads and prompts are alike. */
  peer: string;
}

/** Null when nothing of the bodies is to be stored. */
export function bodiesOf({ record, request, response, parts }: Capture): CallBodies | null {
  if (parts.request === null && parts.response === null) return null;
  return {
    request: sideOf(request, parts.request, null),
    response: response === null ? null : sideOf(response, parts.response, parts.arrivals),
    peer: `${record.host} ${record.operation ?? record.path}`,
  };
}

function sideOf(message: CapturedMessage, cut: CutBody | null, arrivals: readonly Arrival[] | null): SideBodies {
  const { masked, truncated } = message.body;
  return {
    message,
    cut,
    flags: (masked ? FLAG.masked : 0) + (truncated ? FLAG.truncated : 0) + (cut === null ? 0 : FLAG.body),
    arrivals,
  };
}

/** Bytes in memory, about. */
export function sizeOf({ request, response }: CallBodies): number {
  return sizeOfSide(request) + (response === null ? 0 : sizeOfSide(response));
}

function sizeOfSide({ cut }: SideBodies): number {
  return 1000 + (cut === null ? 0 : cut.bytes.length + cut.blocks.length * 150);
}

/** Thousandths of nothing are kept: whole milliseconds. */
export function encodeArrivals(arrivals: readonly Arrival[]): Uint8Array {
  const writer = new VarintWriter();
  let offset = 0;
  let at = 0;
  for (const arrival of arrivals) {
    const rounded = Math.max(at, Math.round(arrival.at));
    writer.push(arrival.offset - offset);
    writer.push(rounded - at);
    ({ offset } = arrival);
    at = rounded;
  }
  return writer.bytes();
}

export function decodeArrivals(bytes: Uint8Array): Arrival[] {
  const reader = new VarintReader(bytes);
  const arrivals: Arrival[] = [];
  let offset = 0;
  let at = 0;
  while (!reader.done) {
    offset += reader.next();
    at += reader.next();
    arrivals.push({ offset, at });
  }
  return arrivals;
}
