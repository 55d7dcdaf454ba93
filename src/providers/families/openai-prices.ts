import type { ListPrice } from '../../core/list-price.ts';
import { LLMOBSERVE } from './price-sources.ts';
import { OPENAI_COMPLETION_PRICES } from './token-prices-clouds.ts';

const LITELLM = { asOf: '2026-11-21', source: 'litellm 1.109.1 model_prices_and_context_window.json' } as const;

const image = (model: string, usd: string, when: Readonly<Record<string, string>>): ListPrice => ({
  unit: 'images',
  usd,
  per: 1,
  model,
  when,
  ...LLMOBSERVE,
});

const audio = (model: string, input: string, output: string): ListPrice[] => [
  { unit: 'input_audio_tokens', usd: input, per: 1_000_000, model, ...LITELLM },
  { unit: 'output_audio_tokens', usd: output, per: 1_000_000, model, ...LITELLM },
];

/**
 * What OpenAI bills and the price table lacks. What a request leaves out is what the API then takes: 1024x1024, standard.
 * GPT images are not here: their answers count tokens.
 */
export const OPENAI_PRICES: readonly ListPrice[] = [
  image('dall-e-3', '0.04', { size: '1024x1024|', quality: 'standard|auto|' }),
  image('dall-e-3', '0.08', { size: '1024x1792|1792x1024', quality: 'standard|auto|' }),
  image('dall-e-3', '0.08', { size: '1024x1024|', quality: 'hd' }),
  image('dall-e-3', '0.12', { size: '1024x1792|1792x1024', quality: 'hd' }),
  image('dall-e-2', '0.02', { size: '1024x1024|' }),
  image('dall-e-2', '0.018', { size: '512x512' }),
  image('dall-e-2', '0.016', { size: '256x256' }),
  { unit: 'characters', usd: '15', per: 1_000_000, model: 'tts-1|tts-1-1106', ...LITELLM },
  { unit: 'characters', usd: '30', per: 1_000_000, model: 'tts-1-hd|tts-1-hd-1106', ...LITELLM },
  { unit: 'video_seconds', usd: '0.1', per: 1, model: 'sora-2', ...LITELLM },
  { unit: 'video_seconds', usd: '0.3', per: 1, model: 'sora-2-pro', when: { size: '1280x720|720x1280|' }, ...LITELLM },
  { unit: 'video_seconds', usd: '0.5', per: 1, model: 'sora-2-pro', when: { size: '1792x1024|1024x1792' }, ...LITELLM },
  ...OPENAI_COMPLETION_PRICES,
  // The table prices their text only.
  ...audio('gpt-4o-audio-preview*', '40', '80'),
  ...audio('gpt-4o-mini-audio-preview*', '10', '20'),
];
