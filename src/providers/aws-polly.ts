import { controls } from './families/control-endpoints.ts';
import { LITELLM } from './families/price-sources.ts';
import type { FactSource, Provider, UnitRule } from './provider.ts';

const BILLED = 'res.header:x-amzn-requestcharacters';

function characters(...text: FactSource[]): UnitRule[] {
  return [{ unit: 'characters', from: [BILLED, ...text] }];
}

export const provider = {
  id: 'aws-polly',
  title: 'Amazon Polly',
  hosts: ['polly.*.amazonaws.com', 'polly-fips.*.amazonaws.com', 'polly.*.amazonaws.com.cn'],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-amzn-requestid'],
  endpoints: [
    {
      method: 'POST',
      path: '/v1/speech',
      operation: 'speech',
      units: characters('req.body:$.Text#ssml if req.body:$.TextType=ssml', 'req.body:$.Text#codepoints'),
      model: ['req.body:$.Engine', 'const:standard'],
    },
    // A signed URL that any player can fetch.
    {
      method: 'GET',
      path: '/v1/speech',
      operation: 'speech',
      units: characters('req.query:Text#ssml if req.query:TextType=ssml', 'req.query:Text#codepoints'),
      model: ['req.query:Engine', 'const:standard'],
    },
    {
      method: 'POST',
      path: '/v1/synthesisTasks',
      operation: 'batch_speech',
      units: [{ unit: 'characters', from: 'res.body:$.SynthesisTask.RequestCharacters' }],
      model: ['req.body:$.Engine', 'const:standard'],
      job: 'res.body:$.SynthesisTask.TaskId',
    },
    { method: 'POST', path: '/v1/synthesisStream', operation: 'speech', model: ['req.header:x-amzn-engine'] },
    ...controls('/v1', 'synthesisTasks', 'voices', 'lexicons'),
  ],
  prices: [
    { unit: 'characters', usd: '4', per: 1_000_000, model: 'standard', ...LITELLM },
    { unit: 'characters', usd: '16', per: 1_000_000, model: 'neural', ...LITELLM },
    { unit: 'characters', usd: '100', per: 1_000_000, model: 'long-form', ...LITELLM },
    { unit: 'characters', usd: '30', per: 1_000_000, model: 'generative', ...LITELLM },
  ],
  limits: ['The event stream over HTTP/2 (StartSpeechSynthesisStream) is named, not counted.'],
} satisfies Provider;
