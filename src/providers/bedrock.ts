import { anthropicInference } from './families/anthropic-endpoints.ts';
import { bedrockRuntime } from './families/bedrock-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiInference, openaiPlatform } from './families/openai-endpoints.ts';
import { BEDROCK_PRICES } from './families/token-prices-clouds.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'bedrock',
  title: 'Amazon Bedrock',
  hosts: [
    'bedrock-runtime.*.amazonaws.com',
    'bedrock-runtime-fips.*.amazonaws.com',
    'bedrock-runtime.*.api.aws',
    'bedrock-runtime-fips.*.api.aws',
    'bedrock-runtime.*.amazonaws.com.cn',
    '*.bedrock-runtime.*.vpce.amazonaws.com',
    '*.bedrock-runtime-fips.*.vpce.amazonaws.com',
    // The shapes of OpenAI and Anthropic, as they are at home.
    'bedrock-mantle.*.api.aws',
    '*.bedrock-mantle.*.vpce.amazonaws.com',
  ],
  intercept: true,
  requestIdHeaders: ['x-amzn-requestid'],
  endpoints: [
    ...bedrockRuntime(''),
    // Without an operation it is none of the calls above.
    { method: '*', path: '/model/{name}', operation: 'models', kind: 'control' },
    ...controls('', 'async-invoke', 'guardrail'),
    ...['/openai/v1', '/v1'].flatMap((base) => [...openaiInference(base), ...openaiPlatform(base)]),
    ...anthropicInference('/anthropic/v1'),
  ],
  limits: [
    'Agents, flows, knowledge bases and rerank jobs (bedrock-agent-runtime) call models inside AWS: their hosts are not intercepted.',
    'Answers of asynchronous and batch jobs are written to S3, not to the client: not metered.',
    'Guardrails are billed by text units, which are not counted.',
    'The ARN of an application inference profile does not tell the model, and Converse does not either: unpriced.',
    'Bidirectional streams (Nova Sonic) are metered only where HTTP/2 is read.',
  ],
  prices: BEDROCK_PRICES,
} satisfies Provider;
