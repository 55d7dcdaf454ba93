import type { HandBill } from './bill.ts';

export const GATEWAY_AND_CLOUD_BILLS: readonly HandBill[] = [
  {
    call: 'the provider after the colon, of whose prices at the router the table lacks this one',
    ask: { provider: 'huggingface', model: 'moonshotai/Kimi-K2-Instruct-0905:groq' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '1 in, 3 out per million, passed on',
    source: 'groq.com/pricing',
    // 100 x 1,000; 10 x 3,000
    lines: [
      ['input_tokens', 100_000],
      ['output_tokens', 30_000],
    ],
    nanos: 130_000,
  },
  {
    call: 'Grok with more from the cache than in the prompt: it can only be beside it',
    ask: { provider: 'xai', model: 'grok-4-1-fast-non-reasoning' },
    usage: { input_tokens: 100, cache_read_tokens: 400, output_tokens: 10 },
    prices: '0.20 in, 0.05 from the cache, 0.50 out per million',
    source: 'docs.x.ai/docs/models',
    // 100 x 200; 400 x 50; 10 x 500
    lines: [
      ['input_tokens', 20_000],
      ['cache_read_tokens', 20_000],
      ['output_tokens', 5_000],
    ],
    nanos: 45_000,
    confidence: 'partial',
  },
  {
    call: 'Gemini by the name that the OpenAI endpoint of Vertex AI has for it',
    ask: { provider: 'vertex', model: 'google/gemini-2.5-flash', host: 'aiplatform.googleapis.com' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '0.30 in, 2.50 out per million',
    source: 'cloud.google.com/vertex-ai/generative-ai/pricing',
    // 100 x 300; 10 x 2,500
    lines: [
      ['input_tokens', 30_000],
      ['output_tokens', 25_000],
    ],
    nanos: 55_000,
  },
  {
    call: 'Claude at an endpoint of a region',
    ask: { provider: 'vertex', model: 'claude-sonnet-4-5-20250929', host: 'us-east5-aiplatform.googleapis.com' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '3 in, 15 out per million, and a tenth on top',
    source: 'platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai',
    // 100 x 3,300; 10 x 16,500
    lines: [
      ['input_tokens', 330_000],
      ['output_tokens', 165_000],
    ],
    nanos: 495_000,
  },
  {
    call: 'Claude from before 4.5 at an endpoint of a region, which costs what it costs everywhere',
    ask: { provider: 'vertex', model: 'claude-sonnet-4-20250514', host: 'us-east5-aiplatform.googleapis.com' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '3 in, 15 out per million',
    source: 'platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai',
    // 100 x 3,000; 10 x 15,000
    lines: [
      ['input_tokens', 300_000],
      ['output_tokens', 150_000],
    ],
    nanos: 450_000,
  },
  {
    call: 'the provider after the colon',
    ask: { provider: 'huggingface', model: 'meta-llama/Llama-3.3-70B-Instruct:groq' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '0.59 in, 0.79 out per million',
    source: 'huggingface.co/docs/inference-providers/pricing',
    // 100 x 590; 10 x 790
    lines: [
      ['input_tokens', 59_000],
      ['output_tokens', 7_900],
    ],
    nanos: 66_900,
  },
  {
    call: 'the provider before the slash, dots for dashes',
    ask: { provider: 'vercel', model: 'anthropic/claude-sonnet-4.6' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '3 in, 15 out per million, passed on',
    source: 'vercel.com/docs/ai-gateway/pricing',
    // 100 x 3,000; 10 x 15,000
    lines: [
      ['input_tokens', 300_000],
      ['output_tokens', 150_000],
    ],
    nanos: 450_000,
  },
  {
    call: 'the provider before the slash',
    ask: { provider: 'cloudflare', model: 'openai/gpt-4o-mini' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '0.15 in, 0.60 out per million, passed on',
    source: 'developers.cloudflare.com/ai-gateway',
    // 100 x 150; 10 x 600
    lines: [
      ['input_tokens', 15_000],
      ['output_tokens', 6_000],
    ],
    nanos: 21_000,
  },
  {
    call: 'an answer from the cache of the gateway',
    ask: { provider: 'cloudflare', model: 'openai/gpt-4o-mini', billing: 'cached_by_gateway' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: 'nothing',
    source: 'developers.cloudflare.com/ai-gateway/features/caching',
    // nothing was asked of the provider
    lines: [],
    nanos: 0,
  },
  {
    call: "a server of one's own",
    ask: { provider: 'ollama', model: 'llama3.3', billing: 'free' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: 'nothing',
    source: 'ollama.com',
    // nobody sends a bill
    lines: [],
    nanos: 0,
  },
  {
    call: 'an account path',
    ask: { provider: 'fireworks', model: 'accounts/fireworks/models/deepseek-v3p2' },
    usage: { input_tokens: 100, output_tokens: 10, cache_read_tokens: 50 },
    prices: '0.56 in, 0.28 cached, 1.68 out per million',
    source: 'fireworks.ai/pricing',
    // 50 x 560; 50 x 280; 10 x 1,680
    lines: [
      ['input_tokens', 28_000],
      ['cache_read_tokens', 14_000],
      ['output_tokens', 16_800],
    ],
    nanos: 58_800,
  },
  {
    call: 'the same in a batch',
    ask: { provider: 'fireworks', model: 'accounts/fireworks/models/deepseek-v3p2', billing: 'batch' },
    usage: { input_tokens: 100, output_tokens: 10, cache_read_tokens: 50 },
    prices: '0.56 in, 0.28 cached, 1.68 out per million; half in batches',
    source: 'fireworks.ai/blog/batch-api',
    // 50 x 280; 50 x 140; 10 x 840
    lines: [
      ['input_tokens', 14_000],
      ['cache_read_tokens', 7_000],
      ['output_tokens', 8_400],
    ],
    nanos: 29_400,
  },
  {
    call: 'Llama',
    ask: { provider: 'together', model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo' },
    usage: { input_tokens: 100, output_tokens: 10 },
    prices: '0.88 in and out per million',
    source: 'together.ai/pricing',
    // 100 x 880; 10 x 880
    lines: [
      ['input_tokens', 88_000],
      ['output_tokens', 8_800],
    ],
    nanos: 96_800,
  },
  {
    call: 'Kimi K2.5 in a batch: 60 %',
    ask: { provider: 'moonshot', model: 'kimi-k2.5', billing: 'batch' },
    usage: { input_tokens: 100, output_tokens: 10, cache_read_tokens: 50 },
    prices: '0.60 in, 0.10 cached, 3 out per million; x 0.6',
    source: 'platform.kimi.ai/docs/pricing/batch',
    // 50 x 360; 50 x 60; 10 x 1,800
    lines: [
      ['input_tokens', 18_000],
      ['cache_read_tokens', 3_000],
      ['output_tokens', 18_000],
    ],
    nanos: 39_000,
  },
  {
    call: 'GLM 5.2',
    ask: { provider: 'zai', model: 'glm-5.2' },
    usage: { input_tokens: 10, output_tokens: 1 },
    prices: '1.40 in, 4.40 out per million',
    source: 'docs.z.ai/guides/overview/pricing',
    // 10 x 1,400; 1 x 4,400
    lines: [
      ['input_tokens', 14_000],
      ['output_tokens', 4_400],
    ],
    nanos: 18_400,
  },
  {
    call: 'Nova Pro with flex',
    ask: { provider: 'bedrock', model: 'amazon.nova-pro-v1:0', serviceTier: 'flex' },
    usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 200 },
    prices: '0.80 in, 0.20 cached, 3.20 out per million; half with flex',
    source: 'aws.amazon.com/bedrock/pricing',
    // 800 x 400; 200 x 100; 100 x 1,600
    lines: [
      ['input_tokens', 320_000],
      ['cache_read_tokens', 20_000],
      ['output_tokens', 160_000],
    ],
    nanos: 500_000,
  },
  {
    call: 'Nova Pro with priority',
    ask: { provider: 'bedrock', model: 'us.amazon.nova-pro-v1:0', serviceTier: 'priority' },
    usage: { input_tokens: 1_000, output_tokens: 100, cache_read_tokens: 200 },
    prices: '0.80 in, 0.20 cached, 3.20 out per million; x 1.75',
    source: 'aws.amazon.com/bedrock/pricing',
    // 800 x 1,400; 200 x 350; 100 x 5,600
    lines: [
      ['input_tokens', 1_120_000],
      ['cache_read_tokens', 70_000],
      ['output_tokens', 560_000],
    ],
    nanos: 1_750_000,
  },
  {
    call: 'Nova Micro: a cached token of 8.75 nano-dollars',
    ask: { provider: 'bedrock', model: 'amazon.nova-micro-v1:0' },
    usage: { input_tokens: 3, output_tokens: 1, cache_read_tokens: 2 },
    prices: '0.035 in, 0.00875 cached, 0.14 out per million',
    source: 'aws.amazon.com/bedrock/pricing',
    // 1 x 35; 2 x 8.75 = 17.5; 1 x 140
    lines: [
      ['input_tokens', 35],
      ['cache_read_tokens', 18],
      ['output_tokens', 140],
    ],
    nanos: 193,
  },
  {
    call: 'Titan embeddings',
    ask: { provider: 'bedrock', model: 'amazon.titan-embed-text-v1', operation: 'embeddings' },
    usage: { input_tokens: 28 },
    prices: '0.10 in per million',
    source: 'aws.amazon.com/bedrock/pricing',
    // 28 x 100
    lines: [['input_tokens', 2_800]],
    nanos: 2_800,
  },
];
