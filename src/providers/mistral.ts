import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { UsageMap } from './families/usage-map.ts';
import { MISTRAL_PRICES } from './families/unit-prices.ts';
import type { Endpoint, Provider } from './provider.ts';

/** Documents are paid by the page. */
const OCR_USAGE: UsageMap = { tokens: {}, units: { pages: 'usage_info.pages_processed' } };

const ANNOTATED = [
  'res.body:$.document_annotation',
  'req.body:$.document_annotation_format',
  'req.body:$.bbox_annotation_format',
].map((mark) => `res.body:$.usage_info.pages_processed if ${mark}`);

export const provider = {
  id: 'mistral',
  title: 'Mistral AI',
  hosts: ['api.mistral.ai', 'codestral.mistral.ai'],
  intercept: true,
  requestIdHeaders: ['mistral-correlation-id', 'x-kong-request-id'],
  endpoints: [
    { method: 'POST', path: '/v1/fim/completions', operation: 'text_completion', family: 'openai-chat' },
    { method: 'POST', path: '/v1/agents/completions', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/v1/conversations', operation: 'conversation', family: 'mistral-conversation' },
    { method: 'POST', path: '/v1/conversations/{id}', operation: 'conversation', family: 'mistral-conversation' },
    {
      method: 'POST',
      path: '/v1/conversations/{id}/restart',
      operation: 'conversation',
      family: 'mistral-conversation',
    },
    // Its transcriptions count in the names of chat.
    { method: 'POST', path: '/v1/audio/transcriptions', operation: 'transcription', family: 'openai-chat' },
    {
      method: 'POST',
      path: '/v1/ocr',
      operation: 'ocr',
      usage: OCR_USAGE,
      // Pages that are annotated have a price of their own.
      units: [{ unit: 'annotated_pages', from: ANNOTATED }],
    },
    ...['/v1/moderations', '/v1/chat/moderations'].map((path): Endpoint => ({
      method: 'POST',
      path,
      operation: 'moderation',
      family: 'openai-chat',
    })),
    ...['/v1/classifications', '/v1/chat/classifications'].map((path): Endpoint => ({
      method: 'POST',
      path,
      operation: 'classification',
      family: 'openai-chat',
    })),
    {
      method: 'GET',
      path: '/v1/batch/jobs/{id}',
      operation: 'fetch_batch',
      kind: 'batch_results',
      billing: 'batch',
      // The answers stand in the job or in a file, or in both: whichever is seen first counts.
      job: 'res.body:$.output_file',
    },
    ...openaiCompatible('/v1'),
    ...controls('/v1', 'batch', 'agents', 'conversations', 'libraries', 'audio/voices', 'observability'),
  ],
  prices: MISTRAL_PRICES,
} satisfies Provider;
