import type { HandBill } from './bill.ts';

export const OPENAI_MEDIA_BILLS: readonly HandBill[] = [
  {
    call: 'a search in files that OpenAI keeps',
    ask: { provider: 'openai', model: 'gpt-5-2025-08-07', host: 'api.openai.com', operation: 'responses' },
    usage: { input_tokens: 1_000, output_tokens: 100, units: { file_searches: 2 } },
    prices: '1.25 in, 10 out per million; 2.50 a thousand searches',
    source: 'openai.com/api/pricing',
    // 1,000 x 1,250; 100 x 10,000; 2 x 2,500,000
    lines: [
      ['input_tokens', 1_250_000],
      ['output_tokens', 1_000_000],
      ['file_searches', 5_000_000],
    ],
    nanos: 7_250_000,
  },
  {
    call: 'realtime: text, sound and both from the cache',
    ask: { provider: 'openai', model: 'gpt-realtime-2025-08-28', host: 'api.openai.com', operation: 'realtime' },
    usage: {
      input_tokens: 1_000,
      output_tokens: 150,
      cache_read_tokens: 200,
      cache_read_audio_tokens: 100,
      input_audio_tokens: 300,
      output_audio_tokens: 100,
    },
    prices: 'text 4 in, 0.40 cached, 16 out; sound 32 in, 0.40 cached, 64 out per million',
    source: 'openai.com/api/pricing',
    // 600 x 4,000; 100 x 400; 100 x 400; 200 x 32,000; 50 x 16,000; 100 x 64,000
    lines: [
      ['input_tokens', 2_400_000],
      ['cache_read_tokens', 40_000],
      ['cache_read_audio_tokens', 40_000],
      ['input_audio_tokens', 6_400_000],
      ['output_tokens', 800_000],
      ['output_audio_tokens', 6_400_000],
    ],
    nanos: 16_080_000,
  },
  {
    call: 'realtime: a picture that is in the cache, beside text and sound that are',
    ask: { provider: 'openai', model: 'gpt-realtime', host: 'api.openai.com', operation: 'realtime' },
    usage: {
      input_tokens: 2_000,
      output_tokens: 50,
      cache_read_tokens: 1_000,
      cache_read_audio_tokens: 100,
      cache_read_image_tokens: 700,
      input_audio_tokens: 300,
      input_image_tokens: 800,
    },
    prices: 'text 4 in, 0.40 cached, 16 out; sound 32 in, 0.40 cached; pictures 5 in, 0.50 cached per million',
    source: 'openai.com/api/pricing',
    // 900 text, of which 200 cached: 700 x 4,000; 200 x 400; 100 x 400; 700 x 500; 200 x 32,000; 100 x 5,000; 50 x 16,000
    lines: [
      ['input_tokens', 2_800_000],
      ['cache_read_tokens', 80_000],
      ['cache_read_audio_tokens', 40_000],
      ['cache_read_image_tokens', 350_000],
      ['input_audio_tokens', 6_400_000],
      ['input_image_tokens', 500_000],
      ['output_tokens', 800_000],
    ],
    nanos: 10_970_000,
  },
  {
    call: 'GPT-4o audio, of which the table prices the text only',
    ask: { provider: 'openai', model: 'gpt-4o-audio-preview-2024-12-17', host: 'api.openai.com' },
    usage: { input_tokens: 120, output_tokens: 60, input_audio_tokens: 100, output_audio_tokens: 50 },
    prices: 'text 2.50 in, 10 out; sound 40 in, 80 out per million',
    source: 'openai.com/api/pricing',
    // 20 x 2,500; 100 x 40,000; 10 x 10,000; 50 x 80,000
    lines: [
      ['input_tokens', 50_000],
      ['input_audio_tokens', 4_000_000],
      ['output_tokens', 100_000],
      ['output_audio_tokens', 4_000_000],
    ],
    nanos: 8_150_000,
  },
  {
    call: 'transcription by tokens',
    ask: { provider: 'openai', model: 'gpt-4o-transcribe', host: 'api.openai.com', operation: 'audio_transcription' },
    usage: { input_tokens: 150, output_tokens: 30, input_audio_tokens: 140 },
    prices: 'text 2.50 in, 10 out; sound 6 in per million',
    source: 'openai.com/api/pricing',
    // 10 x 2,500; 140 x 6,000; 30 x 10,000
    lines: [
      ['input_tokens', 25_000],
      ['input_audio_tokens', 840_000],
      ['output_tokens', 300_000],
    ],
    nanos: 1_165_000,
  },
  {
    call: 'Whisper, 37.5 seconds',
    ask: { provider: 'openai', model: 'whisper-1', host: 'api.openai.com', operation: 'audio_transcription' },
    usage: { units: { audio_seconds: 37.5 } },
    prices: '0.006 a minute',
    source: 'openai.com/api/pricing',
    // 37.5 x 100,000
    lines: [['audio_seconds', 3_750_000]],
    nanos: 3_750_000,
  },
  {
    call: 'Whisper, 12.345 seconds: no digit is lost',
    ask: { provider: 'openai', model: 'whisper-1', host: 'api.openai.com', operation: 'audio_transcription' },
    usage: { units: { audio_seconds: 12.345 } },
    prices: '0.006 a minute',
    source: 'openai.com/api/pricing',
    // 12.345 x 100,000
    lines: [['audio_seconds', 1_234_500]],
    nanos: 1_234_500,
  },
  {
    call: 'speech by characters',
    ask: { provider: 'openai', model: 'tts-1', host: 'api.openai.com', operation: 'speech' },
    usage: { units: { characters: 28 } },
    prices: '15 per million characters',
    source: 'openai.com/api/pricing',
    // 28 x 15,000
    lines: [['characters', 420_000]],
    nanos: 420_000,
  },
  {
    call: 'speech in high definition',
    ask: { provider: 'openai', model: 'tts-1-hd', host: 'api.openai.com', operation: 'speech' },
    usage: { units: { characters: 1_000 } },
    prices: '30 per million characters',
    source: 'openai.com/api/pricing',
    // 1,000 x 30,000
    lines: [['characters', 30_000_000]],
    nanos: 30_000_000,
  },
  {
    call: 'speech by tokens',
    ask: { provider: 'openai', model: 'gpt-4o-mini-tts', host: 'api.openai.com', operation: 'speech' },
    usage: { input_tokens: 12, output_tokens: 250, output_audio_tokens: 250 },
    prices: '0.60 in, 12 out per million',
    source: 'openai.com/api/pricing',
    // 12 x 600; 250 x 12,000
    lines: [
      ['input_tokens', 7_200],
      ['output_tokens', 3_000_000],
    ],
    nanos: 3_007_200,
  },
  {
    call: 'two wide DALL-E 3 images in HD',
    ask: {
      provider: 'openai',
      model: 'dall-e-3',
      host: 'api.openai.com',
      operation: 'image_generation',
      dims: { size: '1792x1024', quality: 'hd' },
    },
    usage: { units: { images: 2 } },
    prices: '0.12 each',
    source: 'openai.com/api/pricing',
    // 2 x 120,000,000
    lines: [['images', 240_000_000]],
    nanos: 240_000_000,
  },
  {
    call: 'a DALL-E 3 image, nothing said of size and quality',
    ask: { provider: 'openai', model: 'dall-e-3', host: 'api.openai.com', operation: 'image_generation' },
    usage: { units: { images: 1 } },
    prices: '0.04 each at 1024x1024, standard',
    source: 'openai.com/api/pricing',
    // 1 x 40,000,000
    lines: [['images', 40_000_000]],
    nanos: 40_000_000,
  },
  {
    call: 'three small DALL-E 2 images',
    ask: {
      provider: 'openai',
      model: 'dall-e-2',
      host: 'api.openai.com',
      operation: 'image_generation',
      dims: { size: '256x256' },
    },
    usage: { units: { images: 3 } },
    prices: '0.016 each',
    source: 'openai.com/api/pricing',
    // 3 x 16,000,000
    lines: [['images', 48_000_000]],
    nanos: 48_000_000,
  },
  {
    call: 'GPT Image, an edit: image tokens in, the image itself is not billed again',
    ask: { provider: 'openai', model: 'gpt-image-1', host: 'api.openai.com', operation: 'image_edit' },
    usage: {
      input_tokens: 330,
      output_tokens: 1_056,
      input_image_tokens: 320,
      output_image_tokens: 1_056,
      units: { images: 1 },
    },
    prices: 'text 5 in, image 10 in, 40 out per million',
    source: 'openai.com/api/pricing',
    // 10 x 5,000; 320 x 10,000; 1,056 x 40,000
    lines: [
      ['input_tokens', 50_000],
      ['input_image_tokens', 3_200_000],
      ['output_tokens', 42_240_000],
    ],
    nanos: 45_490_000,
  },
  {
    call: 'GPT Image 1.5: text and image out',
    ask: { provider: 'openai', model: 'gpt-image-1.5', host: 'api.openai.com', operation: 'image_generation' },
    usage: { input_tokens: 20, output_tokens: 1_100, output_image_tokens: 1_000, units: { images: 1 } },
    prices: 'text 5 in, 10 out; image 32 out per million',
    source: 'openai.com/api/pricing',
    // 20 x 5,000; 100 x 10,000; 1,000 x 32,000
    lines: [
      ['input_tokens', 100_000],
      ['output_tokens', 1_000_000],
      ['output_image_tokens', 32_000_000],
    ],
    nanos: 33_100_000,
  },
  {
    call: 'web searches',
    ask: { provider: 'openai', model: 'gpt-5', host: 'api.openai.com' },
    usage: { input_tokens: 1_000, output_tokens: 10, units: { web_searches: 2 } },
    prices: '1.25 in, 10 out per million; 10 per 1,000 searches',
    source: 'openai.com/api/pricing',
    // 1,000 x 1,250; 10 x 10,000; 2 x 10,000,000
    lines: [
      ['input_tokens', 1_250_000],
      ['output_tokens', 100_000],
      ['web_searches', 20_000_000],
    ],
    nanos: 21_350_000,
  },
  {
    call: 'eight seconds of large video',
    ask: {
      provider: 'openai',
      model: 'sora-2-pro',
      host: 'api.openai.com',
      operation: 'video_generation',
      dims: { size: '1792x1024' },
    },
    usage: { units: { video_seconds: 8 } },
    prices: '0.50 a second',
    source: 'openai.com/api/pricing',
    // 8 x 500,000,000
    lines: [['video_seconds', 4_000_000_000]],
    nanos: 4_000_000_000,
  },
  {
    call: 'a fine-tuned model costs what fine-tuned models cost',
    ask: { provider: 'openai', model: 'ft:gpt-4o-mini-2024-07-18:acme::abc123', host: 'api.openai.com' },
    usage: { input_tokens: 1_000, output_tokens: 100 },
    prices: '0.30 in, 1.20 out per million',
    source: 'openai.com/api/pricing',
    // 1,000 x 300; 100 x 1,200
    lines: [
      ['input_tokens', 300_000],
      ['output_tokens', 120_000],
    ],
    nanos: 420_000,
  },
  {
    call: 'flex of a model for which it is not published',
    ask: { provider: 'openai', model: 'gpt-4o', host: 'api.openai.com', serviceTier: 'flex' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '2.50 in, 10 out per million',
    source: 'openai.com/api/pricing',
    // 100 x 2,500; 10 x 10,000
    lines: [
      ['input_tokens', 250_000],
      ['output_tokens', 100_000],
    ],
    nanos: 350_000,
    confidence: 'partial',
  },
  {
    call: 'Codex on a ChatGPT subscription: what it would have cost',
    ask: { provider: 'chatgpt', model: 'gpt-5.1-codex', billing: 'subscription' },
    usage: { input_tokens: 1_000, output_tokens: 10, cache_read_tokens: 900 },
    prices: '1.25 in, 0.125 cached, 10 out per million',
    source: 'openai.com/api/pricing',
    // 100 x 1,250; 900 x 125; 10 x 10,000
    lines: [
      ['input_tokens', 125_000],
      ['cache_read_tokens', 112_500],
      ['output_tokens', 100_000],
    ],
    nanos: 337_500,
  },
  {
    call: 'Azure, by the model of the answer',
    ask: { provider: 'azure-openai', model: 'gpt-4o-2024-11-20', host: 'acme.openai.azure.com' },
    usage: { input_tokens: 1_000, output_tokens: 10 },
    prices: '2.50 in, 10 out per million',
    source: 'azure.microsoft.com/pricing/details/cognitive-services/openai-service',
    // 1,000 x 2,500; 10 x 10,000
    lines: [
      ['input_tokens', 2_500_000],
      ['output_tokens', 100_000],
    ],
    nanos: 2_600_000,
  },
  {
    call: 'Azure in a batch',
    ask: { provider: 'azure-openai', model: 'gpt-4o-mini-2024-07-18', billing: 'batch' },
    usage: { input_tokens: 1_001, output_tokens: 3 },
    prices: '0.15 in, 0.60 out per million; half in batches',
    source: 'azure.microsoft.com/pricing/details/cognitive-services/openai-service',
    // 1,001 x 75; 3 x 300
    lines: [
      ['input_tokens', 75_075],
      ['output_tokens', 900],
    ],
    nanos: 75_975,
  },
];
