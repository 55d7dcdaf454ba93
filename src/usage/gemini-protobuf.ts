/**
 * Field numbers of Google's public .proto files, in the names of the REST API's JSON:
 * google/ai/generativelanguage/v1beta/{generative_service,content}.proto (npm @google-ai/generativelanguage 3.7.1) and
 * google/cloud/aiplatform/v1beta1/{prediction_service,content,usage_metadata}.proto (npm @google-cloud/aiplatform
 * 6.11.0). The two number the same things differently; the versions of each agree.
 */
import type { GrpcMethod, ProtobufField, ProtobufSchema, ProtobufType } from '../decoders/protobuf.ts';

const MODALITIES = { 1: 'TEXT', 2: 'IMAGE', 3: 'VIDEO', 4: 'AUDIO', 5: 'DOCUMENT' };

const MODALITY_COUNT: ProtobufSchema = {
  1: { name: 'modality', type: { enum: MODALITIES } },
  2: { name: 'tokenCount', type: 'int' },
};

function one(name: string, type: ProtobufType): ProtobufField {
  return { name, type };
}

function many(name: string, message: ProtobufSchema): ProtobufField {
  return { name, type: { message }, repeated: true };
}

const BLOB: ProtobufSchema = { 1: one('mimeType', 'string'), 2: one('data', 'bytes') };

// --- generativelanguage.googleapis.com ---

const LANGUAGE_FINISH_REASONS = {
  1: 'STOP',
  2: 'MAX_TOKENS',
  3: 'SAFETY',
  4: 'RECITATION',
  5: 'OTHER',
  6: 'LANGUAGE',
  7: 'BLOCKLIST',
  8: 'PROHIBITED_CONTENT',
  9: 'SPII',
  10: 'MALFORMED_FUNCTION_CALL',
  11: 'IMAGE_SAFETY',
  12: 'UNEXPECTED_TOOL_CALL',
  13: 'TOO_MANY_TOOL_CALLS',
  14: 'IMAGE_PROHIBITED_CONTENT',
  15: 'IMAGE_OTHER',
  16: 'NO_IMAGE',
  17: 'IMAGE_RECITATION',
};

const LANGUAGE_PART: ProtobufSchema = {
  2: one('text', 'string'),
  3: one('inlineData', { message: BLOB }),
  4: one('functionCall', {
    message: { 1: one('name', 'string'), 2: one('args', 'struct'), 3: one('id', 'string') },
  }),
  11: one('thought', 'bool'),
};

const LANGUAGE_RESPONSE: ProtobufSchema = {
  1: many('candidates', {
    1: one('content', { message: { 1: many('parts', LANGUAGE_PART) } }),
    2: one('finishReason', { enum: LANGUAGE_FINISH_REASONS }),
    3: one('index', 'int'),
  }),
  2: one('promptFeedback', {
    message: {
      1: one('blockReason', {
        enum: { 1: 'SAFETY', 2: 'OTHER', 3: 'BLOCKLIST', 4: 'PROHIBITED_CONTENT', 5: 'IMAGE_SAFETY' },
      }),
    },
  }),
  3: one('usageMetadata', {
    message: {
      1: one('promptTokenCount', 'int'),
      2: one('candidatesTokenCount', 'int'),
      3: one('totalTokenCount', 'int'),
      4: one('cachedContentTokenCount', 'int'),
      5: many('promptTokensDetails', MODALITY_COUNT),
      6: many('cacheTokensDetails', MODALITY_COUNT),
      7: many('candidatesTokensDetails', MODALITY_COUNT),
      8: one('toolUsePromptTokenCount', 'int'),
      9: many('toolUsePromptTokensDetails', MODALITY_COUNT),
      10: one('thoughtsTokenCount', 'int'),
    },
  }),
  4: one('modelVersion', 'string'),
  5: one('responseId', 'string'),
};

