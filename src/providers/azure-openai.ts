import { anthropicInference } from './families/anthropic-endpoints.ts';
import { azureSpeechEndpoints } from './families/azure-speech-endpoints.ts';
import { AZURE_SPEECH_PRICES } from './families/azure-speech-prices.ts';
import {
  openaiCompatible,
  openaiInference,
  openaiPlatform,
  openaiSockets,
  realtimeSocket,
} from './families/openai-endpoints.ts';
import { AZURE_PRICES } from './families/unit-prices.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'azure-openai',
  title: 'Azure OpenAI and AI Foundry',
  hosts: [
    'openai.azure.com',
    'cognitiveservices.azure.com',
    'services.ai.azure.com',
    'azure.anthropic.com',
    'models.ai.azure.com',
    'inference.ml.azure.com',
  ],
  base: null,
  intercept: true,
  requestIdHeaders: ['apim-request-id', 'x-request-id'],
  endpoints: [
    // A deployment's name is the customer's own: what the model is, the answer says.
    ...openaiInference('/openai/deployments/{model}'),
    {
      method: 'POST',
      path: '/openai/deployments/{model}/extensions/chat/completions',
      operation: 'chat',
      family: 'openai-chat',
    },
    ...['/openai/realtime', '/openai/v1/realtime', '/voice-live/realtime'].map((path) =>
      realtimeSocket(path, ['req.query:deployment', 'req.query:model']),
    ),
    ...['/openai/v1', '/openai'].flatMap(openaiSockets),
    ...['/openai/v1', '/openai'].flatMap((base) => [...openaiInference(base), ...openaiPlatform(base)]),
    ...openaiInference('/models'),
    // Serverless and online endpoints serve one model each.
    ...openaiCompatible('/v1'),
    ...openaiCompatible(''),
    ...anthropicInference('/anthropic/v1'),
    ...azureSpeechEndpoints(),
  ],
  limits: [
    'A deployment is priced as the model that the answer names; provisioned throughput (PTU) is paid by the hour, not by the token.',
  ],
  prices: [...AZURE_PRICES, ...AZURE_SPEECH_PRICES],
} satisfies Provider;
