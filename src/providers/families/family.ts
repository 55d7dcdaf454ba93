import type { JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

export type FamilyName =
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-batch'
  | 'anthropic'
  | 'gemini'
  | 'gemini-interactions'
  | 'gemini-live'
  | 'ollama'
  | 'cohere'
  | 'dashscope'
  | 'watsonx'
  | 'tgi'
  | 'replicate'
  | 'vertex-predict'
  | 'mistral-conversation'
  | 'llamacpp'
  | 'ai-sdk'
  | 'bedrock-converse'
  | 'bedrock-invoke';

/** How the exchange ended, as far as its numbers are concerned. */
export interface Ending {
  /** The answer came to its proper end on the wire. */
  whole: boolean;
  /** The answer was a stream of messages, not one document. */
  stream: boolean;
}

/**
 * One JSON dialect that several providers speak. Pure: messages go in, facts go into the Reading.
 * A new dialect is a file here and a line in `dialects.ts`; a new provider normally needs none.
 */
export interface Family {
  readonly name: string;
  /** The counts of this dialect's usage object. */
  readonly usage: UsageMap;
  /** The message cannot be of another dialect. */
  recognises(message: JsonObject): boolean;
  /** Its messages bear no marks of their own: only an endpoint says that it is spoken. */
  readonly byEndpointOnly?: true;
  /** Called for each message in order: the whole document, or each event, line or element of a stream. */
  read(message: JsonObject, reading: Reading): void;
  /** Called once: turns the usage objects that were seen into counts. */
  settle(reading: Reading, ending: Ending): void;
}
