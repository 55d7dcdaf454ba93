import type { Provider } from './provider.ts';

const TARGET = 'req.header:x-amz-target';

export const provider = {
  id: 'aws-transcribe',
  title: 'Amazon Transcribe',
  hosts: [
    'transcribe.*.amazonaws.com',
    'transcribe-fips.*.amazonaws.com',
    'transcribe.*.amazonaws.com.cn',
    'transcribestreaming.*.amazonaws.com',
    'transcribestreaming-fips.*.amazonaws.com',
    'transcribestreaming.*.amazonaws.com.cn',
  ],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-amzn-requestid', 'x-amzn-request-id'],
  endpoints: [
    {
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': 'Transcribe.Start*' },
      operation: 'transcription',
      operationFrom: TARGET,
      // How long the audio is, only the transcript in S3 says.
      units: [{ unit: 'requests', from: 'const:1' }],
    },
    { method: 'POST', path: '/', operation: 'admin', operationFrom: TARGET, kind: 'control' },
    { method: 'POST', path: '/{stream:stream-transcription|medical-stream-transcription}', operation: 'transcription' },
    { method: 'POST', path: '/call-analytics-stream-transcription', operation: 'transcription' },
    { method: 'POST', path: '/medical-scribe-stream', operation: 'transcription' },
    { method: 'WS', path: '/{stream}-websocket', operation: 'transcription' },
  ],
  limits: [
    'A job answers without the length of its audio, which only the transcript in S3 tells: jobs are counted, seconds are not.',
    'Streaming (event stream over HTTP/2 or WebSocket) is named, not counted.',
  ],
} satisfies Provider;
