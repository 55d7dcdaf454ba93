import { beforeAll, describe, expect, it } from 'vitest';
import { createPricer, type Pricer } from '../../src/pricing/cost.ts';
import { createPriceBook, loadBuiltInTable } from '../../src/pricing/prices.ts';
import { loadRegistry, type ProviderRegistry } from '../../src/providers/registry.ts';
import { CASES, meter, responseBody } from './case-files.ts';

/** From the bytes of a case to money, by the prices that stand in the provider's file; worked out by hand. */
const BILLS: [file: string, how: string, nanos: number | null][] = [
  ['elevenlabs-speech', '14 billed characters at $0.10 a thousand', 1_400_000],
  ['elevenlabs-speech-no-header', '6 characters of Flash are 3, at $0.10 a thousand', 300_000],
  ['elevenlabs-transcription', '7.5 s at $0.22 an hour', 458_333],
  ['elevenlabs-sound', 'one generation at $0.12', 120_000_000],
  ['elevenlabs-sound-old-header', '100 billed characters at $0.10 a thousand, and no generation', 10_000_000],
  ['assemblyai-poll-completed', '281 s at $0.15 an hour', 11_708_333],
  ['deepgram-listen', '25.5 s at $0.0043 a minute', 1_827_500],
  ['deepgram-listen-multichannel', '51 s of two channels, several languages, at $0.0052 a minute', 4_420_000],
  ['deepgram-listen-insights', '10 s at $0.0043 a minute, 150 tokens at $0.0003 and 25 at $0.0006 a thousand', 776_667],
  ['deepgram-speak', '19 characters at $0.030 a thousand', 570_000],
  ['azure-speech-synthesis', '10 characters at $15 a million', 150_000],
  ['azure-speech-batch', '63 s at $0.18 an hour', 3_150_000],
  ['azure-openai-speech', '2 characters at $15 a million', 30_000],
  ['aws-polly-speech', '5 characters, neural, at $16 a million', 80_000],
  ['aws-polly-task', '5210 characters, long form, at $100 a million', 521_000_000],
  ['aws-transcribe-start', 'nobody said how long it is', null],
  ['aws-rekognition-image', 'one image at $1 a thousand', 1_000_000],
  ['voyage-multimodal', '3576 tokens at $0.12 a million; the pixels are in them', 429_120],
  ['jina-embeddings', '6 tokens at $0.05 a million', 300],
  ['stability-sd3', 'one image of SD 3.5 medium', 35_000_000],
  ['runway-task', '25 credits at $0.01', 250_000_000],
  ['fal-run', '3.008 units at $0.04', 120_320_000],
  ['cloudflare-gateway-fal', '3.008 units at $0.04, as without the gateway', 120_320_000],
  ['bfl-flux2', '3 credits at $0.01', 30_000_000],
  ['luma-video', '5 s at $0.08', 400_000_000],
  ['pinecone-query', '6 read units at $16 a million', 96_000],
  ['pinecone-upsert', 'write units are in no answer', null],
  ['pinecone-rerank', 'one rerank at $2 a thousand', 2_000_000],
  ['milvus-search', '6 vCU at $4 a million', 24_000],
  ['stripe-confirm', '2.9 % of $10.99 and $0.30', 618_710_000],
  ['stripe-charge-fee', 'the fee as stated', 880_000_000],
  ['paypal-capture', 'the fee as stated', 3_980_000_000],
  ['paypal-sandbox', 'the sandbox costs nothing', 0],
  ['twilio-message', 'one segment in the US', 8_300_000],
  ['twilio-message-fetched', 'the price as stated', 7_500_000],
  ['sendgrid-send', '4 mails at $0.95 a thousand', 3_800_000],
  ['algolia-multi', '2 searches at $0.50 a thousand', 1_000_000],
  ['tavily-search', '2 credits at $0.008', 16_000_000],
  ['serper-batch', '3 credits at $1 a thousand', 3_000_000],
  ['exa-search', 'the cost as stated', 5_000_000],
  ['firecrawl-crawl', '7 credits at $0.00083', 5_810_000],
  ['brave-search', 'one request at $5 a thousand', 5_000_000],
  ['brave-answers', 'a request at $4 a thousand, 15 tokens at $5 a million', 4_075_000],
  ['mistral-ocr-annotated', '3 annotated pages at $3 a thousand', 9_000_000],
  ['perplexity-without-cost', '23 in at $3, 32 out at $15 a million, a request at $10 a thousand', 10_549_000],
  ['cloudflare-gateway-universal', '4 in at $0.15, 2 out at $0.60 a million', 1_800],
  ['perplexity-search', 'one search at $5 a thousand', 5_000_000],
];

describe('providers/cases, what they cost', () => {
  let directory: ProviderRegistry;
  let price: Pricer;
  beforeAll(async () => {
    directory = await loadRegistry();
    price = createPricer(createPriceBook({ table: await loadBuiltInTable(), listed: directory.listPrices() }));
  });

  it.each(BILLS)('%s: %s', async (file, _how, nanos) => {
    const each = CASES.find((one) => one.file === `${file}.json`)!;
    const metered = await meter(each, [Buffer.from(responseBody(each))], directory);
    const cost = price({
      provider: each.provider ?? '',
      model: metered.response_model ?? metered.request_model,
      operation: metered.operation,
      dims: metered.dims,
      usage: metered.usage,
      host: each.host ?? 'host.example',
      serviceTier: metered.service_tier,
      speed: metered.speed,
      region: metered.region,
      billing: metered.billing,
      at: Date.UTC(2026, 10, 21, 12),
      providerCostUsd: metered.providerCostUsd,
    });
    expect(cost.nanos).toBe(nanos);
    expect(cost.confidence).toBe(nanos === null ? 'unpriced' : 'exact');
  });
});
