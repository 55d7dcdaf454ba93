import type { HandBill } from './bill.ts';

export const OPENAI_BILLS: readonly HandBill[] = [
  {
    call: 'GPT-4o with cached input',
    ask: { provider: 'openai', model: 'gpt-4o-2024-08-06', host: 'api.openai.com' },
    usage: { input_tokens: 1_500, output_tokens: 300, cache_read_tokens: 1_024 },
    prices: '2.50 in, 1.25 cached, 10 out per million',
    source: 'openai.com/api/pricing',
    // 476 x 2,500; 1,024 x 1,250; 300 x 10,000
    lines: [
      ['input_tokens', 1_190_000],
      ['cache_read_tokens', 1_280_000],
      ['output_tokens', 3_000_000],
    ],
    nanos: 5_470_000,
  },
  {
    call: 'GPT-4o mini',
    ask: { provider: 'openai', model: 'gpt-4o-mini-2024-07-18', host: 'api.openai.com' },
    usage: { input_tokens: 1_001, output_tokens: 33, cache_read_tokens: 1 },
    prices: '0.15 in, 0.075 cached, 0.60 out per million',
    source: 'openai.com/api/pricing',
    // 1,000 x 150; 1 x 75; 33 x 600
    lines: [
      ['input_tokens', 150_000],
      ['cache_read_tokens', 75],
      ['output_tokens', 19_800],
    ],
    nanos: 169_875,
  },
  {
    call: 'GPT-4o mini with priority: 5/3',
    ask: { provider: 'openai', model: 'gpt-4o-mini', host: 'api.openai.com', serviceTier: 'priority' },
    usage: { input_tokens: 1_001, output_tokens: 33, cache_read_tokens: 1 },
    prices: '0.25 in, 0.125 cached, 1 out per million',
    source: 'openai.com/api-priority-processing',
    // 1,000 x 250; 1 x 125; 33 x 1,000
    lines: [
      ['input_tokens', 250_000],
      ['cache_read_tokens', 125],
      ['output_tokens', 33_000],
    ],
    nanos: 283_125,
  },
  {
    call: 'o4-mini with priority: 20/11',
    ask: { provider: 'openai', model: 'o4-mini-2025-04-16', host: 'api.openai.com', serviceTier: 'priority' },
    usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 500, reasoning_tokens: 64 },
    prices: '2 in, 0.50 cached, 8 out per million',
    source: 'openai.com/api-priority-processing',
    // 500 x 2,000; 500 x 500; 100 x 8,000
    lines: [
      ['input_tokens', 1_000_000],
      ['cache_read_tokens', 250_000],
      ['output_tokens', 800_000],
    ],
    nanos: 2_050_000,
  },
  {
    call: 'o3 with flex',
    ask: { provider: 'openai', model: 'o3-2025-04-16', host: 'api.openai.com', serviceTier: 'flex' },
    usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 500, reasoning_tokens: 64 },
    prices: '2 in, 0.50 cached, 8 out per million; half with flex',
    source: 'openai.com/api/pricing',
    // 500 x 1,000; 500 x 250; 100 x 4,000
    lines: [
      ['input_tokens', 500_000],
      ['cache_read_tokens', 125_000],
      ['output_tokens', 400_000],
    ],
    nanos: 1_025_000,
  },
  {
    call: 'o3 before its price fell on 10 June 2025',
    ask: { provider: 'openai', model: 'o3', host: 'api.openai.com', at: Date.UTC(2025, 5, 9) },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '10 in, 40 out per million',
    source: 'openai.com/api/pricing',
    // 100 x 10,000; 10 x 40,000
    lines: [
      ['input_tokens', 1_000_000],
      ['output_tokens', 400_000],
    ],
    nanos: 1_400_000,
  },
  {
    call: 'GPT-5 with priority',
    ask: { provider: 'openai', model: 'gpt-5-2025-08-07', host: 'api.openai.com', serviceTier: 'priority' },
    usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 600 },
    prices: '2.50 in, 0.25 cached, 20 out per million',
    source: 'openai.com/api-priority-processing',
    // 400 x 2,500; 600 x 250; 100 x 20,000
    lines: [
      ['input_tokens', 1_000_000],
      ['cache_read_tokens', 150_000],
      ['output_tokens', 2_000_000],
    ],
    nanos: 3_150_000,
  },
  {
    call: 'GPT-5 mini with priority: 1.8 times',
    ask: { provider: 'openai', model: 'gpt-5-mini-2025-08-07', host: 'api.openai.com', serviceTier: 'priority' },
    usage: { input_tokens: 1_000, output_tokens: 10, cache_read_tokens: 100 },
    prices: '0.45 in, 0.045 cached, 3.60 out per million',
    source: 'openai.com/api-priority-processing',
    // 900 x 450; 100 x 45; 10 x 3,600
    lines: [
      ['input_tokens', 405_000],
      ['cache_read_tokens', 4_500],
      ['output_tokens', 36_000],
    ],
    nanos: 445_500,
  },
  {
    call: 'GPT-5 nano in a batch: half a nano-dollar is rounded up',
    ask: { provider: 'openai', model: 'gpt-5-nano-2025-08-07', host: 'api.openai.com', billing: 'batch' },
    usage: { input_tokens: 4, output_tokens: 1, cache_read_tokens: 1 },
    prices: '0.05 in, 0.005 cached, 0.40 out per million; half in batches',
    source: 'openai.com/api/pricing',
    // 3 x 25; 1 x 2.5; 1 x 200
    lines: [
      ['input_tokens', 75],
      ['cache_read_tokens', 3],
      ['output_tokens', 200],
    ],
    nanos: 278,
  },
  {
    call: 'GPT-5.4 at 271,999 input tokens',
    ask: { provider: 'openai', model: 'gpt-5.4-2026-03-05', host: 'api.openai.com' },
    usage: { input_tokens: 271_999, output_tokens: 10 },
    prices: '2.50 in, 15 out per million',
    source: 'openai.com/api/pricing',
    // 271,999 x 2,500; 10 x 15,000
    lines: [
      ['input_tokens', 679_997_500],
      ['output_tokens', 150_000],
    ],
    nanos: 680_147_500,
  },
  {
    call: 'GPT-5.4 at 272,000 input tokens: the long context price',
    ask: { provider: 'openai', model: 'gpt-5.4-2026-03-05', host: 'api.openai.com' },
    usage: { input_tokens: 272_000, output_tokens: 10 },
    prices: '5 in, 22.50 out per million from 272,000 on',
    source: 'openai.com/api/pricing',
    // 272,000 x 5,000; 10 x 22,500
    lines: [
      ['input_tokens', 1_360_000_000],
      ['output_tokens', 225_000],
    ],
    nanos: 1_360_225_000,
  },
  {
    call: 'GPT-5.5 with priority: 2.5 times',
    ask: { provider: 'openai', model: 'gpt-5.5-2026-04-23', host: 'api.openai.com', serviceTier: 'priority' },
    usage: { input_tokens: 1_000, output_tokens: 10, cache_read_tokens: 200 },
    prices: '12.50 in, 1.25 cached, 75 out per million',
    source: 'openai.com/api-priority-processing',
    // 800 x 12,500; 200 x 1,250; 10 x 75,000
    lines: [
      ['input_tokens', 10_000_000],
      ['cache_read_tokens', 250_000],
      ['output_tokens', 750_000],
    ],
    nanos: 11_000_000,
  },
  {
    call: 'GPT-5.4 at a data-residency host: 10 % more',
    ask: { provider: 'openai', model: 'gpt-5.4', host: 'eu.api.openai.com' },
    usage: { input_tokens: 1_000, output_tokens: 10 },
    prices: '2.50 in, 15 out per million; x 1.1',
    source: 'developers.openai.com/api/docs/guides/data-residency',
    // 1,000 x 2,750; 10 x 16,500
    lines: [
      ['input_tokens', 2_750_000],
      ['output_tokens', 165_000],
    ],
    nanos: 2_915_000,
  },
  {
    call: 'GPT-4o at the same host: it is older, no surcharge',
    ask: { provider: 'openai', model: 'gpt-4o', host: 'eu.api.openai.com' },
    usage: { input_tokens: 10, output_tokens: 1 },
    prices: '2.50 in, 10 out per million',
    source: 'developers.openai.com/api/docs/guides/data-residency',
    // 10 x 2,500; 1 x 10,000
    lines: [
      ['input_tokens', 25_000],
      ['output_tokens', 10_000],
    ],
    nanos: 35_000,
  },
  {
    call: 'GPT-6 Sol with a cache write',
    ask: { provider: 'openai', model: 'gpt-6-sol', host: 'api.openai.com' },
    usage: { input_tokens: 3_000, output_tokens: 10, cache_read_tokens: 1_000, cache_write_tokens: 1_000 },
    prices: '2 in, 0.20 cached, 2.50 write, 10 out per million',
    source: 'openai.com/api/pricing',
    // 1,000 x 2,000; 1,000 x 200; 1,000 x 2,500; 10 x 10,000
    lines: [
      ['input_tokens', 2_000_000],
      ['cache_read_tokens', 200_000],
      ['cache_write_tokens', 2_500_000],
      ['output_tokens', 100_000],
    ],
    nanos: 4_800_000,
  },
  {
    call: 'embeddings',
    ask: { provider: 'openai', model: 'text-embedding-3-small', host: 'api.openai.com', operation: 'embeddings' },
    usage: { input_tokens: 1_537 },
    prices: '0.02 in per million',
    source: 'openai.com/api/pricing',
    // 1,537 x 20
    lines: [['input_tokens', 30_740]],
    nanos: 30_740,
  },
  {
    call: 'embeddings in a batch',
    ask: {
      provider: 'openai',
      model: 'text-embedding-3-large',
      host: 'api.openai.com',
      operation: 'embeddings',
      billing: 'batch',
    },
    usage: { input_tokens: 1_001 },
    prices: '0.13 in per million; half in batches',
    source: 'openai.com/api/pricing',
    // 1,001 x 65
    lines: [['input_tokens', 65_065]],
    nanos: 65_065,
  },
];
