import type { CallRecord, CostLine } from '../../api/shapes.ts';
import { percent, whole } from '../../format/numbers.ts';
import { CallCost } from '../../kit/amounts.tsx';
import { exactUsd, hasCache, moneyOf, placesFor, priceWords, unitColour, unitWords } from './reasons.ts';

const NUMBER = 'py-1 pl-3 text-right whitespace-nowrap';
const WIDE = 'hidden @md:table-cell';

/** Amount times price is money, to the last digit; the lines add up to the total. */
export function CostLines({ call }: { call: CallRecord }) {
  const { lines } = call.cost;
  const nanos = lines.flatMap((line) => line.nanos ?? []);
  const places = placesFor(nanos);
  const sources = [...new Set(lines.map(sourceOf))];
  return (
    <>
      <table className="w-full max-w-3xl">
        <thead>
          <tr className="border-b border-line text-sm text-muted">
            <th className="py-1 text-left font-normal">What</th>
            <th className={`${NUMBER} font-normal`}>Amount</th>
            <th className={`${NUMBER} font-normal`}>Price</th>
            <th className={`${NUMBER} font-normal`}>Money</th>
            <th className={`${NUMBER} ${WIDE} font-normal`}>Share</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => (
            <Line
              key={`${index}-${line.unit}`}
              line={line}
              call={call}
              places={places}
              isFromElsewhere={sources.length > 1}
            />
          ))}
        </tbody>
        <tfoot>
          <tr className="font-semibold">
            <th scope="row" className="py-1 text-left font-semibold" colSpan={3}>
              Total
            </th>
            <td className={NUMBER}>
              {call.cost.confidence === 'exact' ? (
                exactUsd(
                  nanos.reduce((sum, part) => sum + part, 0),
                  places,
                )
              ) : (
                <CallCost call={call} />
              )}
            </td>
          </tr>
        </tfoot>
      </table>
      {sources.length === 1 && (
        <p className="mt-1 text-sm text-muted">
          Prices: <bdi>{sources[0]}</bdi>.
        </p>
      )}
    </>
  );
}

function sourceOf({ source, price_date: date }: CostLine): string {
  return `${source ?? 'nobody knows them'}${date === null ? '' : `, as of ${date}`}`;
}

interface LineProps {
  line: CostLine;
  call: CallRecord;
  places: number;
  /** Not all lines have their price from the same place. */
  isFromElsewhere: boolean;
}

function Line({ line, call, places, isFromElsewhere }: LineProps) {
  const money = moneyOf(line);
  const total = call.cost_usd;
  return (
    <tr className="border-b border-line align-top">
      <th scope="row" className="py-1 text-left font-normal">
        <span
          aria-hidden="true"
          className="mr-1.5 inline-block size-2 rounded-full"
          style={{ backgroundColor: unitColour(line.unit) }}
        />
        {unitWords(line.unit, hasCache(call))}
        {line.note !== undefined && <span className="block pl-3.5 text-sm text-muted">{line.note}</span>}
        {isFromElsewhere && <bdi className="block pl-3.5 text-sm text-muted">{sourceOf(line)}</bdi>}
      </th>
      <td className={NUMBER}>{amountText(line.amount)}</td>
      <td className={NUMBER}>
        {line.price_usd === null ? <em className="text-muted">unpriced</em> : priceWords(line)}
      </td>
      <td className={NUMBER}>
        {line.nanos === null ? <em className="text-muted">unpriced</em> : exactUsd(line.nanos, places)}
      </td>
      <td className={`${NUMBER} ${WIDE} text-muted`}>
        {money === null || total === null || total === 0 ? '' : percent(money, total)}
      </td>
    </tr>
  );
}

/** Seconds and pages come in parts, too. */
function amountText(amount: number): string {
  return Number.isInteger(amount) ? whole(amount) : amount.toLocaleString('en-US', { maximumFractionDigits: 4 });
}
