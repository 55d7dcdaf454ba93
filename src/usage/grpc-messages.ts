import { GrpcDecoder } from '../decoders/grpc.ts';
import { readProtobuf, type GrpcMethod } from '../decoders/protobuf.ts';
import { GENERATIVE_LANGUAGE, VERTEX_AI } from './gemini-protobuf.ts';
import type { MessageReader } from './message-reader.ts';
import { XAI_CHAT } from './xai-protobuf.ts';

/** By package without its version, and service. */
const SERVICES: Readonly<Record<string, Readonly<Record<string, GrpcMethod>>>> = {
  'google.ai.generativelanguage.GenerativeService': GENERATIVE_LANGUAGE,
  'google.cloud.aiplatform.PredictionService': VERTEX_AI,
  'xai_api.Chat': XAI_CHAT,
};

const PATH = /^\/([\w.]+?)(?:\.v\d\w*)?\.(\w+)\/(\w+)$/;

/** The method that a request's path (`/package.v1.Service/Method`, or without a version) names, or null when it is not known. */
export function grpcMethod(path: string): GrpcMethod | null {
  const [, name = '', service = '', method = ''] = PATH.exec(path) ?? [];
  const methods = lookUp(SERVICES, `${name}.${service}`);
  return methods === null ? null : lookUp(methods, method);
}

function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}

/** Shows one message of an answer to the reader as the JSON that the REST API sends. */
export function readGrpcMessage(message: Uint8Array, method: GrpcMethod, reader: MessageReader): void {
  const { value, intact } = readProtobuf(message, method.response);
  if (!intact) reader.anomaly('malformed_message');
  reader.value(value);
}

/** Longest request that is read for its model. */
const MOST_REQUEST_BYTES = 16 * 1024 * 1024;
const PREFIXES = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/)?models\//;

/** Reads the model of a gRPC request, which names it in its first message. */
export class GrpcRequestReader {
  #model: string | null = null;
  #read = false;
  readonly #decoder: GrpcDecoder;

  /** @param encoding header `grpc-encoding` of the request, lower case. */
  constructor(method: GrpcMethod, encoding: string | null) {
    this.#decoder = new GrpcDecoder({
      onMessage: (message) => {
        if (this.#read) return;
        this.#read = true;
        const { model } = readProtobuf(message, method.request).value;
        if (typeof model === 'string' && model !== '') this.#model = model.replace(PREFIXES, '').slice(0, 256);
      },
      onOversized: () => {},
      onProblem: () => {},
      encoding,
      maxLength: MOST_REQUEST_BYTES,
      maxOutput: MOST_REQUEST_BYTES,
    });
  }

  get model(): string | null {
    return this.#model;
  }

  push(bytes: Uint8Array): void {
    if (!this.#read) this.#decoder.push(bytes);
  }
}
