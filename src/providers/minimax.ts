import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { UsageMap } from './families/usage-map.ts';
import { MINIMAX_PRICES } from './families/unit-prices.ts';
import type { Provider } from './provider.ts';

const EMBEDDINGS_USAGE: UsageMap = {
  tokens: { input_tokens: ['usage.prompt_tokens', 'usage.total_tokens', 'total_tokens'] },
};
const SPEECH_USAGE: UsageMap = {
  tokens: {},
  units: { characters: ['extra_info.usage_characters', 'usage_characters'] },
};
const IMAGE_USAGE: UsageMap = { tokens: {}, units: { images: 'metadata.success_count' } };

export const provider = {
  id: 'minimax',
  title: 'MiniMax',
  // The second is the mainland's, the third the first one's old name.
  hosts: ['api.minimax.io', 'api.minimaxi.com', 'api.minimax.chat'],
  intercept: true,
  endpoints: [
    // Its own embeddings state nothing but a total, beside the vectors.
    { method: 'POST', path: '/v1/embeddings', operation: 'embeddings', usage: EMBEDDINGS_USAGE },
    ...openaiCompatible('/v1'),
    { method: 'POST', path: '/v1/text/chatcompletion_v2', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/v1/text/chatcompletion_pro', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/v1/text/chatcompletion', operation: 'chat', family: 'openai-chat' },
    ...anthropicInference('/anthropic/v1'),
    { method: 'POST', path: '/v1/t2a_v2', operation: 'speech', usage: SPEECH_USAGE },
    { method: 'POST', path: '/v1/t2a_async_v2', operation: 'speech', usage: SPEECH_USAGE },
    { method: 'POST', path: '/v1/image_generation', operation: 'image_generation', usage: IMAGE_USAGE },
    { method: 'POST', path: '/v1/video_generation', operation: 'video_generation' },
    { method: 'POST', path: '/v1/music_generation', operation: 'music_generation' },
    ...controls('/v1', 'query', 'get_voice', 'voice_clone', 'voice_design', 'delete_voice'),
  ],
  limits: [
    'The oldest chat endpoint states only the sum of input and output: such an answer is not counted, and is flagged.',
  ],
  prices: MINIMAX_PRICES,
} satisfies Provider;
