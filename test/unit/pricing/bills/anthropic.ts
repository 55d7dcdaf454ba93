import type { HandBill } from './bill.ts';

const source = 'platform.claude.com/docs/en/about-claude/pricing';
const sonnet45 =
  '3 in, 0.30 cache read, 3.75 write 5 m, 6 write 1 h, 15 out per million; above 200k: 6, 0.60, 7.50, 12, 22.50';
const opus5 = '5 in, 0.50 cache read, 6.25 write 5 m, 10 write 1 h, 25 out per million';
const haiku45 = '1 in, 0.10 cache read, 1.25 write 5 m, 2 write 1 h, 5 out per million';
const haiku3 = '0.25 in, 0.03 cache read, 0.30 write, 1.25 out per million';
const claude = (model: string) => ({ provider: 'anthropic', model, host: 'api.anthropic.com' });

export const ANTHROPIC_BILLS: readonly HandBill[] = [
  {
    call: 'Sonnet 4.5, plain',
    ask: claude('claude-sonnet-4-5-20250929'),
    usage: { input_tokens: 1234, output_tokens: 567, cache_read_tokens: 0, cache_write_tokens: 0 },
    prices: sonnet45,
    source,
    // 1,234 x 3,000; 567 x 15,000
    lines: [
      ['input_tokens', 3_702_000],
      ['output_tokens', 8_505_000],
    ],
    nanos: 12_207_000,
  },
  {
    call: 'Sonnet 4.5 with cache read and both cache writes',
    ask: claude('claude-sonnet-4-5'),
    usage: {
      input_tokens: 10_000,
      cache_read_tokens: 6000,
      cache_write_tokens: 3000,
      cache_write_5m_tokens: 2000,
      cache_write_1h_tokens: 1000,
      output_tokens: 500,
      reasoning_tokens: 120,
    },
    prices: sonnet45,
    source,
    // 1,000 x 3,000; 6,000 x 300; 2,000 x 3,750; 1,000 x 6,000; 500 x 15,000 (thinking is output)
    lines: [
      ['input_tokens', 3_000_000],
      ['cache_read_tokens', 1_800_000],
      ['cache_write_tokens', 7_500_000],
      ['cache_write_1h_tokens', 6_000_000],
      ['output_tokens', 7_500_000],
    ],
    nanos: 25_800_000,
  },
  {
    call: 'Sonnet 4.5 at 200,000 input tokens, cache included: still the lower price',
    ask: claude('claude-sonnet-4-5'),
    usage: { input_tokens: 200_000, cache_read_tokens: 150_000, output_tokens: 1000 },
    prices: sonnet45,
    source,
    // 50,000 x 3,000; 150,000 x 300; 1,000 x 15,000
    lines: [
      ['input_tokens', 150_000_000],
      ['cache_read_tokens', 45_000_000],
      ['output_tokens', 15_000_000],
    ],
    nanos: 210_000_000,
  },
  {
    call: 'Sonnet 4.5 one token later: every token at the higher price',
    ask: claude('claude-sonnet-4-5'),
    usage: { input_tokens: 200_001, cache_read_tokens: 150_000, output_tokens: 1000 },
    prices: sonnet45,
    source,
    // 50,001 x 6,000; 150,000 x 600; 1,000 x 22,500
    lines: [
      ['input_tokens', 300_006_000],
      ['cache_read_tokens', 90_000_000],
      ['output_tokens', 22_500_000],
    ],
    nanos: 412_506_000,
  },
  {
    call: 'Opus 4.6 above 200k before 13 March 2026',
    ask: { ...claude('claude-opus-4-6'), at: Date.UTC(2026, 2, 12, 23, 59) },
    usage: { input_tokens: 250_000, output_tokens: 100 },
    prices: '10 in, 37.50 out per million above 200k',
    source,
    // 250,000 x 10,000; 100 x 37,500
    lines: [
      ['input_tokens', 2_500_000_000],
      ['output_tokens', 3_750_000],
    ],
    nanos: 2_503_750_000,
  },
  {
    call: 'Opus 4.6 above 200k since 13 March 2026: one price for all lengths',
    ask: { ...claude('claude-opus-4-6'), at: Date.UTC(2026, 2, 13) },
    usage: { input_tokens: 250_000, output_tokens: 100 },
    prices: opus5,
    source,
    // 250,000 x 5,000; 100 x 25,000
    lines: [
      ['input_tokens', 1_250_000_000],
      ['output_tokens', 2_500_000],
    ],
    nanos: 1_252_500_000,
  },
  {
    call: 'Haiku 4.5 in a batch, with cache',
    ask: { ...claude('claude-haiku-4-5-20251001'), billing: 'batch', serviceTier: 'batch' },
    usage: {
      input_tokens: 2001,
      cache_read_tokens: 1000,
      cache_write_tokens: 1,
      cache_write_1h_tokens: 1,
      output_tokens: 11,
    },
    prices: `${haiku45}; half in batches`,
    source,
    // 1,000 x 500; 1,000 x 50; 1 x 1,000; 11 x 2,500
    lines: [
      ['input_tokens', 500_000],
      ['cache_read_tokens', 50_000],
      ['cache_write_1h_tokens', 1000],
      ['output_tokens', 27_500],
    ],
    nanos: 578_500,
  },
  {
    call: 'Haiku 3: the smallest prices',
    ask: claude('claude-3-haiku-20240307'),
    usage: { input_tokens: 7, cache_read_tokens: 3, output_tokens: 1 },
    prices: haiku3,
    source,
    // 4 x 250; 3 x 30; 1 x 1,250
    lines: [
      ['input_tokens', 1000],
      ['cache_read_tokens', 90],
      ['output_tokens', 1250],
    ],
    nanos: 2340,
  },
  {
    call: 'three web searches, which a batch does not halve',
    ask: { ...claude('claude-sonnet-4-5'), billing: 'batch' },
    usage: { input_tokens: 1000, output_tokens: 100, units: { web_searches: 3 } },
    prices: `${sonnet45}; half in batches; 10 per 1,000 searches`,
    source,
    // 1,000 x 1,500; 100 x 7,500; 3 x 10,000,000
    lines: [
      ['input_tokens', 1_500_000],
      ['output_tokens', 750_000],
      ['web_searches', 30_000_000],
    ],
    nanos: 32_250_000,
  },
  {
    call: 'Opus 4.6 in fast mode',
    ask: { ...claude('claude-opus-4-6'), speed: 'fast', serviceTier: 'standard' },
    usage: { input_tokens: 1000, cache_read_tokens: 400, output_tokens: 200 },
    prices: `${opus5}; fast 6x: 30, 3, 150`,
    source: 'platform.claude.com/docs/en/build-with-claude/fast-mode',
    // 600 x 30,000; 400 x 3,000; 200 x 150,000
    lines: [
      ['input_tokens', 18_000_000],
      ['cache_read_tokens', 1_200_000],
      ['output_tokens', 30_000_000],
    ],
    nanos: 49_200_000,
  },
  {
    call: 'Opus 4.8 in fast mode',
    ask: { ...claude('claude-opus-4-8'), speed: 'fast' },
    usage: { input_tokens: 1000, output_tokens: 200 },
    prices: `${opus5}; fast 2x: 10, 50`,
    source: 'platform.claude.com/docs/en/build-with-claude/fast-mode',
    // 1,000 x 10,000; 200 x 50,000
    lines: [
      ['input_tokens', 10_000_000],
      ['output_tokens', 10_000_000],
    ],
    nanos: 20_000_000,
  },
  {
    call: 'a fast mode of which no price is published',
    ask: { ...claude('claude-sonnet-4-5'), speed: 'fast' },
    usage: { input_tokens: 1000, output_tokens: 200 },
    prices: `${sonnet45}; fast: none`,
    source,
    // At list price, and said to be no more than that: 1,000 x 3,000; 200 x 15,000
    lines: [
      ['input_tokens', 3_000_000],
      ['output_tokens', 3_000_000],
    ],
    nanos: 6_000_000,
    confidence: 'partial',
  },
  {
    call: 'inference kept in the US',
    ask: { ...claude('claude-opus-4-8'), region: 'us' },
    usage: { input_tokens: 1000, cache_read_tokens: 999, output_tokens: 3 },
    prices: `${opus5}; 1.1x with inference_geo us`,
    source: 'platform.claude.com/docs/en/manage-claude/data-residency',
    // 1 x 5,500; 999 x 550; 3 x 27,500
    lines: [
      ['input_tokens', 5500],
      ['cache_read_tokens', 549_450],
      ['output_tokens', 82_500],
    ],
    nanos: 637_450,
  },
  {
    call: 'a batch kept in the US: both factors',
    ask: { ...claude('claude-opus-4-8'), region: 'us', billing: 'batch' },
    usage: { input_tokens: 1001, output_tokens: 3 },
    prices: `${opus5}; x 1.1 x 0.5`,
    source: 'platform.claude.com/docs/en/manage-claude/data-residency',
    // 1,001 x 2,750; 3 x 13,750
    lines: [
      ['input_tokens', 2_752_750],
      ['output_tokens', 41_250],
    ],
    nanos: 2_794_000,
  },
  {
    call: 'priority tier: paid in advance, so the list price is a guess',
    ask: { ...claude('claude-haiku-4-5'), serviceTier: 'priority' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: haiku45,
    source,
    // 100 x 1,000; 10 x 5,000
    lines: [
      ['input_tokens', 100_000],
      ['output_tokens', 50_000],
    ],
    nanos: 150_000,
    confidence: 'partial',
  },
  {
    call: 'a subscription: what it would have cost',
    ask: { ...claude('claude-haiku-4-5'), billing: 'subscription' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: haiku45,
    source,
    // 100 x 1,000; 10 x 5,000
    lines: [
      ['input_tokens', 100_000],
      ['output_tokens', 50_000],
    ],
    nanos: 150_000,
  },
  {
    call: 'Bedrock, an inference profile of a region: 10 % dearer',
    ask: { provider: 'bedrock', model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
    usage: { input_tokens: 3001, cache_read_tokens: 2000, cache_write_tokens: 1000, output_tokens: 100 },
    prices: '3.30 in, 0.33 cache read, 4.125 write, 16.50 out per million',
    source: 'aws.amazon.com/bedrock/pricing',
    // 1 x 3,300; 2,000 x 330; 1,000 x 4,125; 100 x 16,500
    lines: [
      ['input_tokens', 3300],
      ['cache_read_tokens', 660_000],
      ['cache_write_tokens', 4_125_000],
      ['output_tokens', 1_650_000],
    ],
    nanos: 6_438_300,
  },
  {
    call: 'Bedrock, the same model anywhere, named by its ARN',
    ask: {
      provider: 'bedrock',
      model:
        'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    },
    usage: { input_tokens: 1000, output_tokens: 100 },
    prices: '3 in, 15 out per million',
    source: 'aws.amazon.com/bedrock/pricing',
    // 1,000 x 3,000; 100 x 15,000
    lines: [
      ['input_tokens', 3_000_000],
      ['output_tokens', 1_500_000],
    ],
    nanos: 4_500_000,
  },
  {
    call: 'Bedrock, cache for an hour: twice the input price',
    ask: { provider: 'bedrock', model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0' },
    usage: { input_tokens: 1100, cache_write_tokens: 1000, cache_write_1h_tokens: 1000, output_tokens: 1 },
    prices: '3.30 in, 6.60 write 1 h, 16.50 out per million',
    source: 'platform.claude.com/docs/en/build-with-claude/prompt-caching',
    // 100 x 3,300; 1,000 x 6,600; 1 x 16,500
    lines: [
      ['input_tokens', 330_000],
      ['cache_write_1h_tokens', 6_600_000],
      ['output_tokens', 16_500],
    ],
    nanos: 6_946_500,
  },
  {
    call: 'Vertex, with its @date',
    ask: { provider: 'vertex', model: 'claude-sonnet-4@20250514' },
    usage: { input_tokens: 1000, output_tokens: 100 },
    prices: '3 in, 15 out per million',
    source: 'cloud.google.com/vertex-ai/generative-ai/pricing',
    // 1,000 x 3,000; 100 x 15,000
    lines: [
      ['input_tokens', 3_000_000],
      ['output_tokens', 1_500_000],
    ],
    nanos: 4_500_000,
  },
];
