import type { ListPrice } from '../../core/list-price.ts';
import { LITELLM, LLMOBSERVE } from './price-sources.ts';

const SPEECH = { service: 'speech' } as const;

/** Pay as you go. */
export const AZURE_SPEECH_PRICES: readonly ListPrice[] = [
  { unit: 'characters', usd: '30', per: 1_000_000, model: '*HD*', operation: 'speech', when: SPEECH, ...LITELLM },
  {
    unit: 'characters',
    usd: '15',
    per: 1_000_000,
    operation: 'speech|fetch_batch_speech',
    when: SPEECH,
    ...LITELLM,
  },
  { unit: 'audio_seconds', usd: '1', per: 3600, operation: 'transcription', when: SPEECH, ...LITELLM },
  {
    unit: 'audio_seconds',
    usd: '0.18',
    per: 3600,
    operation: 'fetch_batch_transcription',
    when: SPEECH,
    ...LLMOBSERVE,
  },
];
