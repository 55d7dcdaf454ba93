import type { Provider } from './provider.ts';

/** Models that users deploy themselves: what they answer is told by its marks. */
export const provider = {
  id: 'sagemaker',
  title: 'Amazon SageMaker',
  hosts: [
    'runtime.sagemaker.*.amazonaws.com',
    'runtime-fips.sagemaker.*.amazonaws.com',
    'runtime.sagemaker.*.amazonaws.com.cn',
    'runtime.sagemaker.*.api.aws',
    '*.runtime.sagemaker.*.vpce.amazonaws.com',
  ],
  intercept: true,
  requestIdHeaders: ['x-amzn-requestid'],
  endpoints: [
    { method: 'POST', path: '/endpoints/{model}/invocations', operation: 'inference' },
    { method: 'POST', path: '/endpoints/{model}/invocations-response-stream', operation: 'inference' },
    { method: 'POST', path: '/endpoints/{model}/async-invocations', operation: 'async_inference', kind: 'control' },
  ],
  limits: [
    'Endpoints are paid by the hour: tokens are counted where the model states them, money is not.',
    'The name of the endpoint stands for the model where neither request nor answer names one.',
    'Answers of asynchronous invocations are written to S3: not metered.',
  ],
} satisfies Provider;
