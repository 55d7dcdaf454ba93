import type { RecorderHealth, SinkHealth } from '../core/ports.ts';

/** Where records do not go at the moment, by the answer of `/health`. Calls are not affected. */
export function troublesOf(health: unknown): SinkHealth[] {
  const { recorder } = (health ?? {}) as { recorder?: Pick<RecorderHealth, 'sinks'> | null };
  return (recorder?.sinks ?? []).filter(({ state }) => state === 'failing');
}
