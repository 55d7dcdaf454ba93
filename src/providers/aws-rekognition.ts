import { LLMOBSERVE } from './families/price-sources.ts';
import type { Provider } from './provider.ts';

const TARGET = 'req.header:x-amz-target';

const IMAGE_OPERATIONS = [
  'CompareFaces',
  'DetectCustomLabels',
  'DetectFaces',
  'DetectLabels',
  'DetectModerationLabels',
  'DetectProtectiveEquipment',
  'DetectText',
  'IndexFaces',
  'RecognizeCelebrities',
  'SearchFaces',
  'SearchFacesByImage',
  'SearchUsers',
  'SearchUsersByImage',
];
const VIDEO_RESULTS = [
  'GetCelebrityRecognition',
  'GetContentModeration',
  'GetFaceDetection',
  'GetFaceSearch',
  'GetLabelDetection',
  'GetPersonTracking',
  'GetSegmentDetection',
  'GetTextDetection',
];

const anyOf = (operations: readonly string[]): string =>
  operations.map((operation) => `RekognitionService.${operation}`).join('|');

export const provider = {
  id: 'aws-rekognition',
  title: 'Amazon Rekognition',
  hosts: [
    'rekognition.*.amazonaws.com',
    'rekognition-fips.*.amazonaws.com',
    'rekognition.*.amazonaws.com.cn',
    'streaming-rekognition.*.amazonaws.com',
  ],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-amzn-requestid'],
  endpoints: [
    {
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': anyOf(IMAGE_OPERATIONS) },
      operation: 'image_analysis',
      operationFrom: TARGET,
      units: [{ unit: 'images', from: 'const:1' }],
    },
    // Its pages and polls are one job.
    {
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': anyOf(VIDEO_RESULTS) },
      operation: 'fetch_video_analysis',
      operationFrom: TARGET,
      kind: 'reread',
      units: [{ unit: 'video_seconds', from: 'res.body:$.VideoMetadata.DurationMillis/1000' }],
      countWhen: 'res.body:$.JobStatus=SUCCEEDED',
      job: 'req.body:$.JobId',
    },
    {
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': 'RekognitionService.Start*' },
      operation: 'video_analysis',
      operationFrom: TARGET,
      units: [],
      job: 'res.body:$.JobId',
    },
    { method: 'POST', path: '/', operation: 'admin', operationFrom: TARGET, kind: 'control' },
  ],
  prices: [
    { unit: 'images', usd: '1', per: 1000, note: 'First million of a month', ...LLMOBSERVE },
    { unit: 'video_seconds', usd: '0.10', per: 60, asOf: '2026-11', source: 'common knowledge, not verified' },
  ],
  limits: ['Streaming video analysis (Kinesis) does not pass here.'],
} satisfies Provider;
