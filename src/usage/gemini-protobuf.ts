/**
 * Field numbers of Google's public .proto files, in the names of the REST API's JSON:
 * google/ai/generativelanguage/v1beta/{generative_service,content}.proto (npm @google-ai/generativelanguage 3.7.1) and
 * google/cloud/aiplatform/v1beta1/{prediction_service,content,usage_metadata}.proto (npm @google-cloud/aiplatform
 * 6.11.0). The two number the same things differently; the versions of each agree.
 */
import { field, list, type GrpcMethod, type ProtobufSchema } from '../decoders/protobuf.ts';

const MODALITIES = { 1: 'TEXT', 2: 'IMAGE', 3: 'VIDEO', 4: 'AUDIO', 5: 'DOCUMENT' };

const MODALITY_COUNT: ProtobufSchema = {
  1: { name: 'modality', type: { enum: MODALITIES } },
  2: { name: 'tokenCount', type: 'int' },
};

const BLOB: ProtobufSchema = { 1: field('mimeType', 'string'), 2: field('data', 'bytes') };

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
  2: field('text', 'string'),
  3: field('inlineData', { message: BLOB }),
  4: field('functionCall', {
    message: { 1: field('name', 'string'), 2: field('args', 'struct'), 3: field('id', 'string') },
  }),
  11: field('thought', 'bool'),
};

const LANGUAGE_RESPONSE: ProtobufSchema = {
  1: list('candidates', {
    1: field('content', { message: { 1: list('parts', LANGUAGE_PART) } }),
    2: field('finishReason', { enum: LANGUAGE_FINISH_REASONS }),
    3: field('index', 'int'),
  }),
  2: field('promptFeedback', {
    message: {
      1: field('blockReason', {
        enum: { 1: 'SAFETY', 2: 'OTHER', 3: 'BLOCKLIST', 4: 'PROHIBITED_CONTENT', 5: 'IMAGE_SAFETY' },
      }),
    },
  }),
  3: field('usageMetadata', {
    message: {
      1: field('promptTokenCount', 'int'),
      2: field('candidatesTokenCount', 'int'),
      3: field('totalTokenCount', 'int'),
      4: field('cachedContentTokenCount', 'int'),
      5: list('promptTokensDetails', MODALITY_COUNT),
      6: list('cacheTokensDetails', MODALITY_COUNT),
      7: list('candidatesTokensDetails', MODALITY_COUNT),
      8: field('toolUsePromptTokenCount', 'int'),
      9: list('toolUsePromptTokensDetails', MODALITY_COUNT),
      10: field('thoughtsTokenCount', 'int'),
    },
  }),
  4: field('modelVersion', 'string'),
  5: field('responseId', 'string'),
};

const LANGUAGE_REQUEST: ProtobufSchema = { 1: field('model', 'string') };

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
  1: field('promptTokenCount', 'int'),
  2: field('candidatesTokenCount', 'int'),
  3: field('totalTokenCount', 'int'),
  5: field('cachedContentTokenCount', 'int'),
  8: field('trafficType', {
    enum: { 1: 'ON_DEMAND', 2: 'PROVISIONED_THROUGHPUT', 3: 'ON_DEMAND_PRIORITY', 4: 'ON_DEMAND_FLEX' },
  }),
  9: list('promptTokensDetails', MODALITY_COUNT),
  10: list('cacheTokensDetails', MODALITY_COUNT),
  11: list('candidatesTokensDetails', MODALITY_COUNT),
  12: list('toolUsePromptTokensDetails', MODALITY_COUNT),
  13: field('toolUsePromptTokenCount', 'int'),
  14: field('thoughtsTokenCount', 'int'),
};

const PARTIAL_ARG: ProtobufSchema = {
  1: field('jsonPath', 'string'),
  2: field('nullValue', { enum: { 0: 'NULL_VALUE' } }),
  3: field('numberValue', 'double'),
  4: field('stringValue', 'string'),
  5: field('boolValue', 'bool'),
  6: field('willContinue', 'bool'),
};

const VERTEX_PART: ProtobufSchema = {
  1: field('text', 'string'),
  2: field('inlineData', { message: BLOB }),
  5: field('functionCall', {
    message: {
      1: field('name', 'string'),
      2: field('args', 'struct'),
      3: field('id', 'string'),
      4: list('partialArgs', PARTIAL_ARG),
      5: field('willContinue', 'bool'),
    },
  }),
  10: field('thought', 'bool'),
};

const VERTEX_RESPONSE: ProtobufSchema = {
  2: list('candidates', {
    1: field('index', 'int'),
    2: field('content', { message: { 2: list('parts', VERTEX_PART) } }),
    3: field('finishReason', { enum: VERTEX_FINISH_REASONS }),
  }),
  3: field('promptFeedback', {
    message: {
      1: field('blockReason', {
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
  4: field('usageMetadata', { message: VERTEX_USAGE }),
  11: field('modelVersion', 'string'),
  13: field('responseId', 'string'),
};

/** Of the embedding itself it is enough that there is one. */
const VERTEX_EMBEDDING: ProtobufSchema = {
  1: field('embedding', { message: {} }),
  2: field('usageMetadata', { message: VERTEX_USAGE }),
};

const VERTEX_REQUEST: ProtobufSchema = { 5: field('model', 'string') };

export const VERTEX_AI: Readonly<Record<string, GrpcMethod>> = {
  GenerateContent: { request: VERTEX_REQUEST, response: VERTEX_RESPONSE, streams: false },
  StreamGenerateContent: { request: VERTEX_REQUEST, response: VERTEX_RESPONSE, streams: true },
  EmbedContent: { request: LANGUAGE_REQUEST, response: VERTEX_EMBEDDING, streams: false },
};
