import type { AssembledOutput, ToolCall } from '../core/capture.ts';
import type { Usage } from '../core/usage.ts';
import type { Family } from '../providers/families/family.ts';
import { Reading } from '../providers/families/reading.ts';
import { enforceInvariants } from './invariants.ts';
import { KeptMessages } from './kept-messages.ts';
import type { MeteredBody, MeterProgress, SideUsage } from './metered.ts';

/** What one answer on a WebSocket said. Times are those of the messages. */
export interface SocketAnswer {
  /** `transcription`: what the user said, put into text by another model than the one that answers. */
  kind: 'response' | 'transcription';
  dialect: string;
  /** One call of a model. Warm-ups and transcriptions are none, though their tokens count. */
  isInference: boolean;
  /** Its closing message came; false = the socket was closed first. */
  isWhole: boolean;
  request_model: string | null;
  response_model: string | null;
  response_id: string | null;
  service_tier: string | null;
  /** `source` is `websocket`. */
  usage: Usage;
  /** See Metered.side. */
  side: readonly SideUsage[];
  anomalies: readonly string[];
  stop_reason: string | null;
  tool_calls: readonly ToolCall[];
  assembled: AssembledOutput | null;
  error: { type: string; message: string } | null;
  /** USD, when the provider itself names the price. */
  providerCostUsd: number | null;
  /** When it was asked for; when it began, if the server answers on its own. */
  startedAt: number;
  /** Its first message. */
  begunAt: number;
  firstContentAt: number | null;
  endedAt: number;
  /** What the client said since the answer before, and the messages of this one. */
  request: MeteredBody;
  response: MeteredBody;
  /** See Metered.arrivals. */
  arrivals: readonly number[];
}

/** What a client asked for before the answer began. */
export interface Asked {
  model: string | null;
  /** The context is read and nothing is to be generated. */
  isWarmUp: boolean;
  /** Of several conversations on one socket; null = there is one. */
  stream: string | null;
  at: number;
  body: KeptMessages;
}

/** An answer that has begun and not ended. */
export class OpenAnswer {
  readonly family: Family;
  readonly reading: Reading;
  readonly asked: Asked;
  readonly kept: KeptMessages;
  readonly #begunAt: number;

  constructor(family: Family, assembledLength: number, asked: Asked, kept: KeptMessages, at: number) {
    this.family = family;
    this.reading = new Reading(assembledLength);
    this.asked = asked;
    this.kept = kept;
    this.#begunAt = at;
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

  /** What it says so far. @param length characters of the end of its text */
  progress(length: number): Pick<MeterProgress, 'model' | 'thinkingLength' | 'tool' | 'text'> {
    const { model, thinkingLength, lastTool: tool } = this.reading;
    return { model: model ?? this.asked.model, thinkingLength, tool, text: this.reading.textEnd(length) };
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
    const anomalies = [reading, ...reading.side].flatMap(({ usage }) =>
      enforceInvariants(usage, reading.subsetsOfMore),
    );
    for (const side of reading.side) if (side.usage.source !== null) side.usage.source = 'websocket';
    const assembled = reading.assembled();
    return {
      kind: 'response',
      dialect: this.family.name,
      isInference: !this.asked.isWarmUp,
      isWhole: whole,
      request_model: this.asked.model,
      response_model: reading.model ?? sessionModel,
      response_id: reading.id,
      service_tier: reading.serviceTier,
      usage: reading.usage,
      side: reading.side,
      anomalies: [...new Set([...reading.anomalies, ...anomalies])],
      stop_reason: reading.stopReason,
      tool_calls: (assembled?.toolCalls ?? []).map(({ id, name }) => ({ id, name })),
      assembled,
      error: reading.error,
      providerCostUsd: reading.costUsd,
      startedAt: this.asked.at,
      begunAt: this.#begunAt,
      firstContentAt: reading.firstContentAt,
      endedAt: at,
      request: this.asked.body.capture(),
      response: this.kept.capture(),
      arrivals: this.kept.arrivals,
    };
  }
}
