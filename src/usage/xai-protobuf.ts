/**
 * Field numbers of xAI's public protocol (xai_api, versions 5 and 6, as its Python SDK 1.21.0 carries them), in the
 * names of the REST API's JSON. The names of its own: `outputs` are choices, and counts are flat.
 */
import { count, field, list, type GrpcMethod, type ProtobufSchema } from '../decoders/protobuf.ts';

const USAGE: ProtobufSchema = {
  1: count('completion_tokens'),
  2: count('prompt_tokens'),
  3: count('total_tokens'),
  6: field('reasoning_tokens', 'int'),
  7: field('cached_tokens', 'int'),
  11: field('cost_in_usd_ticks', 'int'),
};

const MESSAGE: ProtobufSchema = {
  1: field('content', 'string'),
  3: list('tool_calls', {
    1: field('id', 'string'),
    10: field('function', { message: { 1: field('name', 'string'), 2: field('arguments', 'string') } }),
  }),
  4: field('reasoning_content', 'string'),
};

const FINISH_REASON = field('finish_reason', {
  enum: {
    1: 'REASON_MAX_LEN',
    2: 'REASON_MAX_CONTEXT',
    3: 'REASON_STOP',
    4: 'REASON_TOOL_CALLS',
    5: 'REASON_TIME_LIMIT',
  },
});

const SERVICE_TIER = field('service_tier', { enum: { 1: 'default', 2: 'priority' } });

const REQUEST: ProtobufSchema = { 2: field('model', 'string') };

const COMPLETION: ProtobufSchema = {
  1: field('id', 'string'),
  2: list('choices', { 1: FINISH_REASON, 2: field('index', 'int'), 3: field('message', { message: MESSAGE }) }),
  6: field('model', 'string'),
  9: field('usage', { message: USAGE }),
  15: SERVICE_TIER,
};

/** Each chunk states the counts so far. */
const CHUNK: ProtobufSchema = {
  1: field('id', 'string'),
  2: list('choices', { 1: field('delta', { message: MESSAGE }), 3: FINISH_REASON, 4: field('index', 'int') }),
  4: field('model', 'string'),
  6: field('usage', { message: USAGE }),
  12: SERVICE_TIER,
};

export const XAI_CHAT: Readonly<Record<string, GrpcMethod>> = {
  GetCompletion: { request: REQUEST, response: COMPLETION, streams: false },
  GetCompletionChunk: { request: REQUEST, response: CHUNK, streams: true },
};
