import { controls } from './families/control-endpoints.ts';
import { LLMOBSERVE } from './families/price-sources.ts';
import type { Endpoint, Provider } from './provider.ts';

function speech(path: string, text: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation: 'speech',
    units: [{ unit: 'characters', from: `req.body:${text}#codepoints` }],
    model: ['req.body:$.voice_engine', 'req.body:$.model'],
  };
}

export const provider = {
  id: 'playht',
  title: 'Play.ht',
  hosts: ['play.ht', 'play.ai'],
  base: 'https://api.play.ht',
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-play-request-id', 'x-fal-request-id'],
  endpoints: [
    speech('/api/v2/tts/stream', '$.text'),
    speech('/api/v2/tts', '$.text'),
    speech('/api/v1/convert', '$.content'),
    speech('/api/v1/tts', '$.text'),
    speech('/api/v1/tts/stream', '$.text'),
    ...controls('/api/v1', 'articleStatus', 'getVoices'),
    ...controls('/api/v2', 'tts', 'voices', 'cloned-voices'),
    ...controls('/api/v4', 'sdk-auth'),
  ],
  prices: [
    { unit: 'characters', usd: '0.03', per: 1000, model: 'Play3.0-mini*', ...LLMOBSERVE },
    { unit: 'characters', usd: '0.05', per: 1000, model: 'PlayHT*|PlayDialog*', ...LLMOBSERVE },
  ],
  limits: ['The service ended on 2025-12-31: its calls fail. What it had is still named and counted.'],
} satisfies Provider;
