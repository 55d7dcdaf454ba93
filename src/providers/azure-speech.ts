import { azureSpeechEndpoints } from './families/azure-speech-endpoints.ts';
import { AZURE_SPEECH_PRICES } from './families/azure-speech-prices.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'azure-speech',
  title: 'Azure AI Speech',
  // `{region}.tts`, `.stt`, `.s2s` and `.customvoice.api` are below the first; `{name}.cognitiveservices.azure.com` is
  // with Azure OpenAI, which serves under the same names.
  hosts: [
    'speech.microsoft.com',
    'api.cognitive.microsoft.com',
    'speech.azure.cn',
    'speech.azure.us',
    'speech.platform.bing.com',
  ],
  base: null,
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-requestid', 'apim-request-id', 'x-connectionid'],
  endpoints: azureSpeechEndpoints(),
  prices: AZURE_SPEECH_PRICES,
  limits: [
    'The speech SDK speaks over WebSockets, translation does so always: named, not counted.',
    'Answers to speech synthesis state no count: it is computed from the markup sent, by the published rules.',
    'Custom voices and models, and options such as diarisation, cost more than the price here.',
  ],
} satisfies Provider;
