import { EventStreamDecoder } from '../decoders/eventstream.ts';
import { GrpcDecoder } from '../decoders/grpc.ts';
import type { GrpcMethod } from '../decoders/protobuf.ts';
import { JsonArrayDecoder } from '../decoders/json-array.ts';
import { NdjsonDecoder } from '../decoders/ndjson.ts';
import { SseDecoder } from '../decoders/sse.ts';
import { readEventStreamMessage, type InnerBody } from './eventstream-messages.ts';
import type { Framing } from './framing.ts';
import { readGrpcMessage } from './grpc-messages.ts';
import type { MeterLimits } from './metered.ts';
import type { MessageReader } from './message-reader.ts';

/** A decoder at work: bytes go in, the reader sees messages. */
export interface Framed {
  push(chunk: Uint8Array): void;
  /** Bytes are missing here; false when nothing that follows can be read. */
  gap(): boolean;
  /** @param whole the body came to its proper end. */
  end(whole: boolean): void;
}

/** What a gRPC body is read by. */
export interface GrpcCall {
  method: GrpcMethod;
  /** Header `grpc-encoding`, lower case. */
  encoding: string | null;
}

export interface FramedOptions {
  limits: MeterLimits;
  grpc: GrpcCall | null;
  /** Messages were lost or unreadable. */
  onDamage: (anomaly: string) => void;
  innerBody: InnerBody;
}

/** Null where a body is read whole or not at all. */
export function framedReader(framing: Framing, messages: MessageReader, options: FramedOptions): Framed | null {
  const { limits, onDamage } = options;
  const maxLength = limits.messageLength;
  const onOversized = (): void => onDamage('oversized_message');
  const onMessage = (text: string, event?: string): void => messages.message(text, event);
  switch (framing) {
    case 'sse': {
      const onMalformed = (): void => onDamage('malformed_stream');
      return textual(new SseDecoder({ onEvent: onMessage, onOversized, onMalformed, maxLength }));
    }
    case 'ndjson':
      return textual(new NdjsonDecoder({ onMessage, onOversized, maxLength }));
    case 'json-array': {
      const array = new JsonArrayDecoder({ onMessage, onOversized, maxLength });
      return { push: (chunk) => array.push(chunk), gap: () => false, end: () => {} };
    }
    case 'eventstream':
      return eventStream(messages, options);
    case 'grpc':
      return grpc(messages, options);
    case 'document':
    case 'opaque':
      return null;
  }
}

/** The next empty line or line end is where both go on after a gap. */
function textual(decoder: SseDecoder | NdjsonDecoder): Framed {
  return { push: (chunk) => decoder.push(chunk), gap: () => true, end: (whole) => decoder.end(whole) };
}

function eventStream(messages: MessageReader, { limits, onDamage, innerBody }: FramedOptions): Framed {
  const decoder = new EventStreamDecoder({
    onMessage: (message) => readEventStreamMessage(message, messages, innerBody),
    onOversized: () => onDamage('oversized_message'),
    onProblem: (problem) => onDamage(problem === 'crc' ? 'eventstream_crc' : 'malformed_stream'),
    maxLength: limits.messageLength,
  });
  return {
    push: (chunk) => decoder.push(chunk),
    gap() {
      decoder.gap();
      return true;
    },
    end(whole) {
      if (whole && decoder.insideFrame) onDamage('malformed_stream');
    },
  };
}

function grpc(messages: MessageReader, { limits, onDamage, grpc }: FramedOptions): Framed | null {
  if (grpc === null) return null;
  const { method, encoding } = grpc;
  const decoder = new GrpcDecoder({
    onMessage: (message) => readGrpcMessage(message, method, messages),
    onOversized: () => onDamage('oversized_message'),
    onProblem: (problem) => onDamage(problem === 'encoding' ? 'grpc_encoding' : 'malformed_stream'),
    encoding,
    maxLength: limits.messageLength,
    maxOutput: limits.decodedBytes,
  });
  return {
    push: (chunk) => decoder.push(chunk),
    gap: () => false,
    end(whole) {
      if (whole && decoder.insideMessage) onDamage('malformed_stream');
    },
  };
}
