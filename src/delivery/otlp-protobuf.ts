/**
 * OTLP as protobuf, made of the objects that OTLP/JSON is made of. Field numbers: opentelemetry-proto 1.x, packages
 * `trace.v1`, `common.v1`, `resource.v1` and `collector.trace.v1`.
 */
import type { Attribute, AttributeValue } from '../interchange/otlp-attribute.ts';
import type { OtlpResource, OtlpSpan } from '../interchange/otlp.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** A message `Span`. */
export function encodeSpan(span: OtlpSpan): Buffer {
  const to = new ProtobufWriter();
  const { status, droppedAttributesCount: dropped, parentSpanId: parent } = span;
  if (status !== undefined) {
    to.message(15, () => {
      to.integer(3, status.code);
      to.text(2, status.message);
    });
  }
  if (dropped !== undefined) to.integer(10, dropped);
  writeAttributes(to, 9, span.attributes);
  to.fixed64(8, BigInt(span.endTimeUnixNano));
  to.fixed64(7, BigInt(span.startTimeUnixNano));
  to.integer(6, span.kind);
  to.text(5, span.name);
  if (parent !== undefined) to.bytes(4, Buffer.from(parent, 'hex'));
  to.bytes(2, Buffer.from(span.spanId, 'hex'));
  to.bytes(1, Buffer.from(span.traceId, 'hex'));
  return to.done();
}

/** A message `ExportTraceServiceRequest`. @param spans messages `Span` */
export function encodeTraces({ attributes, version }: OtlpResource, spans: readonly Uint8Array[]): Buffer {
  const to = new ProtobufWriter();
  to.message(1, () => {
    to.message(2, () => {
      for (const span of spans.toReversed()) to.bytes(2, span);
      to.message(1, () => {
        to.text(2, version);
        to.text(1, 'llm-proxy');
      });
    });
    to.message(1, () => writeAttributes(to, 1, attributes));
  });
  return to.done();
}

function writeAttributes(to: ProtobufWriter, field: number, attributes: readonly Attribute[]): void {
  for (const { key, value } of attributes.toReversed()) {
    to.message(field, () => {
      to.message(2, () => writeValue(to, value));
      to.text(1, key);
    });
  }
}

/** One of them is always written, also where it is empty or 0: a value without is no value. */
function writeValue(to: ProtobufWriter, value: AttributeValue): void {
  if ('stringValue' in value) to.text(1, value.stringValue);
  else if ('boolValue' in value) to.integer(2, value.boolValue ? 1 : 0);
  else if ('intValue' in value) to.integer(3, BigInt(value.intValue));
  else if ('doubleValue' in value) to.double(4, value.doubleValue);
  else {
    to.message(5, () => {
      for (const member of value.arrayValue.values.toReversed()) to.message(1, () => writeValue(to, member));
    });
  }
}
