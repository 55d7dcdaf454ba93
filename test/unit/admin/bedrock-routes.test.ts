import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { bedrockRoutes } from '../../../src/admin/bedrock-routes.ts';

async function health(bedrockRegion: string | null, metrics = ''): Promise<unknown> {
  const app = new Hono();
  bedrockRoutes(app, { bedrockRegion, recorder: () => ({ metrics: () => Promise.resolve(metrics) }) });
  return (await app.request('/health/bedrock')).json();
}

describe('admin/bedrock-routes', () => {
  it('says that signing is off', async () => {
    expect(await health(null)).toEqual({ status: 'disabled', decode_errors: 0 });
  });

  it('says for which region, and how many streams were damaged', async () => {
    const metrics = [
      'llm_proxy_anomalies_total{provider="bedrock",kind="eventstream_crc"} 2',
      'llm_proxy_anomalies_total{kind="malformed_stream",provider="bedrock"} 3',
      'llm_proxy_anomalies_total{provider="bedrock",kind="total_mismatch"} 50',
      'llm_proxy_anomalies_total{provider="openai",kind="malformed_stream"} 500',
    ].join('\n');
    expect(await health('us-west-2', metrics)).toEqual({ status: 'ok', region: 'us-west-2', decode_errors: 5 });
  });
});
