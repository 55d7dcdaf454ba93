import type { ReactNode } from 'react';
import type { CallRecord } from '../api/shapes.ts';
import { certaintyOf, modelOf, statusText } from '../format/call.ts';
import { CallCost, Tokens, When } from '../kit/amounts.tsx';
import { ProviderDot, StatusDot } from '../kit/dots.tsx';
import { useNarrow } from '../kit/use-narrow.ts';
import { Same } from './columns.tsx';
import { changeText, hasFailed, MEASURE_KINDS, type MeasureKind, sameStop, sameTools, winnerOf } from './measures.ts';

interface StripProps {
  a: CallRecord;
  b: CallRecord;
  hrefOfCall: (id: string) => string;
}

/** One row a call, one column a measure; the third row is what B has less or more. */
export function MetricStrip(props: StripProps) {
  const { a, b } = props;
  const isNarrow = useNarrow();
  return (
    <div className="shrink-0 border-b border-line">
      {isNarrow ? <Upright {...props} /> : <Wide {...props} />}
      {[a, b].map((call, index) => (
        <Troubles key={call.id} name={index === 0 ? 'A' : 'B'} call={call} />
      ))}
    </div>
  );
}

function Wide({ a, b, hrefOfCall }: StripProps) {
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Measures of both calls">
      <table className="w-full min-w-5xl text-right">
        <thead className="text-sm text-muted">
          <tr>
            <Head start>Call</Head>
            {MEASURE_KINDS.map(({ id, title }) => (
              <Head key={id}>{title}</Head>
            ))}
            <Head start>Stop</Head>
            <Head start>Tools</Head>
          </tr>
        </thead>
        <tbody>
          <CallRow name="A" call={a} other={b} side="a" href={hrefOfCall(a.id)} />
          <CallRow name="B" call={b} other={a} side="b" href={hrefOfCall(b.id)} />
          <tr className="border-t border-line text-sm text-muted">
            <th scope="row" className="px-3 py-1 text-left font-normal">
              B instead of A
            </th>
            {MEASURE_KINDS.map((kind) => (
              <td key={kind.id} className="px-3">
                {changeText(kind.of(a), kind.of(b)) ?? '–'}
              </td>
            ))}
            <td className="px-3 text-left">
              <Same value={sameStop(a, b)} />
            </td>
            <td className="px-3 text-left">
              <Same value={sameTools(a, b)} />
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

/** On a phone: one row a measure, or the numbers would be out of sight. */
function Upright({ a, b, hrefOfCall }: StripProps) {
  return (
    <table className="w-full table-fixed text-right">
      <thead className="text-sm text-muted">
        <tr>
          <Head start>Measure</Head>
          {[a, b].map((call, index) => (
            <th key={call.id} scope="col" className="px-2 py-1 font-normal">
              <a href={hrefOfCall(call.id)} className="block truncate text-accent underline-offset-2 hover:underline">
                {index === 0 ? 'A' : 'B'} <bdi title={modelOf(call)}>{modelOf(call)}</bdi>
              </a>
            </th>
          ))}
          <Head>B instead</Head>
        </tr>
      </thead>
      <tbody>
        {MEASURE_KINDS.map((kind) => {
          const winner = winnerOf(kind, a, b);
          return (
            <tr key={kind.id} className="border-t border-line">
              <RowHead>{kind.title}</RowHead>
              <td className={`px-2 ${winner === 'a' ? 'font-semibold' : ''}`}>
                <Value kind={kind} call={a} />
              </td>
              <td className={`px-2 ${winner === 'b' ? 'font-semibold' : ''}`}>
                <Value kind={kind} call={b} />
              </td>
              <td className="px-2 text-sm text-muted">{changeText(kind.of(a), kind.of(b)) ?? '–'}</td>
            </tr>
          );
        })}
        <WordsRow title="Stop" of={({ stop_reason: reason }) => reason ?? '–'} same={sameStop(a, b)} calls={[a, b]} />
        <WordsRow title="Tools" of={toolsOf} same={sameTools(a, b)} calls={[a, b]} />
      </tbody>
    </table>
  );
}

function RowHead({ children }: { children: ReactNode }) {
  return (
    <th scope="row" className="px-3 py-0.5 text-left text-sm font-normal text-muted">
      {children}
    </th>
  );
}

interface WordsRowProps {
  title: string;
  of: (call: CallRecord) => string;
  same: boolean | null;
  calls: readonly CallRecord[];
}

function WordsRow({ title, of, same, calls }: WordsRowProps) {
  return (
    <tr className="border-t border-line">
      <RowHead>{title}</RowHead>
      {calls.map((call) => (
        <td key={call.id} className="truncate px-2" title={of(call)}>
          <bdi>{of(call)}</bdi>
        </td>
      ))}
      <td className="px-2 text-sm">
        <Same value={same} />
      </td>
    </tr>
  );
}

function Head({ children, start = false }: { children: ReactNode; start?: boolean }) {
  return (
    <th scope="col" className={`px-3 py-1 font-normal whitespace-nowrap ${start ? 'text-left' : 'text-right'}`}>
      {children}
    </th>
  );
}

interface CallRowProps {
  name: 'A' | 'B';
  call: CallRecord;
  other: CallRecord;
  side: 'a' | 'b';
  href: string;
}

function CallRow({ name, call, other, side, href }: CallRowProps) {
  const winner = (kind: MeasureKind): boolean =>
    (side === 'a' ? winnerOf(kind, call, other) : winnerOf(kind, other, call)) === side;
  return (
    <tr className="border-t border-line">
      <th scope="row" className="max-w-96 px-3 py-1 text-left font-normal">
        <span className="flex items-center gap-1.5">
          <strong>{name}</strong>
          <StatusDot call={call} />
          <ProviderDot provider={call.provider} />
          <a href={href} className="min-w-0 truncate text-accent underline-offset-2 hover:underline">
            <bdi title={modelOf(call)}>{modelOf(call)}</bdi>
          </a>
          <span className="shrink-0 text-sm text-muted">
            <When iso={call.started_at} />
          </span>
        </span>
      </th>
      {MEASURE_KINDS.map((kind) => (
        <td key={kind.id} className={`px-3 whitespace-nowrap ${winner(kind) ? 'font-semibold' : ''}`}>
          <Value kind={kind} call={call} />
          {winner(kind) && <span className="sr-only"> (less)</span>}
        </td>
      ))}
      <td className="max-w-40 truncate px-3 text-left">
        <bdi>{call.stop_reason ?? '–'}</bdi>
      </td>
      <td className="max-w-60 truncate px-3 text-left" title={toolsOf(call)}>
        <bdi>{toolsOf(call)}</bdi>
      </td>
    </tr>
  );
}

/** With how sure it is. */
function Value({ kind, call }: { kind: MeasureKind; call: CallRecord }) {
  const value = kind.of(call);
  switch (kind.id) {
    case 'cost':
      return <CallCost call={call} />;
    case 'in':
    case 'cached':
    case 'out':
      return <Tokens value={value} certainty={certaintyOf(call)} />;
    default:
      return value === null ? <span className="text-muted">–</span> : kind.text(value);
  }
}

function toolsOf({ tool_calls: calls }: CallRecord): string {
  return calls.length === 0 ? 'none' : calls.map(({ name }) => name).join(', ');
}

/** What a program never sees of a copy that failed; where it went instead. */
function Troubles({ name, call }: { name: string; call: CallRecord }) {
  const { steer, leg, error } = call;
  const failed = hasFailed(call);
  const sent = steer === null ? null : sentText(steer);
  if (!failed && sent === null && leg === 'primary') return null;
  return (
    <p className="flex flex-wrap gap-x-2 px-3 pb-1 text-sm">
      <strong>{name}</strong>
      {leg === 'shadow' && <span className="text-muted">a copy: the program never saw its answer.</span>}
      {sent !== null && <span className="text-muted">{sent}</span>}
      {failed && (
        <span className="text-bad">
          {statusText(call)}
          {error !== null && (
            <>
              : {error.type}: <bdi>{error.message}</bdi>
            </>
          )}
        </span>
      )}
    </p>
  );
}

function sentText({ rule, sent_to: to, sent_model: model }: NonNullable<CallRecord['steer']>): string | null {
  if (to === null && model === null) return null;
  const where = to === null ? '' : ` to ${to}`;
  const as = model === null ? '' : ` as ${model}`;
  return `Sent${where}${as} by ${rule === 'mode' ? 'the mode' : `the rule “${rule}”`}.`;
}
