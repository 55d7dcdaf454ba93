import type { AssembledOutput, ToolCall } from '../core/capture.ts';
import type { Usage } from '../core/usage.ts';
import type { Family } from '../providers/families/family.ts';
import { Reading } from '../providers/families/reading.ts';

/** What one answer on a WebSocket said. Times are those of the messages. */
export interface SocketAnswer {
  /** `transcription`: what the user said, put into text by another model than the one that answers. */
  kind: 'response' | 'transcription';
  dialect: string;
  /** One call of a model. Warm-ups and transcriptions are none, though their tokens count. */
  isInference: boolean;
  request_model: string | null;
  response_model: string | null;
  response_id: string | null;
  service_tier: string | null;
  /** `source` is `websocket`. */
  usage: Usage;
  anomalies: readonly string[];
  stop_reason: string | null;
  tool_calls: readonly ToolCall[];
  assembled: AssembledOutput | null;
  error: { type: string; message: string } | null;
  /** USD, when the provider itself names the price. */
  providerCostUsd: number | null;
  /** When it was asked for; when it began, if the server answers on its own. */
  startedAt: number;
  firstContentAt: number | null;
  endedAt: number;
}

/** What a client asked for before the answer began. */
export interface Asked {
  model: string | null;
  /** The context is read and nothing is to be generated. */
  isWarmUp: boolean;
  at: number;
}

/** An answer that has begun and not ended. */
export class OpenAnswer {
  readonly family: Family;
  readonly reading: Reading;
  readonly #asked: Asked;

  constructor(family: Family, assembledLength: number, asked: Asked) {
    this.family = family;
    this.reading = new Reading(assembledLength);
    this.#asked = asked;
  }

  read(message: Readonly<Record<string, unknown>>, at: number): void {
    this.reading.at = at;
    try {
      this.family.read(message, this.reading);
    } catch {
      // A shape that no one foresaw must not cost the rest of the answer.
      this.reading.anomalies.add('unreadable_message');
    }
  }

  /**
   * @param whole its closing message came.
   * @param sessionModel the model that the server named for all of the socket.
   */
  close(whole: boolean, sessionModel: string | null, at: number): SocketAnswer {
    const { reading } = this;
    try {
      this.family.settle(reading, { whole, stream: true });
    } catch {
      reading.anomalies.add('unreadable_message');
    }
    if (reading.rawUsage !== null) reading.usage.source = 'websocket';
    const assembled = reading.assembled();
    return {
      kind: 'response',
      dialect: this.family.name,
      isInference: !this.#asked.isWarmUp,
      request_model: this.#asked.model,
      response_model: reading.model ?? sessionModel,
      response_id: reading.id,
      service_tier: reading.serviceTier,
      usage: reading.usage,
      anomalies: [...reading.anomalies],
      stop_reason: reading.stopReason,
      tool_calls: (assembled?.toolCalls ?? []).map(({ id, name }) => ({ id, name })),
      assembled,
      error: reading.error,
      providerCostUsd: reading.costUsd,
      startedAt: this.#asked.at,
      firstContentAt: reading.firstContentAt,
      endedAt: at,
    };
  }
}
