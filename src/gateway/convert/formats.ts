import type { JsonObject } from '../../providers/families/json.ts';
import { AnthropicStreamReader, readWhole as readMessage } from './anthropic/read-answer.ts';
import { readRequest as readAnthropic } from './anthropic/read-request.ts';
import { AnthropicStreamWriter, writeWhole as writeMessage } from './anthropic/write-answer.ts';
import { writeError as writeAnthropicError } from './anthropic/write-error.ts';
import { writeRequest as writeAnthropic } from './anthropic/write-request.ts';
import type { AnswerFormat } from './answer-format.ts';
import { ChatStreamReader, readWhole as readCompletion } from './chat/read-answer.ts';
import { readRequest as readChat } from './chat/read-request.ts';
import {
  ChatStreamWriter,
  writeError as writeOpenAiError,
  writeWhole as writeCompletion,
} from './chat/write-answer.ts';
import { writeRequest as writeChat } from './chat/write-request.ts';
import type { Format, ModelRequest } from './model.ts';
import type { Notes } from './notes.ts';
import { ResponsesStreamReader, readWhole as readResponse } from './responses/read-answer.ts';
import { readRequest as readResponses } from './responses/read-request.ts';
import { REPEATED_MEMBERS, ResponsesStreamWriter, writeWhole as writeResponse } from './responses/write-answer.ts';
import { writeRequest as writeResponses } from './responses/write-request.ts';
import type { ToolNames } from './tool-names.ts';

export interface FormatRules extends AnswerFormat {
  /** Behind a base URL. */
  path: string;
  /** That a target wants to see. */
  headers: readonly (readonly [name: string, value: string])[];
  /** Throws RefusedError. */
  readRequest(body: JsonObject, notes: Notes): ModelRequest;
  /** Throws RefusedError. @param provider of the target, by its host; null = unknown */
  writeRequest(request: ModelRequest, names: ToolNames, notes: Notes, provider: string | null): JsonObject;
}

export const FORMATS_BY_NAME: Readonly<Record<Format, FormatRules>> = {
  'anthropic-messages': {
    path: '/v1/messages',
    // The version that servers of all makers know, and the last that takes a temperature.
    headers: [['anthropic-version', '2023-06-01']],
    repeats: [],
    readRequest: readAnthropic,
    writeRequest: writeAnthropic,
    streamReader: (notes) => new AnthropicStreamReader(notes),
    readWhole: readMessage,
    streamWriter: (context) => new AnthropicStreamWriter(context),
    writeWhole: writeMessage,
    writeError: writeAnthropicError,
  },
  'openai-chat': {
    path: '/v1/chat/completions',
    headers: [],
    repeats: [],
    readRequest: readChat,
    writeRequest: writeChat,
    streamReader: (notes) => new ChatStreamReader(notes),
    readWhole: readCompletion,
    streamWriter: (context) => new ChatStreamWriter(context),
    writeWhole: writeCompletion,
    writeError: writeOpenAiError,
  },
  'openai-responses': {
    path: '/v1/responses',
    headers: [],
    repeats: REPEATED_MEMBERS,
    readRequest: readResponses,
    writeRequest: writeResponses,
    streamReader: (notes) => new ResponsesStreamReader(notes),
    readWhole: readResponse,
    streamWriter: (context) => new ResponsesStreamWriter(context),
    writeWhole: writeResponse,
    writeError: writeOpenAiError,
  },
};
