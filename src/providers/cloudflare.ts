import { openaiInference } from './families/openai-endpoints.ts';
import { withDims } from './families/with-dims.ts';
import type { Endpoint, Provider } from './provider.ts';

const GATEWAY = '/v1/{account}/{gateway}';

/** By the segment after the gateway's name: what the paths behind it are. */
const BEHIND_THE_GATEWAY: readonly (readonly [segment: string, provider: string, base?: string])[] = [
  ['openai', 'openai', '/v1'],
  ['anthropic', 'anthropic'],
  ['google-ai-studio', 'google'],
  ['google-vertex-ai', 'vertex'],
  ['aws-bedrock/bedrock-runtime/{region}', 'bedrock'],
  ['baseten', 'baseten'],
  ['cerebras', 'cerebras', '/v1'],
  ['cerebras-ai', 'cerebras', '/v1'],
  ['cohere', 'cohere'],
  ['deepgram', 'deepgram'],
  ['deepseek', 'deepseek'],
  ['elevenlabs', 'elevenlabs'],
  ['fal', 'fal'],
  ['grok', 'xai'],
  ['groq', 'groq', '/openai/v1'],
  ['huggingface', 'huggingface', '/models'],
  ['mistral', 'mistral'],
  ['openrouter', 'openrouter', '/api/v1'],
  ['perplexity-ai', 'perplexity'],
  ['replicate', 'replicate', '/v1'],
];

/** Native answers are wrapped: `{ result: { response, usage }, success, errors }`. @param run before a model's name. */
function workersAi(base: string, run: string): Endpoint[] {
  return [
    ...openaiInference(`${base}/v1`),
    { method: 'POST', path: `${run}/{model+}`, operation: 'inference', family: 'openai-chat' },
  ];
}

/** The header says which of them; without it there was one. */
const WHO_ANSWERED = [
  ...[0, 1, 2, 3].map((step) => `req.body:$[${step}].provider if res.header:cf-aig-step=${step}`),
  'req.body:$[0].provider if !res.header:cf-aig-step and !req.body:$[1]',
];

export const provider = {
  id: 'cloudflare',
  title: 'Cloudflare AI Gateway and Workers AI',
  hosts: ['gateway.ai.cloudflare.com', 'api.cloudflare.com'],
  intercept: true,
  inner: BEHIND_THE_GATEWAY.map(([segment, provider, base = '']) => ({ at: `${GATEWAY}/${segment}`, provider, base })),
  requestIdHeaders: ['cf-aig-log-id', 'cf-ray'],
  endpoints: [
    // Models named `provider/model`, in one dialect.
    ...withDims({ inner_model: 'req.body:$.model' }, openaiInference(`${GATEWAY}/compat`)),
    ...withDims(
      { inner_provider: 'const:azure-openai' },
      openaiInference(`${GATEWAY}/azure-openai/{resource}/{model}`),
    ),
    ...workersAi(`${GATEWAY}/workers-ai`, `${GATEWAY}/workers-ai`),
    // A list of requests of which the first that succeeds answers, in its own dialect.
    { method: 'POST', path: GATEWAY, operation: 'chat', dims: { inner_provider: WHO_ANSWERED } },
    ...workersAi('/client/v4/accounts/{account}/ai', '/client/v4/accounts/{account}/ai/run'),
    { method: '*', path: '/client/**', operation: 'account', kind: 'control' },
  ],
  limits: [
    'Workers AI is paid by neurons, which no answer states; answers without `usage` (JSON mode) state no tokens.',
  ],
} satisfies Provider;
