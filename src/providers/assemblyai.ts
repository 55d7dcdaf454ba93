import { controls } from './families/control-endpoints.ts';
import type { Provider } from './provider.ts';
import { LLMOBSERVE } from './families/price-sources.ts';

const PAGE = { asOf: '2026-05', source: 'hivebook.wiki, AssemblyAI API' } as const;

export const provider = {
  id: 'assemblyai',
  title: 'AssemblyAI',
  hosts: ['assemblyai.com'],
  base: 'https://api.assemblyai.com',
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    // Submitted here, polled for below: the poll that finds it completed is counted, and only the first.
    {
      method: 'POST',
      path: '/v2/transcript',
      operation: 'transcription',
      units: [],
      model: ['req.body:$.speech_model', 'req.body:$.speech_models[0]'],
      job: 'res.body:$.id',
    },
    {
      method: 'GET',
      path: '/v2/transcript/{id}',
      operation: 'fetch_transcript',
      kind: 'reread',
      units: [{ unit: 'audio_seconds', from: 'res.body:$.audio_duration' }],
      model: ['res.body:$.speech_model_used', 'res.body:$.speech_model'],
      countWhen: 'res.body:$.status=completed',
      job: 'req.path:id',
    },
    ...['', '/live', '/stream'].map((end) => ({
      method: 'POST' as const,
      path: `/v1/transcribe${end}`,
      operation: 'transcription',
      units: [{ unit: 'audio_seconds' as const, from: 'res.body:$.audio_duration_ms/1000' }],
      model: ['req.body:$.config.model'],
    })),
    { method: 'WS', path: '/v3/ws', operation: 'transcription', model: ['req.query:speech_model'] },
    { method: 'WS', path: '/v2/realtime/ws', operation: 'transcription' },
    { method: 'POST', path: '/v1/chat/completions', operation: 'chat', family: 'openai-chat' },
    {
      method: 'POST',
      path: '/lemur/v3/generate/{task}',
      operation: 'text_completion',
      usage: { tokens: { input_tokens: 'usage.input_tokens', output_tokens: 'usage.output_tokens' } },
      model: ['req.body:$.final_model'],
    },
    ...controls('/v2', 'upload', 'transcript'),
    ...controls('/v3', 'token'),
    ...controls('/v1', 'warm', 'models'),
    { method: '*', path: '/lemur/v3/**', operation: 'lemur_admin', kind: 'control' },
  ],
  prices: [
    { unit: 'audio_seconds', usd: '0.21', per: 3600, model: 'universal-3*|u3-*', ...PAGE },
    { unit: 'audio_seconds', usd: '0.15', per: 3600, model: 'universal|universal-2|best|nano', ...LLMOBSERVE },
    { unit: 'audio_seconds', usd: '0.27', per: 3600, model: 'slam-1', ...LLMOBSERVE },
  ],
  limits: [
    'Streaming is billed by the time its WebSocket is open: named, not counted.',
    'A transcript that is never asked for (its result goes to a webhook) states its length to nobody here.',
    'Options such as key terms cost extra and are not in the price.',
  ],
} satisfies Provider;
