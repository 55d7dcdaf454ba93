/** Each pair of models: medians, who was faster and cheaper how often, who failed. */
import { type ReactNode, useState } from 'react';
import { percent, usd, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Button } from '../kit/button.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import { scoreBoardCsv } from './csv.ts';
import { changeText } from './measures.ts';
import type { ComparisonReport, Contest, ModelPair } from './shapes.ts';

const CONTESTS: readonly { id: Contest; title: string; text: (value: number) => string }[] = [
  { id: 'cost_usd', title: 'Cost', text: usd },
  { id: 'ttft_ms', title: 'TTFT', text: duration },
  { id: 'duration_ms', title: 'Total', text: duration },
];
const FIRST = 3;

export function ScoreBoard({ report }: { report: ComparisonReport }) {
  const [all, setAll] = useState(false);
  const shown = all ? report.pairs : report.pairs.slice(0, FIRST);
  const hidden = report.pairs.length - shown.length;
  return (
    <section aria-label="Score board" className="max-h-[45%] shrink-0 overflow-auto border-b border-line px-3 py-2">
      <div className="flex items-center gap-2">
        <h2 className="font-semibold whitespace-nowrap">Score board</h2>
        <span className="text-sm text-muted">
          medians of answers that came whole; who had less wins
          {report.limited_to !== null && `, of the latest ${whole(report.limited_to)} comparisons`}
        </span>
        <Button className="ml-auto" onClick={() => saveCsv(report.pairs)}>
          Save as CSV
        </Button>
      </div>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Score board, table">
        <table className="w-full min-w-4xl text-right">
          <thead className="text-sm text-muted">
            <tr>
              <Head start>Models</Head>
              <Head>Calls</Head>
              <Head>Failed</Head>
              {CONTESTS.map(({ id, title }) => (
                <Head key={id}>{title}</Head>
              ))}
              <Head>Same stop</Head>
              <Head>Same tools</Head>
            </tr>
          </thead>
          {shown.map((pair) => (
            <PairRows key={JSON.stringify([pair.primary, pair.shadow])} pair={pair} />
          ))}
        </table>
      </div>
      {hidden > 0 && (
        <Button look="quiet" onClick={() => setAll(true)}>
          Show {whole(hidden)} more {hidden === 1 ? 'pair' : 'pairs'}
        </Button>
      )}
    </section>
  );
}

function Head({ children, start = false }: { children: ReactNode; start?: boolean }) {
  return (
    <th scope="col" className={`py-1 pr-4 font-normal whitespace-nowrap ${start ? 'text-left' : 'text-right'}`}>
      {children}
    </th>
  );
}

function PairRows({ pair }: { pair: ModelPair }) {
  return (
    <tbody className="border-t border-line">
      {(['primary', 'shadow'] as const).map((side) => (
        <tr key={side}>
          <th scope="row" className="max-w-80 py-0.5 pr-4 text-left font-normal">
            <span className="flex items-center gap-1.5">
              <span className="w-16 shrink-0 text-sm text-muted">{side === 'primary' ? 'answered' : 'copy'}</span>
              <ProviderDot provider={pair[side].provider} />
              <bdi className="truncate" title={`${pair[side].provider} ${pair[side].model ?? ''}`}>
                {pair[side].model ?? pair[side].provider}
              </bdi>
            </span>
          </th>
          <td className="pr-4">{side === 'primary' ? whole(pair.calls) : ''}</td>
          <td className={`pr-4 ${pair.failed[side] > 0 ? 'text-bad' : 'text-muted'}`}>{whole(pair.failed[side])}</td>
          {CONTESTS.map((contest) => (
            <ContestCell key={contest.id} pair={pair} side={side} contest={contest} />
          ))}
          <td className="pr-4">{side === 'primary' && share(pair.same_stop_reason)}</td>
          <td className="pr-4">{side === 'primary' && share(pair.same_tool_calls)}</td>
        </tr>
      ))}
    </tbody>
  );
}

interface ContestCellProps {
  pair: ModelPair;
  side: 'primary' | 'shadow';
  contest: (typeof CONTESTS)[number];
}

function ContestCell({ pair: { medians, wins }, side, contest: { id, text } }: ContestCellProps) {
  const value = medians[side][id];
  const change = side === 'shadow' ? changeText(medians.primary[id], value) : null;
  const held = wins[id].primary + wins[id].shadow + wins[id].ties;
  const other = side === 'primary' ? 'shadow' : 'primary';
  const isBest = value !== null && value < (medians[other][id] ?? -Infinity);
  return (
    <td className="pr-4 whitespace-nowrap">
      <span className={isBest ? 'font-semibold' : ''}>{value === null ? '–' : text(value)}</span>
      {change !== null && <span className="pl-1 text-sm text-muted">{change}</span>}
      {held > 0 && (
        <span className="inline-block w-16 text-sm text-muted">
          {whole(wins[id][side])} {wins[id][side] === 1 ? 'win' : 'wins'}
        </span>
      )}
    </td>
  );
}

function share({ same, of }: { same: number; of: number }): string {
  return of === 0 ? '?' : `${percent(same, of)} of ${whole(of)}`;
}

function saveCsv(pairs: readonly ModelPair[]): void {
  const url = URL.createObjectURL(new Blob([scoreBoardCsv(pairs)], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'comparisons.csv';
  link.click();
  URL.revokeObjectURL(url);
}
