/** Numbers that say how sure they are: `~12,300` estimated, `≥ 12,300` cut, `unpriced` where there is no price. */
import type { CallRecord, Usage } from '../api/shapes.ts';
import { type Certainty, certaintyOf } from '../format/call.ts';
import { type Counted, isNothingKnown } from '../format/known.ts';
import { compact, usd, whole } from '../format/numbers.ts';
import { duration, moment } from '../format/time.ts';
import { Tip } from './tip.tsx';

const MARK: Record<Certainty, string> = { exact: '', estimated: '~', partial: '≥ ', unknown: '' };
const REASON: Record<Certainty, string> = {
  exact: 'stated by the provider',
  estimated: 'estimated: the provider did not state it as a number of its own',
  partial: 'the answer was cut: at least so many',
  unknown: 'the provider stated nothing',
};

/** A count of tokens; `null` = unknown. */
export function Tokens({ value, certainty = 'exact' }: { value: number | null; certainty?: Certainty }) {
  if (value === null) return <span className="text-faint">?</span>;
  if (certainty === 'exact') return <span>{whole(value)}</span>;
  return (
    <Tip text={REASON[certainty]}>
      <span className="text-muted">
        {MARK[certainty]}
        {whole(value)}
      </span>
    </Tip>
  );
}

/** Of a call record, or of less of it. */
type Priced = Pick<CallRecord, 'cost_usd' | 'inference' | 'billing' | 'status'> & {
  cost: Omit<CallRecord['cost'], 'lines'>;
  usage: Pick<Usage, 'source' | 'state' | 'estimated'>;
};

/** What a call cost, with where the price is from. */
export function CallCost({ call }: { call: Priced }) {
  const { cost_usd: amount, cost, inference } = call;
  if (amount === null) {
    if (!inference && cost.reason === undefined) return <span className="text-faint">–</span>;
    if (cost.reason === undefined && certaintyOf(call) === 'unknown') return <NoUsage status={call.status} />;
    const text = cost.reason === undefined ? 'unpriced' : 'billed, ?';
    return <Tip text={unpricedReason(call)}>{<em className="text-muted">{text}</em>}</Tip>;
  }
  const certainty = cost.confidence === 'exact' ? certaintyOf(call) : 'estimated';
  const mark = certainty === 'exact' ? '' : certainty === 'partial' ? '≥ ' : '~';
  return (
    <Tip text={priceText(call)}>
      <span className={certainty === 'exact' ? '' : 'text-muted'}>
        {mark}
        {usd(amount)}
      </span>
    </Tip>
  );
}

/** Nothing is known that could be priced. A call that failed is not billed, as a rule: no more than that is said. */
function NoUsage({ status }: { status: number | null }) {
  const failed = status === null || status >= 400;
  const text = failed ? 'the call failed, and no usage was stated' : 'no usage was stated, so its cost is not known';
  return (
    <Tip text={text}>
      <span className="text-faint">{failed ? '–' : '?'}</span>
    </Tip>
  );
}

/** A sum of money; `missing` calls have no price, so that it is a lower bound. */
export function Money({ amount, missing = 0, of }: { amount: number; missing?: number; of?: Counted }) {
  if (of !== undefined && amount === 0 && missing === 0 && isNothingKnown(of)) return <Unknown />;
  if (missing === 0) return <span>{usd(amount)}</span>;
  const words = `${whole(missing)} ${missing === 1 ? 'call has' : 'calls have'} no known price`;
  if (amount === 0) return <Tip text={words}>{<em className="text-muted">unpriced</em>}</Tip>;
  return <Tip text={words}>{<span className="text-muted">≥ {usd(amount)}</span>}</Tip>;
}

/** A sum of tokens; none was stated where it is 0 and nothing is known. */
export function TokenSum({ value, of }: { value: number; of: Counted }) {
  return value === 0 && isNothingKnown(of) ? <Unknown /> : <span>{compact(value)}</span>;
}

function Unknown() {
  return (
    <Tip text="the provider stated nothing, or estimates alone, which stand beside the sums">
      <span className="text-faint">?</span>
    </Tip>
  );
}

/** A length of time; `null` = not known. */
export function Duration({ ms }: { ms: number | null }) {
  return ms === null ? <span className="text-faint">–</span> : <span>{duration(ms)}</span>;
}

/** Local time, ISO 8601 on hover. */
export function When({ iso, now }: { iso: string; now?: Date }) {
  return (
    <time dateTime={iso} title={iso}>
      {moment(iso, now ?? new Date())}
    </time>
  );
}

function priceText({ cost, billing }: Priced): string {
  const from = cost.source === null ? 'no price source' : `price from ${cost.source.replace('-', ' ')}`;
  const date = cost.price_date === null ? '' : `, as of ${cost.price_date}`;
  const sure = cost.confidence === 'exact' ? '' : ` (${cost.confidence})`;
  return `${from}${date}${sure}${billing === 'metered' ? '' : `; billing: ${billing.replaceAll('_', ' ')}`}`;
}

function unpricedReason({ cost }: Priced): string {
  return cost.reason === undefined
    ? 'no price is known for this model; add one with "llm-proxy prices"'
    : 'the provider bills it, and the answer was cut before it said how much';
}
