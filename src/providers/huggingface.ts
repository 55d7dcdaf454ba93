import { openaiCompatible } from './families/openai-endpoints.ts';
import { TEI_HEADERS, TGI_HEADERS } from './families/tgi.ts';
import { withDims } from './families/with-dims.ts';
import type { Endpoint, Provider } from './provider.ts';

/** The router's first segment names who serves the model; what follows is that provider's own path. */
const BEHIND_THE_ROUTER: Readonly<Record<string, string>> = {
  baseten: 'baseten',
  cerebras: 'cerebras',
  cohere: 'cohere',
  deepinfra: 'deepinfra',
  elevenlabs: 'elevenlabs',
  'fal-ai': 'fal',
  'featherless-ai': 'featherless',
  'fireworks-ai': 'fireworks',
  groq: 'groq',
  hyperbolic: 'hyperbolic',
  nebius: 'nebius',
  novita: 'novita',
  nscale: 'nscale',
  nvidia: 'nvidia',
  openai: 'openai',
  ovhcloud: 'ovhcloud',
  publicai: 'publicai',
  replicate: 'replicate',
  sambanova: 'sambanova',
  scaleway: 'scaleway',
  together: 'together',
  'zai-org': 'zai',
};

/** Models for text answer in the dialect of TGI; others bear no marks and are not read. */
const TGI = { family: 'tgi', headerUsage: TGI_HEADERS } as const satisfies Partial<Endpoint>;

export const provider = {
  id: 'huggingface',
  title: 'Hugging Face Inference',
  hosts: ['router.huggingface.co', 'api-inference.huggingface.co', 'endpoints.huggingface.cloud'],
  intercept: true,
  inner: Object.entries(BEHIND_THE_ROUTER).map(([segment, provider]) => ({ at: `/${segment}`, provider })),
  requestIdHeaders: ['x-request-id', 'inference-id'],
  endpoints: [
    // Priced by who served, whether the client named it in the model (`org/name:provider`) or the router chose.
    ...withDims(
      { inner_provider: 'res.header:x-inference-provider', inner_model: 'req.body:$.model' },
      openaiCompatible('/v1'),
    ),
    ...['/hf-inference/models', '/models'].flatMap((base): Endpoint[] => [
      { method: 'POST', path: `${base}/{model+}/v1/chat/completions`, operation: 'chat', family: 'openai-chat' },
      { method: 'POST', path: `${base}/{model+}/v1/embeddings`, operation: 'embeddings', family: 'openai-chat' },
      { method: 'POST', path: `${base}/{model+}/pipeline/{task}`, operation: 'inference' },
      { method: 'POST', path: `${base}/{model+}`, operation: 'inference', ...TGI },
    ]),
    { method: 'POST', path: '/pipeline/{task}/{model+}', operation: 'inference' },
    // Dedicated endpoints: TGI at the root of their host.
    { method: 'POST', path: '/', operation: 'text_completion', ...TGI },
    { method: 'POST', path: '/generate', operation: 'text_completion', ...TGI },
    { method: 'POST', path: '/generate_stream', operation: 'text_completion', ...TGI },
    { method: 'POST', path: '/invocations', operation: 'text_completion', ...TGI },
    ...['/embed', '/embed_all', '/embed_sparse'].map((path): Endpoint => ({
      method: 'POST',
      path,
      operation: 'embeddings',
      headerUsage: TEI_HEADERS,
    })),
    { method: 'POST', path: '/rerank', operation: 'rerank', headerUsage: TEI_HEADERS },
    { method: 'POST', path: '/tokenize', operation: 'count_tokens', kind: 'count' },
  ],
  limits: ['Tasks other than chat and text generation state no usage; dedicated endpoints are paid by the hour.'],
} satisfies Provider;
