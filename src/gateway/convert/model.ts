/** A call to a model in no provider's words: what every format is read into and written from. */
import type { JsonObject } from '../../providers/families/json.ts';
import type { TokenCounts } from '../../core/usage.ts';

export const FORMATS = ['anthropic-messages', 'openai-chat', 'openai-responses'] as const;
export type Format = (typeof FORMATS)[number];

export interface ModelRequest {
  model: string | null;
  turns: Turn[];
  tools: Tool[];
  toolChoice: ToolChoice | null;
  /** Null = the client does not say. */
  parallelTools: boolean | null;
  maxTokens: number | null;
  temperature: number | null;
  topP: number | null;
  topK: number | null;
  stop: readonly string[];
  output: OutputShape | null;
  verbosity: string | null;
  reasoning: Reasoning | null;
  /** The end user's id. */
  user: string | null;
  /** Members that have one name and one meaning in both formats of OpenAI. */
  shared: ReadonlyMap<string, unknown>;
  stream: boolean;
  /** Chat only: the client wants the usage at the end of its stream. */
  includeUsage: boolean;
}

/** `user` turns hold the results of tools as well. */
export interface Turn {
  role: 'system' | 'developer' | 'user' | 'assistant';
  parts: readonly Part[];
}

export type Part = TextPart | ImagePart | FilePart | ThinkingPart | CallPart | ResultPart;

export interface TextPart {
  kind: 'text';
  text: string;
}

/** Where bytes are: in the request (base64), or behind a URL. */
export type Source = { data: string; mediaType: string } | { url: string };

export interface ImagePart {
  kind: 'image';
  source: Source;
  detail: string | null;
}

export interface FilePart {
  kind: 'file';
  source: Source;
  name: string | null;
}

export interface ThinkingPart {
  kind: 'thinking';
  text: string;
  seal: Seal | null;
}

/** What a provider puts beside its thoughts to know them again. */
export type Seal =
  /** Anthropic: the signature of a thought. */
  | { by: 'anthropic-messages'; signature: string }
  /** Anthropic: a thought that only it can read. */
  | { by: 'anthropic-messages'; redacted: string }
  /** The Responses API: an item that only it can read. */
  | { by: 'openai-responses'; id: string; encrypted: string | null }
  /** Servers that speak chat: the member in which they have their thoughts, and OpenRouter's details. */
  | { by: 'openai-chat'; member: ThoughtMember; details: unknown };

/** Of messages in chat. In `content` they are parts, at Mistral. */
export const THOUGHT_MEMBERS = ['reasoning_content', 'reasoning', 'content'] as const;
export type ThoughtMember = (typeof THOUGHT_MEMBERS)[number];

export interface CallPart {
  kind: 'call';
  id: string;
  name: string;
  /** JSON text; the plain text of a call with `freeform`. */
  input: string;
  /** Namespace of the tool (Responses). */
  namespace: string | null;
  /** The input is a text and no JSON (custom tools of OpenAI). */
  freeform: boolean;
}

export interface ResultPart {
  kind: 'result';
  id: string;
  parts: readonly (TextPart | ImagePart | FilePart)[];
  isError: boolean;
  /** Of a freeform call. */
  freeform: boolean;
}

export interface Tool {
  name: string;
  namespace: string | null;
  description: string | null;
  /** JSON schema of an object. */
  parameters: JsonObject;
  strict: boolean | null;
  /** `format` of a custom tool; undefined = the tool takes JSON. */
  freeform: { format: unknown } | null;
}

export type ToolChoice =
  | { kind: 'auto' | 'none' | 'required' }
  | { kind: 'tool'; name: string; freeform: boolean }
  | { kind: 'allowed'; names: readonly string[]; required: boolean };

export type OutputShape =
  | { kind: 'json' }
  | { kind: 'schema'; name: string | null; description: string | null; schema: unknown; strict: boolean | null };

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

export interface Reasoning {
  /** Null = the model's own choice. */
  effort: Effort | null;
  /** Tokens. */
  budget: number | null;
  /** False: the client does not want to see thoughts. */
  shown: boolean | null;
}

export type StopReason = 'end' | 'max_tokens' | 'stop_sequence' | 'tool_use' | 'refusal';

/** Counts as the meter reads them: `input_tokens` is all input. */
export type AnswerUsage = TokenCounts;

export interface AnswerError {
  /** Of the answer, or of what it would have been. */
  status: number;
  type: string;
  message: string;
}

/** An answer, piece by piece. One part is open at a time, and every delta belongs to it. */
export type AnswerEvent =
  | { kind: 'start'; id: string; model: string; created: number | null; usage: AnswerUsage | null }
  | { kind: 'open'; part: OpenPart }
  | { kind: 'delta'; text: string }
  /** Of the open thought. */
  | { kind: 'seal'; seal: Seal }
  | { kind: 'close' }
  | { kind: 'usage'; usage: AnswerUsage }
  | { kind: 'stop'; reason: StopReason; sequence: string | null }
  | { kind: 'end' }
  | { kind: 'error'; error: AnswerError }
  /** Nothing but a sign of life. */
  | { kind: 'ping' };

export type OpenPart =
  | { kind: 'text' }
  | { kind: 'refusal' }
  | { kind: 'thinking' }
  | { kind: 'call'; id: string; name: string; namespace: string | null; freeform: boolean };

export type AnswerPart = TextPart | { kind: 'refusal'; text: string } | ThinkingPart | (CallPart & { kind: 'call' });