const LANGUAGE_REQUEST: ProtobufSchema = { 1: one('model', 'string') };

export const GENERATIVE_LANGUAGE: Readonly<Record<string, GrpcMethod>> = {
  GenerateContent: { request: LANGUAGE_REQUEST, response: LANGUAGE_RESPONSE, streams: false },
  StreamGenerateContent: { request: LANGUAGE_REQUEST, response: LANGUAGE_RESPONSE, streams: true },
  // Its answer states no counts.
  EmbedContent: { request: LANGUAGE_REQUEST, response: {}, streams: false },
  BatchEmbedContents: { request: LANGUAGE_REQUEST, response: {}, streams: false },
};

// --- aiplatform.googleapis.com ---

const VERTEX_FINISH_REASONS = {
  1: 'STOP',
  2: 'MAX_TOKENS',
  3: 'SAFETY',
  4: 'RECITATION',
  5: 'OTHER',
  6: 'BLOCKLIST',
  7: 'PROHIBITED_CONTENT',
  8: 'SPII',
  9: 'MALFORMED_FUNCTION_CALL',
  10: 'MODEL_ARMOR',
};

const VERTEX_USAGE: ProtobufSchema = {
  1: one('promptTokenCount', 'int'),
  2: one('candidatesTokenCount', 'int'),
  3: one('totalTokenCount', 'int'),
  5: one('cachedContentTokenCount', 'int'),
  8: one('trafficType', {
    enum: { 1: 'ON_DEMAND', 2: 'PROVISIONED_THROUGHPUT', 3: 'ON_DEMAND_PRIORITY', 4: 'ON_DEMAND_FLEX' },
  }),
  9: many('promptTokensDetails', MODALITY_COUNT),
  10: many('cacheTokensDetails', MODALITY_COUNT),
  11: many('candidatesTokensDetails', MODALITY_COUNT),
  12: many('toolUsePromptTokensDetails', MODALITY_COUNT),
  13: one('toolUsePromptTokenCount', 'int'),
  14: one('thoughtsTokenCount', 'int'),
};

const VERTEX_PART: ProtobufSchema = {
  1: one('text', 'string'),
  2: one('inlineData', { message: BLOB }),
  5: one('functionCall', { message: { 1: one('name', 'string'), 2: one('args', 'struct') } }),
  10: one('thought', 'bool'),
};

const VERTEX_RESPONSE: ProtobufSchema = {
  2: many('candidates', {
    1: one('index', 'int'),
    2: one('content', { message: { 2: many('parts', VERTEX_PART) } }),
    3: one('finishReason', { enum: VERTEX_FINISH_REASONS }),
  }),
  3: one('promptFeedback', {
    message: {
      1: one('blockReason', {
        enum: {
          1: 'SAFETY',
          2: 'OTHER',
          3: 'BLOCKLIST',
          4: 'PROHIBITED_CONTENT',
          5: 'MODEL_ARMOR',
          6: 'JAILBREAK',
        },
      }),
    },
  }),
  4: one('usageMetadata', { message: VERTEX_USAGE }),
  11: one('modelVersion', 'string'),
  13: one('responseId', 'string'),
};

/** Of the embedding itself it is enough that there is one. */
const VERTEX_EMBEDDING: ProtobufSchema = {
  1: one('embedding', { message: {} }),
  2: one('usageMetadata', { message: VERTEX_USAGE }),
};

const VERTEX_REQUEST: ProtobufSchema = { 5: one('model', 'string') };

export const VERTEX_AI: Readonly<Record<string, GrpcMethod>> = {
  GenerateContent: { request: VERTEX_REQUEST, response: VERTEX_RESPONSE, streams: false },
  StreamGenerateContent: { request: VERTEX_REQUEST, response: VERTEX_RESPONSE, streams: true },
  EmbedContent: { request: LANGUAGE_REQUEST, response: VERTEX_EMBEDDING, streams: false },
};
