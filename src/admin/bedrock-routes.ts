/** Health of Bedrock signing, in the shape of seed 003. */
import type { Hono } from 'hono';
import type { RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';

export interface BedrockDeps {
  /** Null = signing is off. */
  bedrockRegion: string | null;
  recorder: () => Pick<Remote<RecorderService>, 'metrics'>;
}

/** Damage that the decoder of event streams meets, as /metrics counts it. */
const DAMAGE =
  /^llm_proxy_anomalies_total\{(?=[^}]*provider="bedrock")(?=[^}]*kind="(?:eventstream_crc|malformed_stream)")[^}]*\} (\d+)$/gm;

export function bedrockRoutes(app: Hono, { bedrockRegion: region, recorder }: BedrockDeps): void {
  app.get('/health/bedrock', async (context) => {
    if (region === null) return context.json({ status: 'disabled', decode_errors: 0 });
    const damages = [...(await recorder().metrics()).matchAll(DAMAGE)].map((match) => Number(match[1]));
    return context.json({ status: 'ok', region, decode_errors: damages.reduce((sum, count) => sum + count, 0) });
  });
}
