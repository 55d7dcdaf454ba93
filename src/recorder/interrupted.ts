import type { LeftOverCall } from '../core/live-call.ts';
import type { ConnectionInfo, ExchangeEnd, Side } from '../core/recorder-port.ts';
import { BodyMemory } from './body-memory.ts';
import { type FinishedExchange, LiveExchange, type Meter } from './live-exchange.ts';

const INTERRUPTED: ExchangeEnd = { outcome: 'interrupted', error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0 };

/** A call that was in flight when its recorder died, as far as it had come: metered like every other. */
export async function interruptedExchange(
  { id, facts, parts }: LeftOverCall,
  createMeter: (connection: ConnectionInfo) => Meter,
): Promise<FinishedExchange> {
  const { connection, wall, requestHead, responseHead, responseHeadAfter } = facts;
  const live = new LiveExchange(connection, wall, 0, createMeter(connection), new BodyMemory(Infinity), () => {});
  const of = (side: Side): LeftOverCall['parts'] => parts.filter((part) => part.side === side);
  const seen = (side: Side, atFirst: number): number => Math.max(atFirst, ...of(side).map((part) => part.seen));
  live.head('request', Buffer.from(requestHead, 'latin1'), 0);
  for (const { bytes, after } of of('request')) live.requestBody(bytes, after);
  if (responseHead !== null) live.head('response', Buffer.from(responseHead, 'latin1'), responseHeadAfter ?? 0);
  for (const { bytes, after } of of('response')) live.responseBody(bytes, after);
  const last = Math.max(facts.after, ...parts.map(({ after }) => after));
  const finished = await live.end(INTERRUPTED, last);
  finished.facts.requestBytes = seen('request', facts.requestBytes);
  finished.facts.responseBytes = seen('response', facts.responseBytes);
  finished.facts.dropped = facts.dropped;
  // A part holds what came within a second: when its first word came is not known.
  return { ...finished, id, metered: { ...finished.metered, firstContentAt: null } };
}
