import { provider as perplexity } from '../../../../src/providers/perplexity.ts';
import type { HandBill } from './bill.ts';

export const OTHER_BILLS: readonly HandBill[] = [
  {
    call: 'Llama with flex, which costs nothing more',
    ask: { provider: 'groq', model: 'llama-3.3-70b-versatile', serviceTier: 'flex' },
    usage: { input_tokens: 1_000, output_tokens: 100 },
    prices: '0.59 in, 0.79 out per million',
    source: 'groq.com/pricing',
    // 1,000 x 590; 100 x 790
    lines: [
      ['input_tokens', 590_000],
      ['output_tokens', 79_000],
    ],
    nanos: 669_000,
  },
  {
    call: 'Llama in a batch',
    ask: { provider: 'groq', model: 'llama-3.3-70b-versatile', billing: 'batch' },
    usage: { input_tokens: 1_001, output_tokens: 101 },
    prices: '0.59 in, 0.79 out per million; half in batches',
    source: 'groq.com/pricing',
    // 1,001 x 295; 101 x 395
    lines: [
      ['input_tokens', 295_295],
      ['output_tokens', 39_895],
    ],
    nanos: 335_190,
  },
  {
    call: 'Whisper, 4 seconds: 10 are billed',
    ask: { provider: 'groq', model: 'whisper-large-v3-turbo', operation: 'audio_transcription' },
    usage: { units: { audio_seconds: 4 } },
    prices: '0.04 an hour, at least 10 seconds',
    source: 'groq.com/pricing',
    // 10 x 11,111.11
    lines: [['audio_seconds', 111_111]],
    nanos: 111_111,
  },
  {
    call: 'Whisper, 95 seconds',
    ask: { provider: 'groq', model: 'whisper-large-v3-turbo', operation: 'audio_transcription' },
    usage: { units: { audio_seconds: 95 } },
    prices: '0.04 an hour',
    source: 'groq.com/pricing',
    // 95 x 11,111.11 = 1,055,555.56
    lines: [['audio_seconds', 1_055_556]],
    nanos: 1_055_556,
  },
  {
    call: 'V4 Flash in the busy hours',
    ask: { provider: 'deepseek', model: 'deepseek-v4-flash', at: Date.UTC(2026, 10, 21, 2) },
    usage: { input_tokens: 1_000, output_tokens: 10, cache_read_tokens: 999 },
    prices: '0.44 in, 0.014 cached, 1.32 out per million from 01:00 to 04:00 UTC',
    source: 'api-docs.deepseek.com/quick_start/pricing',
    // 1 x 440; 999 x 14; 10 x 1,320
    lines: [
      ['input_tokens', 440],
      ['cache_read_tokens', 13_986],
      ['output_tokens', 13_200],
    ],
    nanos: 27_626,
  },
  {
    call: 'V4 Flash at noon',
    ask: { provider: 'deepseek', model: 'deepseek-v4-flash' },
    usage: { input_tokens: 1_000, output_tokens: 10, cache_read_tokens: 999 },
    prices: '0.22 in, 0.007 cached, 0.66 out per million',
    source: 'api-docs.deepseek.com/quick_start/pricing',
    // 1 x 220; 999 x 7; 10 x 660
    lines: [
      ['input_tokens', 220],
      ['cache_read_tokens', 6_993],
      ['output_tokens', 6_600],
    ],
    nanos: 13_813,
  },
  {
    call: 'Small',
    ask: { provider: 'mistral', model: 'mistral-small-latest' },
    usage: { input_tokens: 999, output_tokens: 7 },
    prices: '0.10 in, 0.30 out per million',
    source: 'mistral.ai/pricing',
    // 999 x 100; 7 x 300
    lines: [
      ['input_tokens', 99_900],
      ['output_tokens', 2_100],
    ],
    nanos: 102_000,
  },
  {
    call: 'OCR by pages',
    ask: { provider: 'mistral', model: 'mistral-ocr-latest', operation: 'ocr' },
    usage: { units: { pages: 3 } },
    prices: '4 per 1,000 pages since 23 June 2026',
    source: 'mistral.ai/pricing',
    // 3 x 4,000,000
    lines: [['pages', 12_000_000]],
    nanos: 12_000_000,
  },
  {
    call: 'OCR of 2025',
    ask: { provider: 'mistral', model: 'mistral-ocr-latest', operation: 'ocr', at: Date.UTC(2025, 6, 1) },
    usage: { units: { pages: 3 } },
    prices: '1 per 1,000 pages before 18 December 2025',
    source: 'mistral.ai/pricing',
    // 3 x 1,000,000
    lines: [['pages', 3_000_000]],
    nanos: 3_000_000,
  },
  {
    call: 'OCR in a batch',
    ask: { provider: 'mistral', model: 'mistral-ocr-latest', operation: 'ocr', billing: 'batch' },
    usage: { units: { pages: 3 } },
    prices: '4 per 1,000 pages; half in batches',
    source: 'docs.mistral.ai/capabilities/batch',
    // 3 x 2,000,000
    lines: [['pages', 6_000_000]],
    nanos: 6_000_000,
  },
  {
    call: 'transcription',
    ask: { provider: 'mistral', model: 'voxtral-mini-latest', operation: 'audio_transcription' },
    usage: { units: { audio_seconds: 60 } },
    prices: '0.18 an hour',
    source: 'mistral.ai/pricing',
    // 60 x 50,000
    lines: [['audio_seconds', 3_000_000]],
    nanos: 3_000_000,
  },
  {
    call: 'Command R7B: 37.5 nano-dollars a token',
    ask: { provider: 'cohere', model: 'command-r7b-12-2024' },
    usage: { input_tokens: 3, output_tokens: 1 },
    prices: '0.0375 in, 0.15 out per million',
    source: 'cohere.com/pricing',
    // 3 x 37.5 = 112.5; 1 x 150
    lines: [
      ['input_tokens', 113],
      ['output_tokens', 150],
    ],
    nanos: 263,
  },
  {
    call: 'Grok 4.3 at 200,000 tokens: the long context price',
    ask: { provider: 'xai', model: 'grok-4.3' },
    usage: { input_tokens: 200_000, output_tokens: 10 },
    prices: '2.50 in, 5 out per million from 200,000 on',
    source: 'docs.x.ai/docs/models',
    // 200,000 x 2,500; 10 x 5,000
    lines: [
      ['input_tokens', 500_000_000],
      ['output_tokens', 50_000],
    ],
    nanos: 500_050_000,
  },
  {
    call: 'Grok 4.3 in a batch: a fifth less',
    ask: { provider: 'xai', model: 'grok-4.3', billing: 'batch' },
    usage: { input_tokens: 1_000, output_tokens: 10 },
    prices: '1.25 in, 2.50 out per million; x 0.8',
    source: 'litellm model_prices_and_context_window.json',
    // 1,000 x 1,000; 10 x 2,000
    lines: [
      ['input_tokens', 1_000_000],
      ['output_tokens', 20_000],
    ],
    nanos: 1_020_000,
  },
  {
    call: 'what xAI says itself, in ticks of 1e-10 dollars',
    ask: { provider: 'xai', model: 'grok-4.3', providerCostUsd: 0.0012345678 },
    usage: { input_tokens: 1_000, output_tokens: 10 },
    prices: '12,345,678 ticks',
    source: 'the answer',
    // 12,345,678 / 10
    lines: [['provider_cost', 1_234_568]],
    nanos: 1_234_568,
  },
  {
    call: 'what Perplexity says itself',
    ask: { provider: 'perplexity', model: 'sonar', providerCostUsd: 0.00512 },
    usage: { input_tokens: 10, output_tokens: 20 },
    prices: '0.00512',
    source: 'the answer',
    // 0.00512 dollars
    lines: [['provider_cost', 5_120_000]],
    nanos: 5_120_000,
  },
  {
    call: 'Sonar when the answer names no cost',
    ask: { provider: 'perplexity', model: 'sonar', dims: { search_context_size: 'low' } },
    usage: { input_tokens: 10, output_tokens: 20, units: { requests: 1 } },
    prices: '1 in, 1 out per million; 5, 8 or 12 per 1,000 requests, by how much is searched',
    source: 'docs.perplexity.ai/getting-started/pricing',
    // 10 x 1,000; 20 x 1,000; 1 x 5,000,000
    lines: [
      ['input_tokens', 10_000],
      ['output_tokens', 20_000],
      ['requests', 5_000_000],
    ],
    nanos: 5_030_000,
    listed: perplexity.prices,
  },
  {
    call: 'what OpenRouter says itself, rounded half up',
    ask: { provider: 'openrouter', model: 'anthropic/claude-sonnet-4', providerCostUsd: 0.0001234565 },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '0.0001234565',
    source: 'the answer',
    // 123,456.5
    lines: [['provider_cost', 123_457]],
    nanos: 123_457,
  },
  {
    call: 'OpenRouter when the answer names no cost',
    ask: { provider: 'openrouter', model: 'anthropic/claude-sonnet-4' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '3 in, 15 out per million',
    source: 'openrouter.ai/models',
    // 100 x 3,000; 10 x 15,000
    lines: [
      ['input_tokens', 300_000],
      ['output_tokens', 150_000],
    ],
    nanos: 450_000,
  },
];
