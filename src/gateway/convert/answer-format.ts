import type { JsonObject } from '../../providers/families/json.ts';
import type { Answer } from './answer.ts';
import type { AnswerError, AnswerEvent, ModelRequest } from './model.ts';
import type { Notes } from './notes.ts';

/** Reads the events of a stream. */
export interface StreamReader {
  /** @param event the `event:` field, or ``. */
  read(message: JsonObject, event: string): Iterable<AnswerEvent>;
  /** `data: [DONE]`. */
  done(): Iterable<AnswerEvent>;
  /** The stream came to its end; nothing when it had said so itself. */
  end(): Iterable<AnswerEvent>;
}

export interface StreamWriter {
  /** Event stream text; may be empty. */
  write(event: AnswerEvent): string;
}

/** What of a request its answer depends on: the rest of it need not be kept while it is answered. */
export type AskedAnswer = Pick<ModelRequest, 'model' | 'stream' | 'includeUsage' | 'reasoning'>;

/** What a writer of answers knows besides the answer. */
export interface AnswerContext {
  asked: AskedAnswer;
  /** Members of the client's request that the format repeats in its answers. */
  repeated: JsonObject;
  /** Seconds since the epoch. */
  now: number;
  notes: Notes;
}

/** How one format has its answers. */
export interface AnswerFormat {
  /** Members of a request that its answer repeats. */
  repeats: readonly string[];
  streamReader(notes: Notes): StreamReader;
  /** A whole answer, in pieces. */
  readWhole(body: JsonObject, notes: Notes): Iterable<AnswerEvent>;
  streamWriter(context: AnswerContext): StreamWriter;
  writeWhole(answer: Answer, context: AnswerContext): JsonObject;
  writeError(error: AnswerError): JsonObject;
}
