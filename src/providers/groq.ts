import { openaiCompatible } from './families/openai-endpoints.ts';
import { GROQ_PRICES } from './families/unit-prices.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'groq',
  title: 'Groq',
  hosts: ['api.groq.com'],
  intercept: true,
  requestIdHeaders: ['x-request-id'],
  endpoints: [...openaiCompatible('/openai/v1')],
  limits: ['Whisper is paid by the duration of the audio, which its answer states only in the format verbose_json.'],
  prices: GROQ_PRICES,
} satisfies Provider;
