/** Sums over many calls, with what they do not hold. */
import { usd, whole } from '../format/numbers.ts';
import { duration, moment } from '../format/time.ts';
import { Tip } from '../kit/tip.tsx';
import { IDLE_MS } from './breaks.ts';
import type { Sums } from './sums.ts';

export function SumCost({ sums }: { sums: Pick<Sums, 'cost' | 'unpriced' | 'isGuess' | 'isCut' | 'unknown'> }) {
  const { cost, unpriced, isGuess, isCut } = sums;
  const reasons = [
    unpriced > 0 ? `${whole(unpriced)} ${unpriced === 1 ? 'call has' : 'calls have'} no known price` : '',
    isGuess ? 'some counts are estimated' : '',
    isCut ? 'some answers were cut, or are not loaded yet' : '',
  ].filter((reason) => reason !== '');
  if (reasons.length === 0) return <span>{usd(cost)}</span>;
  const text = reasons.join('; ');
  if (cost === 0 && unpriced > 0) return <Tip text={text}>{<em className="text-muted">unpriced</em>}</Tip>;
  return (
    <Tip text={text}>
      <span className="text-muted">
        {unpriced > 0 || isCut ? '≥ ' : '~'}
        {usd(cost)}
      </span>
    </Tip>
  );
}

/** When it began, and how long it took or that it goes on. */
export function Span({ start, end, isActive, now }: { start: string; end: string; isActive: boolean; now: Date }) {
  const length = Date.parse(end) - Date.parse(start);
  return (
    <span className="flex flex-col" title={`${start} → ${end}`}>
      <span>{moment(start, now)}</span>
      <span className="text-sm text-muted">{isActive ? <Active /> : duration(Math.max(0, length))}</span>
    </span>
  );
}

export function Active() {
  return (
    <Tip text="A call of it ended within the last ten minutes, or is under way">
      <span className="text-ok">
        <span aria-hidden="true">●</span> active
      </span>
    </Tip>
  );
}

export function isActive(lastCallAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(lastCallAt) < IDLE_MS;
}
