import { controls } from './families/control-endpoints.ts';
import { LITELLM, LLMOBSERVE } from './families/price-sources.ts';
import type { UsageMap } from './families/usage-map.ts';
import type { Endpoint, Provider } from './provider.ts';

const INSIGHTS = ['summary_info', 'sentiment_info', 'topics_info', 'intents_info'];

/** Text intelligence states its tokens by the kind of insight. */
const INSIGHT_TOKENS: UsageMap = {
  tokens: {
    input_tokens: INSIGHTS.map((name) => `metadata.${name}.input_tokens?`).join(' + '),
    output_tokens: INSIGHTS.map((name) => `metadata.${name}.output_tokens?`).join(' + '),
  },
};

/** The model is in the query, not in the body (which is the audio). */
function listen(path: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation: 'transcription',
    usage: INSIGHT_TOKENS,
    units: [
      {
        unit: 'audio_seconds',
        from: [
          'res.body:$.metadata.duration * res.body:$.metadata.channels if req.query:multichannel=true',
          'res.body:$.metadata.duration',
        ],
      },
    ],
    model: ['req.query:model', 'res.body:$.metadata.model_info.*.name', 'const:base-general'],
    dims: {
      language: ['req.query:language', 'const:en'],
      insights: INSIGHTS.map((name) => `const:yes if res.body:$.metadata.${name}`),
    },
  };
}

function speak(path: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation: 'speech',
    units: [{ unit: 'characters', from: ['res.header:dg-char-count', 'req.body:$.text#codepoints'] }],
    model: ['req.query:model', 'res.header:dg-model-name', 'const:aura-asteria-en'],
  };
}

export const provider = {
  id: 'deepgram',
  title: 'Deepgram',
  hosts: ['deepgram.com'],
  base: 'https://api.deepgram.com/v1',
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['dg-request-id'],
  endpoints: [
    listen('/v1/listen'),
    listen('/v1/audio/transcriptions'),
    { method: 'WS', path: '/{version:v1|v2}/listen', operation: 'transcription', model: ['req.query:model'] },
    speak('/v1/speak'),
    speak('/v2/speak'),
    { method: 'WS', path: '/{version:v1|v2}/speak', operation: 'speech', model: ['req.query:model'] },
    {
      method: 'POST',
      path: '/v1/read',
      operation: 'text_analysis',
      usage: INSIGHT_TOKENS,
      dims: { insights: 'const:yes' },
    },
    { method: 'WS', path: '/v1/agent/converse', operation: 'voice_agent' },
    ...controls('/v1', 'auth', 'projects', 'models', 'agent', 'keys'),
  ],
  prices: [
    { unit: 'audio_seconds', usd: '0.0052', per: 60, model: '*nova-3-medical*', ...LITELLM },
    { unit: 'audio_seconds', usd: '0.0052', per: 60, model: '*nova-3*', when: { language: 'multi' }, ...LLMOBSERVE },
    { unit: 'audio_seconds', usd: '0.0043', per: 60, model: '*nova*', ...LLMOBSERVE },
    { unit: 'audio_seconds', usd: '0.0145', per: 60, model: '*enhanced*', ...LLMOBSERVE },
    { unit: 'audio_seconds', usd: '0.0125', per: 60, model: '*base*', ...LLMOBSERVE },
    { unit: 'audio_seconds', usd: '0.0048', per: 60, model: '*whisper*', ...LLMOBSERVE },
    { unit: 'characters', usd: '0.030', per: 1000, model: 'aura-2*', ...LLMOBSERVE },
    { unit: 'characters', usd: '0.015', per: 1000, model: 'aura-*', ...LLMOBSERVE },
    { unit: 'input_tokens', usd: '0.0003', per: 1000, when: { insights: 'yes' }, ...LLMOBSERVE },
    { unit: 'output_tokens', usd: '0.0006', per: 1000, when: { insights: 'yes' }, ...LLMOBSERVE },
  ],
  limits: [
    'Live transcription, live speech and voice agents run over WebSockets: named, not counted.',
    'With `callback` the result goes elsewhere: the answer states no duration.',
    'Options (redaction, key terms, diarisation, entities) cost extra and are not in the price.',
  ],
} satisfies Provider;
