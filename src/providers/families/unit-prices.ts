/** What providers of models bill by another measure than tokens, and the price table lacks. */
import type { ListPrice } from '../../core/list-price.ts';
import { MISTRAL_TOKEN_PRICES } from './token-prices-clouds.ts';
import { OPENAI_PRICES } from './openai-prices.ts';

const SEEN = { asOf: '2026-11-21', source: 'litellm 1.109.1 model_prices_and_context_window.json' } as const;
const MILLION = 1_000_000;

const characters = (model: string, usd: string): ListPrice => ({
  unit: 'characters',
  usd,
  per: MILLION,
  model,
  ...SEEN,
});
const images = (model: string, usd: string): ListPrice => ({ unit: 'images', usd, per: 1, model, ...SEEN });
const video = (model: string, usd: string, resolution?: string): ListPrice => ({
  unit: 'video_seconds',
  usd,
  per: 1,
  model,
  ...(resolution === undefined ? {} : { when: { resolution } }),
  ...SEEN,
});

/** Azure names models as OpenAI does and charges the same, but for speech in high definition. */
export const AZURE_PRICES: readonly ListPrice[] = [
  characters('tts-1-hd*|tts-hd*', '33'),
  characters('tts', '15'),
  { unit: 'audio_seconds', usd: '0.36', per: 3600, model: 'whisper*', ...SEEN },
  ...OPENAI_PRICES.filter(({ model }) => model?.startsWith('tts-1-hd') !== true),
];

/** Of the Gemini API and of Vertex AI. */
export const GOOGLE_PRICES: readonly ListPrice[] = [
  images('imagen-3.0-fast-generate*', '0.02'),
  images('imagen-3.0-generate*', '0.04'),
  video('veo-2.0-generate*', '0.5'),
  video('veo-3.0-generate*', '0.4'),
  video('veo-3.0-fast-generate*', '0.1', '720p|'),
  video('veo-3.0-fast-generate*', '0.12', '1080p'),
  video('veo-3.1-generate*', '0.4', '720p|1080p|'),
  video('veo-3.1-generate*', '0.6', '4k'),
  video('veo-3.1-fast-generate*', '0.1', '720p|'),
  video('veo-3.1-fast-generate*', '0.12', '1080p'),
  video('veo-3.1-fast-generate*', '0.3', '4k'),
  video('veo-3.1-lite-generate*', '0.05', '720p|'),
  video('veo-3.1-lite-generate*', '0.08', '1080p'),
];

export const COHERE_PRICES: readonly ListPrice[] = [
  {
    unit: 'search_units',
    usd: '2',
    per: 1000,
    model: 'rerank-v3.5|rerank-english-v3.0|rerank-multilingual-v3.0',
    ...SEEN,
  },
  { unit: 'search_units', usd: '2', per: 1000, model: 'rerank-v4.0-fast', ...SEEN },
  { unit: 'search_units', usd: '2.5', per: 1000, model: 'rerank-v4.0-pro', ...SEEN },
  { unit: 'input_tokens', usd: '0.05', per: MILLION, model: 'rerank-v5.0-pro', ...SEEN },
  { unit: 'input_tokens', usd: '0.02', per: MILLION, model: 'rerank-v5.0-fast', ...SEEN },
  { unit: 'input_tokens', usd: '0.12', per: MILLION, model: 'embed-v4.0|embed-v5.0-pro', ...SEEN },
  { unit: 'input_tokens', usd: '0.08', per: MILLION, model: 'embed-v5.0-fast', ...SEEN },
  {
    unit: 'input_tokens',
    usd: '0.1',
    per: MILLION,
    model: 'embed-english-v3.0|embed-multilingual-v3.0|embed-english-light-v3.0',
    ...SEEN,
  },
  { unit: 'input_image_tokens', usd: '0.47', per: MILLION, model: 'embed-v4.0', ...SEEN },
  { unit: 'images', usd: '0.0001', per: 1, model: 'embed-english-v3.0', ...SEEN },
];

export const XAI_PRICES: readonly ListPrice[] = [
  images('grok-imagine-image|grok-imagine-image-2026-03-02', '0.02'),
  images('grok-imagine-image-quality*|grok-imagine-image-pro', '0.05'),
  { unit: 'audio_seconds', usd: '0.1', per: 3600, model: 'grok-voice-transcribe-*', ...SEEN },
];

export const GROQ_PRICES: readonly ListPrice[] = [
  characters('canopylabs/orpheus-v1-english', '22'),
  characters('canopylabs/orpheus-arabic-saudi', '40'),
];

export const MISTRAL_PRICES: readonly ListPrice[] = [
  ...MISTRAL_TOKEN_PRICES,
  characters('voxtral-mini-tts-latest|voxtral-mini-tts-2603', '16'),
  characters('voxtral-mini-tts-3*', '13'),
  { unit: 'audio_seconds', usd: '0.0001', per: 1, model: 'voxtral-mini-transcribe-realtime-2602', ...SEEN },
  {
    unit: 'audio_seconds',
    usd: '0.0035',
    per: 60,
    model: 'voxtral-mini-transcribe-3|voxtral-mini-transcribe-3-0',
    ...SEEN,
  },
  {
    unit: 'audio_seconds',
    usd: '0.004',
    per: 60,
    model: 'voxtral-small-transcribe-3|voxtral-small-transcribe-3-0',
    ...SEEN,
  },
];

export const MINIMAX_PRICES: readonly ListPrice[] = [
  characters('speech-02-hd|speech-2.6-hd', '100'),
  characters('speech-02-turbo|speech-2.6-turbo', '60'),
];
