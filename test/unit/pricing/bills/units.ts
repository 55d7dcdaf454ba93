import type { ListPrice } from '../../../../src/core/list-price.ts';
import type { HandBill } from './bill.ts';

/** These prices stand here, in the shape of a provider file: the bills show what the engine does with them. */
const SEEN = { asOf: '2026-11', source: 'the page named beside the bill' } as const;

const DEEPGRAM: readonly ListPrice[] = [
  { unit: 'audio_seconds', usd: '0.0043', per: 60, model: 'nova-3*', when: { mode: 'prerecorded' }, ...SEEN },
  {
    unit: 'audio_seconds',
    usd: '0.0052',
    per: 60,
    model: 'nova-3*',
    when: { mode: 'prerecorded', language: 'multi' },
    ...SEEN,
  },
  { unit: 'audio_seconds', usd: '0.0077', per: 60, model: 'nova-3*', when: { mode: 'streaming' }, ...SEEN },
  {
    unit: 'audio_seconds',
    usd: '0.0092',
    per: 60,
    model: 'nova-3*',
    when: { mode: 'streaming', language: 'multi' },
    ...SEEN,
  },
];

export const UNIT_BILLS: readonly HandBill[] = [
  {
    call: 'rerank, one search unit',
    ask: { provider: 'cohere', model: 'rerank-v3.5', operation: 'rerank' },
    usage: { units: { search_units: 1 } },
    prices: '2 per 1,000',
    source: 'cohere.com/pricing',
    // 1 x 2,000,000
    lines: [['search_units', 2_000_000]],
    nanos: 2_000_000,
    listed: [
      { unit: 'search_units', usd: '0.0025', per: 1, model: 'rerank-v4.0-pro', ...SEEN },
      { unit: 'search_units', usd: '0.002', per: 1, model: 'rerank-*', ...SEEN },
    ],
  },
  {
    call: 'rerank, the more specific price',
    ask: { provider: 'cohere', model: 'rerank-v4.0-pro', operation: 'rerank' },
    usage: { units: { search_units: 3 } },
    prices: '2.50 per 1,000',
    source: 'cohere.com/pricing',
    // 3 x 2,500,000
    lines: [['search_units', 7_500_000]],
    nanos: 7_500_000,
    listed: [
      { unit: 'search_units', usd: '0.002', per: 1, ...SEEN },
      { unit: 'search_units', usd: '0.0025', per: 1, model: 'rerank-v4.0-pro', ...SEEN },
    ],
  },
  {
    call: 'images embedded',
    ask: { provider: 'cohere', model: 'embed-english-v3.0', operation: 'embeddings' },
    usage: { input_tokens: 0, units: { images: 2 } },
    prices: '0.0001 an image',
    source: 'cohere.com/pricing',
    // 2 x 100,000
    lines: [['images', 200_000]],
    nanos: 200_000,
    listed: [{ unit: 'images', usd: '0.0001', per: 1, model: 'embed-*-v3.0', ...SEEN }],
  },
  {
    call: 'rerank by tokens',
    ask: { provider: 'voyage', model: 'rerank-2.5', operation: 'rerank' },
    usage: { input_tokens: 1_500 },
    prices: '0.05 per million tokens',
    source: 'docs.voyageai.com/docs/pricing',
    // 1,500 x 50
    lines: [['input_tokens', 75_000]],
    nanos: 75_000,
    listed: [{ unit: 'input_tokens', usd: '0.05', per: 1_000_000, model: 'rerank-2|rerank-2.5', ...SEEN }],
  },
  {
    call: 'speech, 735 characters',
    ask: { provider: 'elevenlabs', model: 'eleven_multilingual_v2', operation: 'text_to_speech' },
    usage: { units: { characters: 735 } },
    prices: '0.10 per 1,000 characters',
    source: 'elevenlabs.io/pricing/api',
    // 735 x 100,000
    lines: [['characters', 73_500_000]],
    nanos: 73_500_000,
    listed: [
      { unit: 'characters', usd: '0.05', per: 1000, model: 'eleven_flash_*|eleven_turbo_*', ...SEEN },
      { unit: 'characters', usd: '0.10', per: 1000, model: 'eleven_multilingual_v2|eleven_v3', ...SEEN },
    ],
  },
  {
    call: 'speech, the fast model; seconds that have no price are another measure of the same',
    ask: { provider: 'elevenlabs', model: 'eleven_flash_v2_5', operation: 'text_to_speech' },
    usage: { units: { characters: 100, output_audio_seconds: 7.5 } },
    prices: '0.05 per 1,000 characters',
    source: 'elevenlabs.io/pricing/api',
    // 100 x 50,000
    lines: [['characters', 5_000_000]],
    nanos: 5_000_000,
    listed: [{ unit: 'characters', usd: '0.05', per: 1000, model: 'eleven_flash_*', ...SEEN }],
  },
  {
    call: 'transcription of a stream in several languages',
    ask: {
      provider: 'deepgram',
      model: 'nova-3',
      operation: 'transcription',
      dims: { mode: 'streaming', language: 'multi' },
    },
    usage: { units: { audio_seconds: 61.5 } },
    prices: '0.0092 a minute',
    source: 'deepgram.com/pricing',
    // 61.5 x 153,333.33 = 9,430,000
    lines: [['audio_seconds', 9_430_000]],
    nanos: 9_430_000,
    listed: DEEPGRAM,
  },
  {
    call: 'transcription of a file',
    ask: {
      provider: 'deepgram',
      model: 'nova-3',
      operation: 'transcription',
      dims: { mode: 'prerecorded', language: 'en' },
    },
    usage: { units: { audio_seconds: 100 } },
    prices: '0.0043 a minute',
    source: 'deepgram.com/pricing',
    // 100 x 71,666.67 = 7,166,666.67
    lines: [['audio_seconds', 7_166_667]],
    nanos: 7_166_667,
    listed: DEEPGRAM,
  },
  {
    call: 'four seconds: 15 are billed',
    ask: { provider: 'aws-transcribe', model: 'standard', operation: 'transcription' },
    usage: { units: { audio_seconds: 4 } },
    prices: '0.024 a minute, at least 15 seconds',
    source: 'aws.amazon.com/transcribe/pricing',
    // 15 x 400,000
    lines: [['audio_seconds', 6_000_000]],
    nanos: 6_000_000,
    listed: [{ unit: 'audio_seconds', usd: '0.024', per: 60, min: 15, ...SEEN }],
  },
  {
    call: 'speech by engine',
    ask: { provider: 'aws-polly', model: 'neural', operation: 'speech', dims: { engine: 'neural' } },
    usage: { units: { characters: 250 } },
    prices: '16 per million characters',
    source: 'aws.amazon.com/polly/pricing',
    // 250 x 16,000
    lines: [['characters', 4_000_000]],
    nanos: 4_000_000,
    listed: [
      { unit: 'characters', usd: '4', per: 1_000_000, when: { engine: 'standard|' }, ...SEEN },
      { unit: 'characters', usd: '16', per: 1_000_000, when: { engine: 'neural' }, ...SEEN },
    ],
  },
  {
    call: 'an image of 6.5 credits; that it is one image is not billed again',
    ask: { provider: 'stability', model: 'sd3.5-large', operation: 'image_generation' },
    usage: { units: { images: 1, credits: 6.5 } },
    prices: '0.01 a credit, 0.065 an image',
    source: 'platform.stability.ai/pricing',
    // 6.5 x 10,000,000
    lines: [['credits', 65_000_000]],
    nanos: 65_000_000,
    listed: [
      { unit: 'credits', usd: '0.01', per: 1, ...SEEN },
      { unit: 'images', usd: '0.065', per: 1, ...SEEN },
    ],
  },
  {
    call: 'pages scraped, billed by credits',
    ask: { provider: 'firecrawl', model: 'scrape', operation: 'scrape' },
    usage: { units: { pages: 3, credits: 5 } },
    prices: '0.00083 a credit',
    source: 'firecrawl.dev/pricing',
    // 5 x 830,000
    lines: [['credits', 4_150_000]],
    nanos: 4_150_000,
    listed: [{ unit: 'credits', usd: '0.00083', per: 1, ...SEEN }],
  },
  {
    call: 'seconds of hardware',
    ask: { provider: 'replicate', model: 'acme/model', operation: 'prediction' },
    usage: { units: { compute_seconds: 12.5 } },
    prices: '0.00023 a second',
    source: 'replicate.com/pricing',
    // 12.5 x 230,000
    lines: [['compute_seconds', 2_875_000]],
    nanos: 2_875_000,
    listed: [{ unit: 'compute_seconds', usd: '0.00023', per: 1, ...SEEN }],
  },
  {
    call: 'five seconds of video',
    ask: { provider: 'luma', model: 'ray-2', operation: 'video_generation' },
    usage: { units: { video_seconds: 5 } },
    prices: '0.08 a second',
    source: 'lumalabs.ai/api/pricing',
    // 5 x 80,000,000
    lines: [['video_seconds', 400_000_000]],
    nanos: 400_000_000,
    listed: [{ unit: 'video_seconds', usd: '0.08', per: 1, model: 'ray-2', ...SEEN }],
  },
  {
    call: 'read and write units',
    ask: { provider: 'pinecone', model: 'serverless', operation: 'query' },
    usage: { units: { read_units: 5, write_units: 7 } },
    prices: '16 per million read units, 4 per million write units',
    source: 'pinecone.io/pricing',
    // 5 x 16,000; 7 x 4,000
    lines: [
      ['read_units', 80_000],
      ['write_units', 28_000],
    ],
    nanos: 108_000,
    listed: [
      { unit: 'read_units', usd: '16', per: 1_000_000, ...SEEN },
      { unit: 'write_units', usd: '4', per: 1_000_000, ...SEEN },
    ],
  },
  {
    call: 'bytes written, by the GiB',
    ask: { provider: 'chroma', model: 'cloud', operation: 'add' },
    usage: { units: { written_bytes: 1_048_576 } },
    prices: '2.50 a GiB',
    source: 'trychroma.com/pricing',
    // 1,048,576 x 2.328306 = 2,441,406.25
    lines: [['written_bytes', 2_441_406]],
    nanos: 2_441_406,
    listed: [{ unit: 'written_bytes', usd: '2.5', per: 1_073_741_824, ...SEEN }],
  },
  {
    call: 'an advanced search of two credits',
    ask: { provider: 'tavily', model: 'search', operation: 'search' },
    usage: { units: { credits: 2, requests: 1 } },
    prices: '0.008 a credit',
    source: 'docs.tavily.com/documentation/api-credits',
    // 2 x 8,000,000
    lines: [['credits', 16_000_000]],
    nanos: 16_000_000,
    listed: [{ unit: 'credits', usd: '0.008', per: 1, ...SEEN }],
  },
  {
    call: 'a search and three summaries',
    ask: { provider: 'exa', model: 'auto', operation: 'search' },
    usage: { units: { requests: 1, summaries: 3 } },
    prices: '7 per 1,000 searches, 1 per 1,000 summaries',
    source: 'exa.ai/docs/reference/pricing',
    // 1 x 7,000,000; 3 x 1,000,000
    lines: [
      ['requests', 7_000_000],
      ['summaries', 3_000_000],
    ],
    nanos: 10_000_000,
    listed: [
      { unit: 'requests', usd: '7', per: 1000, operation: 'search', ...SEEN },
      { unit: 'summaries', usd: '1', per: 1000, ...SEEN },
    ],
  },
  {
    call: 'an answer: the request and its tokens',
    ask: { provider: 'brave-search', model: 'answers', operation: 'answers' },
    usage: { input_tokens: 100, output_tokens: 20, units: { requests: 1 } },
    prices: '4 per 1,000 requests, 5 in and out per million',
    source: 'brave.com/search/api',
    // 100 x 5,000; 20 x 5,000; 1 x 4,000,000
    lines: [
      ['input_tokens', 500_000],
      ['output_tokens', 100_000],
      ['requests', 4_000_000],
    ],
    nanos: 4_600_000,
    listed: [
      { unit: 'requests', usd: '4', per: 1000, operation: 'answers', ...SEEN },
      { unit: 'input_tokens', usd: '5', per: 1_000_000, ...SEEN },
      { unit: 'output_tokens', usd: '5', per: 1_000_000, ...SEEN },
    ],
  },
  {
    call: 'an SMS of two segments',
    ask: { provider: 'twilio', model: 'sms', operation: 'send_message' },
    usage: { units: { segments: 2, messages: 1 } },
    prices: '0.0083 a segment',
    source: 'twilio.com/sms/pricing/us',
    // 2 x 8,300,000
    lines: [['segments', 16_600_000]],
    nanos: 16_600_000,
    listed: [{ unit: 'segments', usd: '0.0083', per: 1, ...SEEN }],
  },
  {
    call: 'three emails',
    ask: { provider: 'sendgrid', model: 'mail', operation: 'send_email' },
    usage: { units: { emails: 3 } },
    prices: '0.95 per 1,000',
    source: 'sendgrid.com/pricing',
    // 3 x 950,000
    lines: [['emails', 2_850_000]],
    nanos: 2_850_000,
    listed: [{ unit: 'emails', usd: '0.95', per: 1000, ...SEEN }],
  },
  {
    call: 'a card charged 19.99 dollars: a share and a fee',
    ask: { provider: 'stripe', model: 'card', operation: 'charge', dims: { currency: 'usd' } },
    usage: { units: { amount_minor: 1_999, transactions: 1 } },
    prices: '2.9 % and 0.30',
    source: 'stripe.com/pricing',
    // 1,999 x 290,000; 1 x 300,000,000
    lines: [
      ['amount_minor', 579_710_000],
      ['transactions', 300_000_000],
    ],
    nanos: 879_710_000,
    listed: [
      { unit: 'amount_minor', usd: '0.029', per: 100, when: { currency: 'usd' }, ...SEEN },
      { unit: 'transactions', usd: '0.30', per: 1, ...SEEN },
    ],
  },
];
