/**
 * The names that the first authority may ever speak for: a name and all below it. Wide enough that a new provider file
 * needs no new authority (clients would have to trust it anew), narrow enough that a stolen key opens no cloud: of
 * amazonaws.com and googleapis.com only the hosts of the services themselves, of other clouds the domain under which
 * customers name their model resources. Sign-in hosts of the clouds are left out on purpose.
 * The list is part of every issued authority, so an addition here reaches an install only by `ca add` or `ca rotate`.
 */

const MODEL_PROVIDERS = [
  'anthropic.com',
  'claude.com',
  'openai.com',
  'chatgpt.com',
  'cohere.com',
  'cohere.ai',
  'mistral.ai',
  'groq.com',
  'deepseek.com',
  'x.ai',
  'together.xyz',
  'together.ai',
  'fireworks.ai',
  'cerebras.ai',
  'sambanova.ai',
  'api.nvidia.com',
  'moonshot.ai',
  'moonshot.cn',
  'kimi.com',
  'z.ai',
  'bigmodel.cn',
  'minimax.io',
  'minimaxi.com',
  'minimax.chat',
  'dashscope.aliyuncs.com',
  'dashscope-intl.aliyuncs.com',
  'dashscope-us.aliyuncs.com',
  'perplexity.ai',
  'ai21.com',
  'openrouter.ai',
  'huggingface.co',
  'endpoints.huggingface.cloud',
  'novita.ai',
  'studio.nebius.ai',
  'studio.nebius.com',
  'tokenfactory.nebius.com',
  'hyperbolic.xyz',
  'deepinfra.com',
  'api.nscale.com',
  'endpoints.kepler.ai.cloud.ovh.net',
  'baseten.co',
  'featherless.ai',
  'publicai.co',
  'api.scaleway.ai',
  'inference.crusoecloud.com',
  'snowflakecomputing.com',
  'inference.heroku.com',
  'api.writer.com',
  'lambda.ai',
  'arcee.ai',
  'voyageai.com',
  'ml.cloud.ibm.com',
  'aleph-alpha.com',
  'ai.mongodb.com',
  'ollama.com',
  'replicate.com',
  'replicate.net',
  'replicate.delivery',
  'githubcopilot.com',
  'copilot-proxy.githubusercontent.com',
  'models.github.ai',
  'cursor.sh',
  'cursor.com',
  'gateway.ai.cloudflare.com',
  'api.cloudflare.com',
  'ai-gateway.vercel.sh',
];

const AZURE = [
  'openai.azure.com',
  'cognitiveservices.azure.com',
  'services.ai.azure.com',
  'models.ai.azure.com',
  'inference.ai.azure.com',
  'inference.ml.azure.com',
  'azure-api.net',
  'speech.microsoft.com',
  'api.cognitive.microsoft.com',
  'speech.azure.cn',
  'speech.azure.us',
];

const VOICE_IMAGES_EMBEDDINGS = [
  'elevenlabs.io',
  'assemblyai.com',
  'deepgram.com',
  'play.ht',
  'play.ai',
  'jina.ai',
  'stability.ai',
  'runwayml.com',
  'fal.run',
  'fal.ai',
  'fal.media',
  'bfl.ai',
  'bfl.ml',
  'lumalabs.ai',
];

/** Tunnelled unless the user names them with `--intercept`. */
const DATABASES_SEARCH_PAYMENTS = [
  'pinecone.io',
  'weaviate.cloud',
  'weaviate.network',
  'weaviate.io',
  'qdrant.io',
  'zillizcloud.com',
  'cloud.zilliz.com',
  'zilliz.com.cn',
  'trychroma.com',
  'mongodb.net',
  'cloud.mongodb.com',
  'mongodb-api.com',
  'redis-cloud.com',
  'redislabs.com',
  'redisenterprise.cache.azure.net',
  'redis.cache.windows.net',
  'cache.amazonaws.com',
  'upstash.io',
  'elastic.cloud',
  'elastic-cloud.com',
  'found.io',
  'es.io',
  'es.amazonaws.com',
  'aoss.amazonaws.com',
  'stripe.com',
  'paypal.com',
  'twilio.com',
  'sendgrid.com',
  'algolia.net',
  'algolianet.com',
  'algolia.com',
  'algolia.io',
  'tavily.com',
  'serper.dev',
  'exa.ai',
  'firecrawl.dev',
  'api.search.brave.com',
];

/** FIPS endpoints exist in North America alone. */
const AWS_FIPS_REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'ca-central-1',
  'ca-west-1',
];
const AWS_REGIONS = [
  ...AWS_FIPS_REGIONS,
  'mx-central-1',
  'sa-east-1',
  'eu-central-1',
  'eu-central-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'il-central-1',
  'me-south-1',
  'me-central-1',
  'af-south-1',
  'ap-south-1',
  'ap-south-2',
  'ap-east-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
];
const AWS_CHINA_REGIONS = ['cn-north-1', 'cn-northwest-1'];
const AWS_SERVICES = [
  'runtime.sagemaker',
  'polly',
  'transcribe',
  'transcribestreaming',
  'rekognition',
  'streaming-rekognition',
];
const AWS_FIPS_SERVICES = new Set(['bedrock-runtime', 'polly', 'transcribe', 'transcribestreaming', 'rekognition']);

