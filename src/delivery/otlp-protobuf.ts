/**
 * OTLP as protobuf, made of the objects that OTLP/JSON is made of. Field numbers: opentelemetry-proto 1.x, packages
 * `trace.v1`, `common.v1`, `resource.v1` and `collector.trace.v1`.
 */
import type { Attribute, AttributeValue } from '../interchange/otlp-attribute.ts';
import type { OtlpResource, OtlpSpan } from '../interchange/otlp.ts';

/** A message `Span`. */
export function encodeSpan(span: OtlpSpan): Buffer {
  return Buffer.concat([
    bytes(1, Buffer.from(span.traceId, 'hex')),
    bytes(2, Buffer.from(span.spanId, 'hex')),
    ...(span.parentSpanId === undefined ? [] : [bytes(4, Buffer.from(span.parentSpanId, 'hex'))]),
    text(5, span.name),
    integer(6, span.kind),
    fixed64(7, span.startTimeUnixNano),
    fixed64(8, span.endTimeUnixNano),
    ...span.attributes.map((attribute) => bytes(9, keyValue(attribute))),
    ...(span.droppedAttributesCount === undefined ? [] : [integer(10, span.droppedAttributesCount)]),
    ...(span.status === undefined ? [] : [bytes(15, status(span.status))]),
  ]);
}

/** A message `ExportTraceServiceRequest`. @param spans messages `Span` */
export function encodeTraces({ attributes, version }: OtlpResource, spans: readonly Uint8Array[]): Buffer {
  const resource = Buffer.concat(attributes.map((attribute) => bytes(1, keyValue(attribute))));
  const scope = Buffer.concat([text(1, 'llm-proxy'), text(2, version)]);
  const scopeSpans = Buffer.concat([bytes(1, scope), ...spans.map((span) => bytes(2, span))]);
  return bytes(1, Buffer.concat([bytes(1, resource), bytes(2, scopeSpans)]));
}

function keyValue({ key, value }: Attribute): Buffer {
  return Buffer.concat([text(1, key), bytes(2, anyValue(value))]);
}

/** One of them is always written, also where it is empty or 0: a value without is no value. */
function anyValue(value: AttributeValue): Buffer {
  if ('stringValue' in value) return text(1, value.stringValue);
  if ('boolValue' in value) return integer(2, value.boolValue ? 1 : 0);
  if ('intValue' in value) return integer(3, BigInt(value.intValue));
  if ('doubleValue' in value) return fixed(4, (to) => to.writeDoubleLE(value.doubleValue));
  return bytes(5, Buffer.concat(value.arrayValue.values.map((member) => bytes(1, anyValue(member)))));
}

function status({ code, message }: NonNullable<OtlpSpan['status']>): Buffer {
  return Buffer.concat([text(2, message), integer(3, code)]);
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

function integer(field: number, value: number | bigint): Buffer {
  return Buffer.concat([tag(field, VARINT), varint(BigInt.asUintN(64, BigInt(value)))]);
}

function fixed64(field: number, value: string): Buffer {
  return fixed(field, (to) => to.writeBigUInt64LE(BigInt(value)));
}

function fixed(field: number, write: (to: Buffer) => void): Buffer {
  const content = Buffer.alloc(8);
  write(content);
  return Buffer.concat([tag(field, FIXED64), content]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([tag(field, BYTES), varint(BigInt(value.length)), value]);
}

function tag(field: number, wire: number): Buffer {
  return varint((BigInt(field) << 3n) | BigInt(wire));
}

function varint(value: bigint): Buffer {
  const all: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) all.push(Number(rest & 127n) | 128);
  all.push(Number(rest));
  return Buffer.from(all);
}
