/** Answers of OTLP receivers, in protobuf and JSON, and what their status codes mean by the specification. */
import { readProtobuf } from '../decoders/protobuf.ts';
import type { Verdict } from './destination.ts';
import { verdictOf } from './http.ts';

/**
 * The specification wants no second try of other failures of the server. It has queues in memory in mind, which must not
 * grow: what waits in the store may wait, and a 500 is most often of a database behind the collector that is away.
 */
const PASSING: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** Of an HTTP status that is not 2xx. */
export function otlpVerdict(status: number): Verdict {
  if (status >= 500) return PASSING.has(status) ? 'retry' : 'refused';
  return verdictOf(status);
}

/** What an answer says of a request that was taken. */
export interface PartialSuccess {
  rejected: number;
  message: string;
}

/** Of `ExportTraceServiceResponse`, in either coding. */
export function partialSuccessOf(body: Buffer): PartialSuccess {
  // No message of protobuf begins with it, and there are servers that answer JSON whatever they were sent.
  const told = body[0] === BRACE ? fromJson(body) : readProtobuf(body, RESPONSE).value['partialSuccess'];
  const { rejectedSpans, errorMessage } = (told ?? {}) as { rejectedSpans?: unknown; errorMessage?: unknown };
  const rejected = Number(rejectedSpans ?? 0);
  return {
    rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
    message: typeof errorMessage === 'string' ? errorMessage : '',
  };
}

const BRACE = 0x7b;

function fromJson(body: Buffer): unknown {
  try {
    return (JSON.parse(body.toString()) as { partialSuccess?: unknown }).partialSuccess;
  } catch {
    return null;
  }
}

const RESPONSE = {
  1: {
    name: 'partialSuccess',
    type: {
      message: {
        1: { name: 'rejectedSpans', type: 'int' },
        2: { name: 'errorMessage', type: 'string' },
      },
    },
  },
} as const;

/** Of `google.rpc.Status`: its words, and the wait that it asks for. */
export function statusOf(body: Uint8Array): { message: string | null; retryAfterMs: number | null } {
  const { value, intact } = readProtobuf(body, STATUS);
  const { message } = value as { message?: string };
  // Apart: details of other types do not fit the schema.
  const { details } = readProtobuf(body, DETAILS).value as { details?: Detail[] };
  const delay = details?.find(({ type }) => type?.endsWith('google.rpc.RetryInfo'))?.value?.delay;
  const told = delay === undefined ? null : (delay.seconds ?? 0) * 1000 + (delay.nanos ?? 0) / 1e6;
  return { message: intact ? (message ?? null) : null, retryAfterMs: told };
}

interface Detail {
  type?: string;
  value?: { delay?: { seconds?: number; nanos?: number } };
}

const DURATION = { 1: { name: 'seconds', type: 'int' }, 2: { name: 'nanos', type: 'int' } } as const;
const RETRY_INFO = { 1: { name: 'delay', type: { message: DURATION } } } as const;
const STATUS = { 2: { name: 'message', type: 'string' } } as const;
const DETAILS = {
  3: {
    name: 'details',
    repeated: true,
    type: {
      message: { 1: { name: 'type', type: 'string' }, 2: { name: 'value', type: { message: RETRY_INFO } } },
    },
  },
} as const;
