import type { RecorderHealth, SinkHealth } from '../core/ports.ts';

/** Where records do not go at the moment, by the answer of `/health`. Calls are not affected. */
export function troublesOf(health: unknown): SinkHealth[] {
  return sinksOf(health).filter(({ state }) => state === 'failing');
}

/** What did not get where it belongs since the start, whatever is the matter now. */
export function lossesOf(health: unknown): SinkHealth[] {
  return sinksOf(health).filter(({ dropped }) => dropped > 0);
}

function sinksOf(health: unknown): readonly SinkHealth[] {
  const { recorder } = (health ?? {}) as { recorder?: Pick<RecorderHealth, 'sinks'> | null };
  return recorder?.sinks ?? [];
}