const VERTEX_LOCATIONS = [
  'us',
  'eu',
  'us-central1',
  'us-east1',
  'us-east4',
  'us-east5',
  'us-south1',
  'us-west1',
  'us-west2',
  'us-west3',
  'us-west4',
  'northamerica-northeast1',
  'northamerica-northeast2',
  'northamerica-south1',
  'southamerica-east1',
  'southamerica-west1',
  'europe-central2',
  'europe-north1',
  'europe-north2',
  'europe-southwest1',
  'europe-west1',
  'europe-west2',
  'europe-west3',
  'europe-west4',
  'europe-west6',
  'europe-west8',
  'europe-west9',
  'europe-west10',
  'europe-west12',
  'africa-south1',
  'me-central1',
  'me-central2',
  'me-west1',
  'asia-east1',
  'asia-east2',
  'asia-northeast1',
  'asia-northeast2',
  'asia-northeast3',
  'asia-south1',
  'asia-south2',
  'asia-southeast1',
  'asia-southeast2',
  'asia-southeast3',
  'australia-southeast1',
  'australia-southeast2',
];

const BEDROCK = ['api.aws', ...inRegions('bedrock-runtime')];
const OTHER_AWS = AWS_SERVICES.flatMap(inRegions);

/** A service in every region; private endpoints (`vpce-0123-abc.<service>.<region>.vpce.amazonaws.com`) for Bedrock. */
function inRegions(service: string): string[] {
  const fips = AWS_FIPS_SERVICES.has(service) ? AWS_FIPS_REGIONS : [];
  return [
    ...AWS_REGIONS.map((region) => `${service}.${region}.amazonaws.com`),
    ...fips.map((region) => `${service}-fips.${region}.amazonaws.com`),
    ...AWS_CHINA_REGIONS.map((region) => `${service}.${region}.amazonaws.com.cn`),
    ...(service === 'bedrock-runtime' ? AWS_REGIONS.map((region) => `${service}.${region}.vpce.amazonaws.com`) : []),
  ];
}

const GOOGLE = [
  'generativelanguage.googleapis.com',
  'aiplatform.googleapis.com',
  'aiplatform.us.rep.googleapis.com',
  'aiplatform.eu.rep.googleapis.com',
  'cloudcode-pa.googleapis.com',
  'daily-cloudcode-pa.googleapis.com',
  'daily-cloudcode-pa.sandbox.googleapis.com',
  ...VERTEX_LOCATIONS.map((location) => `${location}-aiplatform.googleapis.com`),
];

/** One issuing CA each; a name covers itself and all below it. What is called most has the shortest list. */
export const BASE_GROUPS: readonly (readonly string[])[] = [
  MODEL_PROVIDERS,
  [...AZURE, ...GOOGLE],
  BEDROCK,
  OTHER_AWS,
  [...VOICE_IMAGES_EMBEDDINGS, ...DATABASES_SEARCH_PAYMENTS],
];

/** Domains that belong to no one customer: an authority over one of them would be one over strangers. */
const TOO_WIDE = new Set([
  'amazonaws.com',
  'amazonaws.com.cn',
  'googleapis.com',
  'google.com',
  'azure.com',
  'azure.net',
  'windows.net',
  'azurewebsites.net',
  'microsoft.com',
  'cloudflare.com',
  'workers.dev',
  'pages.dev',
  'github.com',
  'github.io',
  'githubusercontent.com',
  'vercel.app',
  'vercel.sh',
  'netlify.app',
  'herokuapp.com',
  'heroku.com',
  'appspot.com',
  'run.app',
  'cloudfront.net',
  'fly.dev',
  'onrender.com',
  'aliyuncs.com',
  'ovh.net',
  'on.aws',
  'huggingface.cloud',
  'hf.space',
  'ngrok.io',
  'ngrok.app',
  'ngrok-free.app',
  'trycloudflare.com',
  'modal.run',
  'railway.app',
  'replit.app',
  'vpce.amazonaws.com',
  'rep.googleapis.com',
  'ai.azure.com',
]);
/** `co.uk`, `com.cn`, `org.au` and their kind. */
const COUNTRY_SUFFIX = /^(?:ac|co|com|edu|go|gob|gov|mil|ne|net|or|org)\.[a-z]{2}$/;

/** True for a public suffix, a single label (which may be a whole top-level domain) and the shared roof of a cloud. */
export function isTooWide(name: string): boolean {
  return !name.includes('.') || COUNTRY_SUFFIX.test(name) || TOO_WIDE.has(name);
}

/** Whether `host` (normalised) is one of `names` or below one. */
export function isUnder(host: string, names: ReadonlySet<string>): boolean {
  for (let name = host; ; name = name.slice(name.indexOf('.') + 1)) {
    if (names.has(name)) return true;
    if (!name.includes('.')) return false;
  }
}
