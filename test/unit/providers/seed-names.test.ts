import { beforeAll, describe, expect, it } from 'vitest';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';

/**
 * What an older tool of this kind knew by substrings of the URL: its name for a provider, ours, and a URL of it as
 * clients really call it. Some of them never had the word in it that it looked for.
 */
const NAMES: [theirs: string, ours: string, url: string][] = [
  ['openai', 'openai', 'https://api.openai.com/v1/chat/completions'],
  ['anthropic', 'anthropic', 'https://api.anthropic.com/v1/messages'],
  ['google', 'google', 'https://generativelanguage.googleapis.com/v1beta/models/gemini-x:generateContent'],
  [
    'google (Vertex)',
    'vertex',
    'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/m:generateContent',
  ],
  ['cohere', 'cohere', 'https://api.cohere.ai/v1/chat'],
  ['mistral', 'mistral', 'https://api.mistral.ai/v1/chat/completions'],
  ['groq', 'groq', 'https://api.groq.com/openai/v1/chat/completions'],
  ['ai21', 'ai21', 'https://api.ai21.com/studio/v1/chat/completions'],
  ['huggingface', 'huggingface', 'https://api-inference.huggingface.co/models/gpt2'],
  ['together', 'together', 'https://api.together.xyz/v1/chat/completions'],
  ['replicate', 'replicate', 'https://api.replicate.com/v1/predictions'],
  ['perplexity', 'perplexity', 'https://api.perplexity.ai/chat/completions'],
  ['azure_openai', 'azure-openai', 'https://acme.openai.azure.com/openai/deployments/d/chat/completions'],
  ['aws_bedrock', 'bedrock', 'https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse'],
  ['openrouter', 'openrouter', 'https://openrouter.ai/api/v1/chat/completions'],
  ['elevenlabs', 'elevenlabs', 'https://api.eu.residency.elevenlabs.io/v1/text-to-speech/v'],
  ['assemblyai', 'assemblyai', 'https://api.assemblyai.com/v2/transcript'],
  ['deepgram', 'deepgram', 'https://api.deepgram.com/v1/listen'],
  ['playht', 'playht', 'https://api.play.ht/api/v2/tts'],
  ['azure_speech', 'azure-speech', 'https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1'],
  ['aws_polly', 'aws-polly', 'https://polly.eu-central-1.amazonaws.com/v1/speech'],
  ['aws_transcribe', 'aws-transcribe', 'https://transcribe.us-east-1.amazonaws.com/'],
  ['aws_rekognition', 'aws-rekognition', 'https://rekognition.us-east-1.amazonaws.com/'],
  ['voyage', 'voyage', 'https://api.voyageai.com/v1/embeddings'],
  ['stability', 'stability', 'https://api.stability.ai/v2beta/stable-image/generate/core'],
  ['runway', 'runway', 'https://api.dev.runwayml.com/v1/image_to_video'],
  ['pinecone', 'pinecone', 'https://docs-abc123.svc.aped-4627-b74a.pinecone.io/query'],
  ['weaviate', 'weaviate', 'https://abc.c0.europe-west3.gcp.weaviate.cloud/v1/graphql'],
  ['qdrant', 'qdrant', 'https://abc.eu-central-1-0.aws.cloud.qdrant.io:6333/collections/c/points/query'],
  ['milvus', 'milvus', 'https://in03-abc.serverless.gcp-us-west1.cloud.zilliz.com/v2/vectordb/entities/search'],
  ['chroma', 'chroma', 'https://api.trychroma.com/api/v2/tenants/t/databases/d/collections/c/query'],
  ['mongodb', 'mongodb-atlas', 'https://data.mongodb-api.com/app/a/endpoint/data/v1/action/aggregate'],
  ['redis', 'redis', 'https://db.upstash.io/pipeline'],
  ['elasticsearch', 'elasticsearch', 'https://abc.es.eu-west-1.aws.elastic.cloud/docs/_search'],
  ['algolia', 'algolia', 'https://ABC-dsn.algolia.net/1/indexes/*/queries'],
  ['stripe', 'stripe', 'https://api.stripe.com/v1/charges'],
  ['paypal', 'paypal', 'https://api-m.paypal.com/v2/checkout/orders/o/capture'],
  ['twilio', 'twilio', 'https://api.twilio.com/2010-04-01/Accounts/AC/Messages.json'],
  ['sendgrid', 'sendgrid', 'https://api.sendgrid.com/v3/mail/send'],
  ['supabase', 'supabase', 'https://abc.supabase.co/rest/v1/rpc/match_documents'],
];

/** Not models: known, and not decrypted before the user names them. */
const OTHERS = new Set(
  (
    'pinecone weaviate qdrant milvus chroma mongodb-atlas redis elasticsearch algolia stripe paypal twilio sendgrid ' +
    'supabase tavily serper exa firecrawl brave-search'
  ).split(' '),
);

describe('providers, by the names of older tools', () => {
  let registry: ProviderRegistry;
  beforeAll(async () => {
    registry = await loadRegistry();
  });

  it.each(NAMES)('%s is %s', (_theirs, ours, url) => {
    const { hostname, port, pathname, search } = new URL(url);
    const found = registry.lookup(hostname, Number(port || 443));
    expect(found).toEqual({ provider: ours, intercept: !OTHERS.has(ours) });
    const match = registry.endpoint(ours, 'POST', pathname + search, hostname);
    expect(match?.endpoint.operation).toBeTypeOf('string');
  });

  it('takes no URL for a provider because a word is in it', () => {
    for (const host of ['redis-vector.example.com', 'myweaviate.example.com', 'qdrant.example.com', 'polly.example']) {
      expect(registry.lookup(host, 443)).toBeNull();
    }
    expect(registry.lookup('s3.us-east-1.amazonaws.com', 443)).toBeNull();
  });

  it('knows which are not models', () => {
    const others = registry.all().filter(({ kind = 'model' }) => kind !== 'model' && kind !== 'gateway');
    expect(new Set(others.map(({ id }) => id))).toEqual(OTHERS);
    expect(others.every(({ intercept, limits }) => !intercept && limits !== undefined)).toBe(true);
  });
});
