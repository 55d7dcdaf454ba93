import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import type { CallRecord } from '../../api/shapes.ts';
import { modelOf } from '../../format/call.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Section } from './section.tsx';

/** `GET /api/prices`, as much of it as is needed here. */
interface Priced {
  models: { provider: string; model: string; context_window?: number | null }[];
}

/** How full the model was; nothing where nobody says how much fits into it. */
export function ContextWindow({ call }: { call: CallRecord }) {
  const prices = useQuery({
    queryKey: ['prices'],
    queryFn: ({ signal }) => get<Priced>('/api/prices', {}, signal),
    staleTime: 300_000,
  });
  const model = modelOf(call);
  const known = prices.data?.models.find((entry) => entry.provider === call.provider && entry.model === model);
  const size = known?.context_window ?? null;
  const input = call.context_tokens ?? call.usage.input_tokens;
  if (size === null || input === null) return null;
  return (
    <Section title="Context window">
      <Meter input={input} output={call.usage.output_tokens ?? 0} size={size} />
    </Section>
  );
}

function Meter({ input, output, size }: { input: number; output: number; size: number }) {
  const used = input + output;
  const full = Math.max(used, size);
  const isOver = used > size;
  const words = `${whole(used)} of ${whole(size)} tokens, ${percent(used, size)}`;
  return (
    <div className="max-w-3xl">
      <div
        role="meter"
        aria-label="Context window"
        aria-valuemin={0}
        aria-valuemax={size}
        aria-valuenow={Math.min(used, size)}
        aria-valuetext={words}
        className="flex h-2 overflow-hidden rounded-chip bg-raised"
      >
        <div style={{ width: `${(100 * input) / full}%`, backgroundColor: 'var(--series-input)' }} />
        <div style={{ width: `${(100 * output) / full}%`, backgroundColor: 'var(--series-output)' }} />
      </div>
      <p className="mt-1">
        {words}
        {isOver && (
          <span className="text-muted">
            : more than the price table knows of; the model may have a larger one by now
          </span>
        )}
        .
      </p>
    </div>
  );
}
