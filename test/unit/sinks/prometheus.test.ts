import { describe, expect, it } from 'vitest';
import { createPrometheusSink } from '../../../src/sinks/prometheus.ts';
import { aCapture, aLine, aUsage } from '../../support/captures.ts';

const NOTHING_KNOWN = aUsage({
  state: 'none',
  source: null,
  input_tokens: null,
  output_tokens: null,
  cache_read_tokens: null,
});
const MODEL = 'provider="anthropic",model="claude-sonnet-4-5-20250929"';

describe('sinks/prometheus', () => {
  it('counts calls, tokens, money, time and bytes, and passes on the counters of the other threads', async () => {
    const sink = createPrometheusSink();
    sink.write(aCapture({ ttft_ms: 300 }));
    sink.write(
      aCapture({ status: 529, error: { type: 'overloaded_error', message: '' }, usage: NOTHING_KNOWN, cost_usd: null }),
    );
    sink.write(aCapture({ leg: 'shadow' }));
    sink.write(aCapture({ inference: false, operation: 'models', usage: NOTHING_KNOWN, cost_usd: null }));
    const text = await sink.text({
      'dropped{reason="queue_full"}': 3,
      'connections{verdict="tunnel",reason="default"}': 2,
      unparsed: 1,
    });
    for (const line of [
      `llm_proxy_calls_total{${MODEL},operation="chat",status="200"} 1`,
      `llm_proxy_calls_total{${MODEL},operation="chat",status="529"} 1`,
      `llm_proxy_tokens_total{${MODEL},kind="input"} 1200`,
      `llm_proxy_tokens_total{${MODEL},kind="cache_read"} 1000`,
      `llm_proxy_cost_usd_total{${MODEL}} 0.006`,
      `llm_proxy_calls_without_usage_total{${MODEL}} 1`,
      'llm_proxy_call_errors_total{provider="anthropic",type="overloaded_error"} 1',
      `llm_proxy_call_duration_seconds_count{${MODEL}} 2`,
      `llm_proxy_ttft_seconds_count{${MODEL}} 1`,
      'llm_proxy_body_bytes_total{provider="anthropic",direction="request"} 2460',
      'llm_proxy_dropped_total{reason="queue_full"} 3',
      'llm_proxy_connections_total{verdict="tunnel",reason="default"} 2',
      'llm_proxy_unparsed_total 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('keeps estimates under names of their own', async () => {
    const sink = createPrometheusSink();
    const lines = [aLine('input_tokens', 2_000_000), aLine('output_tokens', 4_000_000)];
    const cost = { ...aCapture().record.cost, confidence: 'estimated' as const, lines };
    sink.write(aCapture({ usage: aUsage({ estimated: ['output_tokens'], state: 'partial' }), cost }));
    const text = (await sink.text({})).split('\n');
    for (const line of [
      `llm_proxy_tokens_total{${MODEL},kind="input"} 1200`,
      `llm_proxy_cost_usd_total{${MODEL}} 0.002`,
      `llm_proxy_estimated_calls_total{${MODEL}} 1`,
      `llm_proxy_estimated_tokens_total{${MODEL},kind="output"} 340`,
      `llm_proxy_estimated_cost_usd_total{${MODEL}} 0.004`,
      `llm_proxy_inexact_calls_total{${MODEL}} 1`,
    ]) {
      expect(text).toContain(line);
    }
    expect(text.join('\n')).not.toContain(`llm_proxy_tokens_total{${MODEL},kind="output"}`);
  });

  it('counts what was odd by provider and kind, within a bound, and what was sent again', async () => {
    const sink = createPrometheusSink();
    sink.write(aCapture({ anomalies: ['total_mismatch', 'billed_amount_unknown'], retry_count: 1 }));
    sink.write(aCapture({ anomalies: ['total_mismatch', 'not a word'], inference: false }));
    for (let kind = 0; kind < 200; kind += 1) sink.write(aCapture({ anomalies: [`kind_${kind}`] }));
    const text = (await sink.text({})).split('\n');
    for (const line of [
      'llm_proxy_anomalies_total{provider="anthropic",kind="total_mismatch"} 2',
      'llm_proxy_anomalies_total{provider="anthropic",kind="billed_amount_unknown"} 1',
      'llm_proxy_anomalies_total{provider="anthropic",kind="other"} 103',
      `llm_proxy_billed_unknown_calls_total{${MODEL}} 1`,
      `llm_proxy_retries_total{${MODEL}} 1`,
    ]) {
      expect(text).toContain(line);
    }
  });

  it('is text that a scraper can read: every sample has a type, every line is a comment or a sample', async () => {
    const sink = createPrometheusSink();
    sink.write(aCapture());
    const text = await sink.text({ 'tunnel_bytes{direction="request"}': 5 });
    const lines = text.split('\n').filter((line) => line !== '');
    const types = new Set(lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []));
    for (const line of lines.filter((line) => !line.startsWith('#'))) {
      const name = /^([a-z_]+)(?:\{.*\})? [-+\d.e]+(?:Inf)?$/i.exec(line)?.[1] ?? `no sample: ${line}`;
      expect(types).toContain(types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, ''));
    }
  });

  it('keeps the number of series bounded, and escapes labels', async () => {
    const sink = createPrometheusSink();
    for (let index = 0; index < 5000; index += 1) {
      sink.write(
        aCapture({ response_model: `m"\\\n${index}`, error: { type: `t${index}`, message: '' }, status: 500 }),
      );
    }
    for (let index = 0; index < 200; index += 1) sink.write(aCapture({ operation: `Start${index}` }));
    const text = await sink.text({});
    expect(text.match(/^llm_proxy_calls_total\{provider="other"/gm)).toHaveLength(51);
    expect(text.match(/^llm_proxy_calls_total\{/gm)).toHaveLength(200 + 51);
    expect(text.match(/^llm_proxy_call_errors_total\{/gm)?.length).toBeLessThan(210);
    expect(text).toContain('provider="other",model="other"');
    expect(text).toContain(String.raw`model="m\"\\\n0"`);
  });
});
