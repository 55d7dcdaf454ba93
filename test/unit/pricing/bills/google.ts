import type { HandBill } from './bill.ts';

export const GOOGLE_BILLS: readonly HandBill[] = [
  {
    call: '2.5 Pro at 200,000 tokens',
    ask: { provider: 'google', model: 'gemini-2.5-pro' },
    usage: { input_tokens: 200_000, output_tokens: 1_000 },
    prices: '1.25 in, 10 out per million up to 200k',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 200,000 x 1,250; 1,000 x 10,000
    lines: [
      ['input_tokens', 250_000_000],
      ['output_tokens', 10_000_000],
    ],
    nanos: 260_000_000,
  },
  {
    call: '2.5 Pro one token later',
    ask: { provider: 'google', model: 'gemini-2.5-pro' },
    usage: { input_tokens: 200_001, output_tokens: 1_000, reasoning_tokens: 800 },
    prices: '2.50 in, 15 out per million above 200k',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 200,001 x 2,500; 1,000 x 15,000
    lines: [
      ['input_tokens', 500_002_500],
      ['output_tokens', 15_000_000],
    ],
    nanos: 515_002_500,
  },
  {
    call: '2.5 Pro, over the step by its cached tokens only',
    ask: { provider: 'google', model: 'gemini-2.5-pro' },
    usage: { input_tokens: 200_001, output_tokens: 1_000, cache_read_tokens: 150_000 },
    prices: '2.50 in, 0.25 cached, 15 out per million above 200k',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 50,001 x 2,500; 150,000 x 250; 1,000 x 15,000
    lines: [
      ['input_tokens', 125_002_500],
      ['cache_read_tokens', 37_500_000],
      ['output_tokens', 15_000_000],
    ],
    nanos: 177_502_500,
  },
  {
    call: '2.5 Flash with sound, some of it cached',
    ask: { provider: 'google', model: 'gemini-2.5-flash' },
    usage: {
      input_tokens: 1_000,
      output_tokens: 50,
      cache_read_tokens: 200,
      cache_read_audio_tokens: 100,
      input_audio_tokens: 600,
      reasoning_tokens: 20,
    },
    prices: '0.30 in, 0.03 cached, 2.50 out; sound 1 in, 0.10 cached per million',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 300 x 300; 100 x 30; 100 x 100; 500 x 1,000; 50 x 2,500
    lines: [
      ['input_tokens', 90_000],
      ['cache_read_tokens', 3_000],
      ['cache_read_audio_tokens', 10_000],
      ['input_audio_tokens', 500_000],
      ['output_tokens', 125_000],
    ],
    nanos: 728_000,
  },
  {
    call: '2.5 Flash with flex: half, but what is cached costs as ever',
    ask: { provider: 'google', model: 'gemini-2.5-flash', serviceTier: 'flex' },
    usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 400 },
    prices: '0.30 in, 0.03 cached, 2.50 out per million; flex 0.15, 0.03, 1.25',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 600 x 150; 400 x 30; 100 x 1,250
    lines: [
      ['input_tokens', 90_000],
      ['cache_read_tokens', 12_000],
      ['output_tokens', 125_000],
    ],
    nanos: 227_000,
  },
  {
    call: 'Vertex, flex by its traffic type',
    ask: { provider: 'vertex', model: 'gemini-2.5-flash-lite', serviceTier: 'ON_DEMAND_FLEX' },
    usage: { input_tokens: 1_001, output_tokens: 1 },
    prices: '0.10 in, 0.40 out per million; half with flex',
    source: 'cloud.google.com/vertex-ai/generative-ai/pricing',
    // 1,001 x 50; 1 x 200
    lines: [
      ['input_tokens', 50_050],
      ['output_tokens', 200],
    ],
    nanos: 50_250,
  },
  {
    call: 'Vertex, on demand',
    ask: { provider: 'vertex', model: 'gemini-2.5-flash-lite', serviceTier: 'ON_DEMAND' },
    usage: { input_tokens: 1_001, output_tokens: 1 },
    prices: '0.10 in, 0.40 out per million',
    source: 'cloud.google.com/vertex-ai/generative-ai/pricing',
    // 1,001 x 100; 1 x 400
    lines: [
      ['input_tokens', 100_100],
      ['output_tokens', 400],
    ],
    nanos: 100_500,
  },
  {
    call: 'Vertex, provisioned throughput: paid in advance',
    ask: { provider: 'vertex', model: 'gemini-2.5-flash-lite', serviceTier: 'PROVISIONED_THROUGHPUT' },
    usage: { input_tokens: 10, output_tokens: 1 },
    prices: '0.10 in, 0.40 out per million',
    source: 'cloud.google.com/vertex-ai/generative-ai/pricing',
    // 10 x 100; 1 x 400
    lines: [
      ['input_tokens', 1_000],
      ['output_tokens', 400],
    ],
    nanos: 1_400,
    confidence: 'partial',
  },
  {
    call: '3 Flash with priority: 1.8 times',
    ask: { provider: 'google', model: 'gemini-3-flash-preview', serviceTier: 'priority' },
    usage: { input_tokens: 1_000, output_tokens: 10, cache_read_tokens: 100 },
    prices: '0.50 in, 0.05 cached, 3 out per million; priority 0.90, 0.09, 5.40',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 900 x 900; 100 x 90; 10 x 5,400
    lines: [
      ['input_tokens', 810_000],
      ['cache_read_tokens', 9_000],
      ['output_tokens', 54_000],
    ],
    nanos: 873_000,
  },
  {
    call: '3.1 Pro in a batch above 200k: step, half, cache in full',
    ask: { provider: 'google', model: 'gemini-3.1-pro-preview', billing: 'batch' },
    usage: { input_tokens: 250_000, output_tokens: 100, cache_read_tokens: 50_000 },
    prices: '4 in, 0.40 cached, 18 out per million above 200k; batch 2, 0.40, 9',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 200,000 x 2,000; 50,000 x 400; 100 x 9,000
    lines: [
      ['input_tokens', 400_000_000],
      ['cache_read_tokens', 20_000_000],
      ['output_tokens', 900_000],
    ],
    nanos: 420_900_000,
  },
  {
    call: '3 Pro Image: text and image out',
    ask: { provider: 'google', model: 'gemini-3-pro-image-preview' },
    usage: { input_tokens: 300, output_tokens: 1_200, output_image_tokens: 1_120, units: { images: 1 } },
    prices: '2 in, 12 out, image 120 out per million',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 300 x 2,000; 80 x 12,000; 1,120 x 120,000
    lines: [
      ['input_tokens', 600_000],
      ['output_tokens', 960_000],
      ['output_image_tokens', 134_400_000],
    ],
    nanos: 135_960_000,
  },
  {
    call: 'embeddings',
    ask: { provider: 'google', model: 'gemini-embedding-001', operation: 'embeddings' },
    usage: { input_tokens: 500 },
    prices: '0.15 in per million',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 500 x 150
    lines: [['input_tokens', 75_000]],
    nanos: 75_000,
  },
  {
    call: '3.8 Flash at its price of introduction',
    ask: { provider: 'google', model: 'gemini-3.8-flash', at: Date.UTC(2026, 11, 31, 23) },
    usage: { input_tokens: 1_000, output_tokens: 100 },
    prices: '0.75 in, 3.75 out per million until the end of 2026',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 1,000 x 750; 100 x 3,750
    lines: [
      ['input_tokens', 750_000],
      ['output_tokens', 375_000],
    ],
    nanos: 1_125_000,
  },
  {
    call: '3.8 Flash afterwards',
    ask: { provider: 'google', model: 'gemini-3.8-flash', at: Date.UTC(2027, 0, 1) },
    usage: { input_tokens: 1_000, output_tokens: 100 },
    prices: '1.50 in, 7.50 out per million from 2027 on',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 1,000 x 1,500; 100 x 7,500
    lines: [
      ['input_tokens', 1_500_000],
      ['output_tokens', 750_000],
    ],
    nanos: 2_250_000,
  },
  {
    call: 'a model named by its path',
    ask: { provider: 'google', model: 'models/gemini-2.5-flash-lite' },
    usage: { input_tokens: 10, output_tokens: 1 },
    prices: '0.10 in, 0.40 out per million',
    source: 'ai.google.dev/gemini-api/docs/pricing',
    // 10 x 100; 1 x 400
    lines: [
      ['input_tokens', 1_000],
      ['output_tokens', 400],
    ],
    nanos: 1_400,
  },
];
