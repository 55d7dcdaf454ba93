import { useState } from 'react';
import type { CallRecord } from '../api/shapes.ts';
import { bytes, compact, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Button } from '../kit/button.tsx';
import type { Chunk } from './body/use-body.ts';
import { speedOf } from './timing.ts';

const BUCKETS = 60;
const HEIGHT = 64;

/**
 * How fast the answer came. Tokens of a stream are not counted one by one: each step has its share of all of them, by
 * the bytes that came in it.
 */
export function SpeedStripChart({ call, chunks }: { call: CallRecord; chunks: readonly Chunk[] }) {
  const [asTable, setAsTable] = useState(false);
  const strip = speedOf(chunks, call, BUCKETS);
  if (strip === null) return null;
  const tokens = call.usage.output_tokens;
  const all = strip.bytes.reduce((sum, size) => sum + size, 0);
  const share = tokens === null ? 1 : tokens / Math.max(1, all);
  const rates = strip.bytes.map((size) => (1000 * size * share) / strip.step);
  const top = Math.max(...rates);
  const text = (rate: number): string =>
    tokens === null ? `${bytes(rate)}/s` : `~${compact(Math.round(rate))} tokens/s`;
  const at = (index: number): number => strip.from + index * strip.step;
  return (
    <figure aria-label="Speed of the answer">
      <figcaption className="mb-1 flex items-center gap-2">
        <h3 className="font-semibold">Speed of the answer</h3>
        <span className="text-sm text-muted">at most {text(top)}</span>
        <Button look="quiet" className="ml-auto" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          As table
        </Button>
      </figcaption>
      {asTable ? (
        <SpeedTable rows={rates.map((rate, index) => ({ at: at(index), rate }))} text={text} />
      ) : (
        <svg
          role="img"
          aria-label={`From ${duration(strip.from)} to ${duration(call.duration_ms)}, in steps of ${duration(strip.step)}; at most ${text(top)}`}
          viewBox={`0 0 ${rates.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-16 w-full border-b border-line"
        >
          {rates.map((rate, index) => (
            <rect
              key={at(index)}
              x={index + 0.1}
              width={0.8}
              y={HEIGHT - (HEIGHT * rate) / top}
              height={(HEIGHT * rate) / top}
              fill="var(--series-output)"
            >
              <title>{`${duration(at(index))}: ${text(rate)}`}</title>
            </rect>
          ))}
        </svg>
      )}
      {!asTable && (
        <div className="flex justify-between text-xs text-muted" aria-hidden="true">
          <span>{duration(strip.from)}</span>
          <span>{duration(at(rates.length))}</span>
        </div>
      )}
    </figure>
  );
}

function SpeedTable({ rows, text }: { rows: { at: number; rate: number }[]; text: (rate: number) => string }) {
  const filled = rows.filter(({ rate }) => rate > 0);
  return (
    <div className="max-h-60 overflow-auto" tabIndex={0} role="region" aria-label="Speed of the answer, as table">
      <table className="w-full max-w-xl text-sm">
        <thead className="text-muted">
          <tr>
            <th scope="col" className="py-1 text-left font-normal">
              From
            </th>
            <th scope="col" className="py-1 text-right font-normal">
              Speed, {whole(filled.length)} of {whole(rows.length)} steps
            </th>
          </tr>
        </thead>
        <tbody>
          {filled.map(({ at, rate }) => (
            <tr key={at} className="border-t border-line">
              <th scope="row" className="py-0.5 text-left font-normal">
                {duration(at)}
              </th>
              <td className="text-right">{text(rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
