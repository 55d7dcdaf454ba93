import type { PeriodStats } from '../api/shapes.ts';
import { type Health, useHealth } from '../api/use-health.ts';
import { whole } from '../format/numbers.ts';
import { hrefOf, type Route } from '../url/route.ts';

interface Remark {
  text: string;
  more: string;
  href: string | null;
  isBad: boolean;
}

/** What a reader of the numbers should know, and what should be looked after. Nothing where there is nothing. */
export function Attention({ route, stats, deleted }: { route: Route; stats: PeriodStats; deleted: number }) {
  const health = useHealth();
  const remarks = [
    ...ofNumbers(route, stats),
    ...ofDeleted(deleted),
    ...(health === undefined ? [] : ofHealth(route, health)),
  ];
  if (remarks.length === 0) return null;
  return (
    <section aria-label="Attention" className="border-b border-line bg-surface px-4 py-2 print:hidden">
      <ul className="flex flex-col gap-1">
        {remarks.map(({ text, more, href, isBad }) => (
          <li key={text} className="flex flex-wrap items-baseline gap-x-2">
            <span aria-hidden="true" className={isBad ? 'text-bad' : 'text-warn'}>
              {isBad ? '✕' : '▲'}
            </span>
            {href === null ? (
              <span>{text}</span>
            ) : (
              <a href={href} className="underline decoration-line underline-offset-2 hover:text-accent">
                {text}
              </a>
            )}
            <span className="text-muted">{more}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ofNumbers(route: Route, stats: PeriodStats): Remark[] {
  const calls = (filter: string): string => hrefOf(route, 'calls', null, { filter });
  const remarks: (Remark | null)[] = [
    some(
      stats.unpriced_calls,
      'without a known price',
      'The spend is a lower bound. Prices can be added: llm-proxy prices.',
      calls('is:unpriced'),
    ),
    some(
      stats.billed_unknown_calls,
      'cut before the provider said what it bills',
      'It bills them; nobody knows how much.',
      calls('is:aborted'),
    ),
    some(
      stats.calls_without_usage - stats.billed_unknown_calls,
      'without usage',
      'The provider stated no tokens, mostly because they failed; they are in no sum.',
      calls('is:error'),
    ),
    some(
      stats.inexact_calls,
      'with inexact counts',
      'Read by pattern, or estimated; estimates stand apart from the sums.',
      calls('is:estimated'),
    ),
  ];
  if (stats.whole_hours)
    remarks.push({
      text: 'The period was widened to whole hours',
      more: 'Calls at its ends are no longer stored.',
      href: null,
      isBad: false,
    });
  return remarks.filter((remark) => remark !== null);
}

function ofDeleted(count: number): Remark[] {
  if (count === 0) return [];
  const text = `Up to ${whole(count)} deleted ${count === 1 ? 'call is' : 'calls are'} missing in what is split by two things`;
  const more = 'Such sums are made of the calls that are still stored. Sums by one thing are whole.';
  return [{ text, more, href: null, isBad: false }];
}

function some(count: number, what: string, more: string, href: string): Remark | null {
  return count <= 0
    ? null
    : { text: `${whole(count)} ${count === 1 ? 'call' : 'calls'} ${what}`, more, href, isBad: false };
}

function ofHealth(route: Route, { recorder, search }: Health): Remark[] {
  const settings = hrefOf(route, 'settings', 'exporters');
  const remarks: Remark[] = [];
  for (const sink of recorder?.sinks ?? []) {
    // Of the database itself it is said above every screen.
    if (sink.state === 'failing' && sink.name !== 'sqlite')
      remarks.push({
        text: `${sink.name} cannot write`,
        more: `${sink.error ?? ''} Calls flow all the same.`,
        href: settings,
        isBad: true,
      });
    else if (sink.dropped > 0)
      remarks.push({
        text: `${sink.name} lost ${whole(sink.dropped)} calls`,
        more: 'They are counted in the totals.',
        href: settings,
        isBad: true,
      });
  }
  if (search?.state === 'waiting')
    remarks.push({
      text: 'The search index waits',
      more: search.error ?? 'for the disk or a lock',
      href: null,
      isBad: false,
    });
  return remarks;
}
