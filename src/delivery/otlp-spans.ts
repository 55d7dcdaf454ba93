/** Calls as spans that are ready to go: encoded, each by itself, the same again for the same call. */
import type { StoredExchange } from '../core/transfer.ts';
import type { MeterDirectory } from '../interchange/answer-of.ts';
import type { Attribute, AttributeValue } from '../interchange/otlp-attribute.ts';
import { attributesFrom } from '../interchange/otlp-attribute.ts';
import { type OtlpResource, type OtlpSpan, spanOf, tracesOf } from '../interchange/otlp.ts';
import { saidOf } from '../interchange/said.ts';
import { fittedSaid } from './fitted-said.ts';
import { encodeSpan, encodeTraces } from './otlp-protobuf.ts';

export interface OtlpCoding {
  readonly contentType: string;
  readonly span: (span: OtlpSpan) => Buffer;
  /** @param spans as `span` made them */
  readonly request: (resource: OtlpResource, spans: readonly Buffer[]) => Buffer;
}

export const PROTOBUF: OtlpCoding = {
  contentType: 'application/x-protobuf',
  span: encodeSpan,
  request: encodeTraces,
};

export const JSON_CODING: OtlpCoding = {
  contentType: 'application/json',
  span: (span) => Buffer.from(JSON.stringify(span)),
  request: (resource, spans) => {
    const empty = JSON.stringify(tracesOf(resource, []));
    const at = empty.lastIndexOf(']}]}]}');
    const list = spans.flatMap((span, index) => (index === 0 ? [span] : [COMMA, span]));
    return Buffer.concat([Buffer.from(empty.slice(0, at)), ...list, Buffer.from(empty.slice(at))]);
  },
};

const COMMA = Buffer.from(',');

/** Bytes of one request before it is compressed: servers of gRPC take 4 MiB unless told otherwise. */
export const MAX_REQUEST = 4_000_000;
/** Bytes of what was said in one call: it stands in a span twice, by either convention. */
const MAX_SAID = 1_000_000;

export interface EncodedCall {
  exchange: StoredExchange;
  span: Buffer;
}

/** @param directory null = without what was said */
export async function encodedCall(
  exchange: StoredExchange,
  coding: OtlpCoding,
  directory: MeterDirectory | null,
): Promise<EncodedCall> {
  if (directory !== null) {
    const span = coding.span(await speakingSpan(exchange, directory));
    if (span.length < MAX_REQUEST) return { exchange, span };
  }
  return { exchange, span: bareSpan(exchange, coding, directory !== null) };
}

/** Numbers and names. @param isCut what was said is left out because it is too long */
export function bareSpan({ record }: StoredExchange, coding: OtlpCoding, isCut: boolean): Buffer {
  const span = spanOf(record, null);
  const mark = attributesFrom({ 'llm_proxy.messages_left_out': isCut ? true : null });
  return coding.span(legible({ ...span, attributes: [...span.attributes, ...mark] }));
}

async function speakingSpan(exchange: StoredExchange, directory: MeterDirectory): Promise<OtlpSpan> {
  const { record } = exchange;
  const said = await saidOf(exchange, directory);
  if (said === null) return legible(spanOf(record, null));
  try {
    const { said: short, omitted, cut } = fittedSaid(said, MAX_SAID);
    const span = spanOf(record, short);
    const marks = attributesFrom({
      'llm_proxy.messages_omitted': omitted === 0 ? null : omitted,
      'llm_proxy.texts_cut': cut === 0 ? null : cut,
    });
    return legible({ ...span, attributes: [...span.attributes, ...marks] });
  } catch {
    // Nested deeper than the stack.
    return legible(spanOf(record, null));
  }
}

/** Halves of characters are refused by strict receivers, which costs the whole request; NUL by databases behind them. */
function legible(span: OtlpSpan): OtlpSpan {
  return {
    ...span,
    name: whole(span.name),
    attributes: span.attributes.map(({ key, value }): Attribute => ({ key: whole(key), value: wholeValue(value) })),
    ...(span.status === undefined ? {} : { status: { ...span.status, message: whole(span.status.message) } }),
  };
}

function wholeValue(value: AttributeValue): AttributeValue {
  if ('stringValue' in value) return { stringValue: whole(value.stringValue) };
  return 'arrayValue' in value ? { arrayValue: { values: value.arrayValue.values.map(wholeValue) } } : value;
}

function whole(text: string): string {
  return text.replaceAll(/[\p{Surrogate}\0]/gu, '\ufffd');
}
