/** What is to be known of a session first: how its context grew, and which calls cost most. */
import { useMemo } from 'react';
import type { Step } from '../api/shapes.ts';
import { modelOf } from '../format/call.ts';
import { compact, percent, whole } from '../format/numbers.ts';
import { CallCost, When } from '../kit/amounts.tsx';
import { ContextMeter } from './context-meter.tsx';
import { usePlace } from './place.ts';
import { toolsText } from './texts.ts';

const SHOWN = 12;

export function SessionOverview() {
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      <div className="flex flex-col gap-5 p-4">
        <ContextMeter />
        <DearestCalls />
      </div>
    </div>
  );
}

export function DearestCalls() {
  const { outline, hrefOfCall } = usePlace();
  const { steps } = outline;
  const { dearest, total } = useMemo(() => dearestOf(steps), [steps]);
  if (dearest.length === 0) return null;
  return (
    <section className="min-w-0">
      <h3 className="mb-1 font-semibold">{total === 0 ? 'Largest calls' : 'Most expensive calls'}</h3>
      <div className="overflow-x-auto">
        <table className="w-full" aria-label="Most expensive calls">
          <thead>
            <tr className="h-7 text-sm text-muted">
              <th scope="col" className="text-left font-normal">
                Call
              </th>
              <th scope="col" className="px-2 text-right font-normal">
                In
              </th>
              <th scope="col" className="px-2 text-right font-normal">
                Out
              </th>
              <th scope="col" className="px-2 text-right font-normal">
                Cost
              </th>
              <th scope="col" className="text-right font-normal">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {dearest.map((step) => (
              <tr key={step.id} className="h-7 border-t border-line hover:bg-raised">
                <td className="max-w-60 truncate">
                  <a href={hrefOfCall(step.id)} className="hover:text-accent hover:underline">
                    <When iso={step.started_at} />{' '}
                    <bdi className="text-muted">{step.tools.length > 0 ? toolsText(step.tools) : modelOf(step)}</bdi>
                  </a>
                </td>
                <td className="px-2 text-right">{count(step.usage.input_tokens)}</td>
                <td className="px-2 text-right">{count(step.usage.output_tokens)}</td>
                <td className="px-2 text-right">
                  <CallCost call={step} />
                </td>
                <td className="text-right text-muted">{total === 0 ? '–' : percent(step.cost_usd ?? 0, total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {steps.length > dearest.length && (
        <p className="mt-1 text-sm text-muted">The tree has {whole(steps.length - dearest.length)} more.</p>
      )}
    </section>
  );
}

function count(value: number | null): React.ReactNode {
  return value === null ? <span className="text-faint">?</span> : compact(value);
}

/** Where nothing has a price, by size. */
function dearestOf(steps: readonly Step[]): { dearest: Step[]; total: number } {
  const total = steps.reduce((sum, step) => sum + (step.cost_usd ?? 0), 0);
  const weight = ({ cost_usd: amount, usage }: Step): number =>
    total > 0 ? (amount ?? 0) : (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  const dearest = steps.filter((step) => weight(step) > 0).toSorted((a, b) => weight(b) - weight(a));
  return { dearest: dearest.slice(0, SHOWN), total };
}
