import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { encodeSpan, encodeTraces } from '../../../src/delivery/otlp-protobuf.ts';
import { JSON_CODING } from '../../../src/delivery/otlp-spans.ts';
import type { Attribute } from '../../../src/interchange/otlp-attribute.ts';
import { type OtlpSpan, resourceOf, spanOf, tracesOf } from '../../../src/interchange/otlp.ts';
import { aRecord } from '../../support/captures.ts';
import { decodedTraces } from '../../support/otlp-receiver.ts';

const RESOURCE = resourceOf('proxy', '1.2.3', 'ada@box');

function aSpan(attributes: Attribute[], over: Partial<OtlpSpan> = {}): OtlpSpan {
  return { ...spanOf(aRecord(), null), attributes, ...over };
}

const VALUES: Attribute['value'][] = [
  { stringValue: '' },
  { stringValue: 'ä\u{1f600}\n"' },
  { stringValue: 'x'.repeat(20_000) },
  { boolValue: false },
  { boolValue: true },
  { intValue: '0' },
  { intValue: '127' },
  { intValue: '128' },
  { intValue: '-1' },
  { intValue: '9007199254740993' },
  { intValue: '-9223372036854775808' },
  { doubleValue: 0 },
  { doubleValue: -0.000_000_001 },
  { doubleValue: 1e308 },
  { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: '' }] } },
];

const SPANS = [
  spanOf(aRecord(), null),
  spanOf(aRecord({ parent_span_id: 'b7ad6b7169203331', error: { type: 'overloaded', message: '' } }), null),
  aSpan(
    VALUES.map((value, index) => ({ key: `k${index}`, value })),
    { droppedAttributesCount: 300 },
  ),
];

// Of protobuf's own JSON: ids in base64, names of enum values, zeros of messages left out.
const asThere = (key: string, value: unknown): unknown => {
  if (/^(?:trace|span|parentSpan)Id$/.test(key)) return Buffer.from(String(value), 'hex').toString('base64');
  if (key === 'kind') return 'SPAN_KIND_CLIENT';
  if (key === 'code') return 'STATUS_CODE_ERROR';
  return key === 'message' && value === '' ? undefined : value;
};

describe('delivery/otlp-protobuf', () => {
  it('says what OTLP/JSON says, as a library reads it', () => {
    expect(decodedTraces(encodeTraces(RESOURCE, SPANS.map(encodeSpan)))).toEqual(tracesOf(RESOURCE, SPANS));
  });

  it('has the bytes of the published encoding', () => {
    const span = aSpan([{ key: 'a', value: { intValue: '1' } }], {
      traceId: '01'.repeat(16),
      spanId: '02'.repeat(8),
      name: 'n',
      startTimeUnixNano: '1',
      endTimeUnixNano: '256',
    });
    const hex = `0a10${'01'.repeat(16)}1208${'02'.repeat(8)}2a016e3003390100000000000000410001000000000000`;
    expect(encodeSpan(span).toString('hex')).toBe(`${hex}4a070a016112021801`);
  });

  it('puts JSON spans together to the text that the whole would be', () => {
    for (const spans of [SPANS, SPANS.slice(0, 1)]) {
      const request = JSON_CODING.request(RESOURCE, spans.map(JSON_CODING.span));
      expect(request.toString()).toBe(JSON.stringify(tracesOf(RESOURCE, spans)));
    }
  });

  // The classes that OpenTelemetry publishes: `pip install opentelemetry-proto`, LLM_PROXY_TEST_PYTHON names the interpreter.
  const python = process.env['LLM_PROXY_TEST_PYTHON'] ?? 'python3';
  const module = 'opentelemetry.proto.collector.trace.v1.trace_service_pb2';
  const isThere = spawnSync(python, ['-c', `import ${module}`]).status === 0;
  it.skipIf(!isThere)('is read by the classes that OpenTelemetry publishes (skipped: not installed)', () => {
    const script = `import sys
from ${module} import ExportTraceServiceRequest as Request
from google.protobuf.json_format import MessageToJson
print(MessageToJson(Request.FromString(sys.stdin.buffer.read()), indent=None))`;
    const input = encodeTraces(RESOURCE, SPANS.map(encodeSpan));
    const told = JSON.parse(execFileSync(python, ['-c', script], { input }).toString()) as object;
    expect(told).toEqual(JSON.parse(JSON.stringify(tracesOf(RESOURCE, SPANS), asThere)));
  });
});
