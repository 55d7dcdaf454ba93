/** The columns of the list of calls. */
import { createContext, type ReactNode, useContext } from 'react';
import type { CallRecord } from '../api/shapes.ts';
import { certaintyOf, modelOf, tokenClasses } from '../format/call.ts';
import { bytes, whole } from '../format/numbers.ts';
import { CallCost, Tokens, When } from '../kit/amounts.tsx';
import { ProviderDot, StatusDot } from '../kit/dots.tsx';
import type { Column } from '../kit/grid.tsx';
import { Tip } from '../kit/tip.tsx';
import { TokenBar } from '../kit/token-bar.tsx';
import { askedFor, flagsOf, seconds, tokenRate, toolsText } from './figures.ts';
import type { ColumnNames, Layout } from './layout.ts';
import type { EndedRow, Row } from './rows.ts';
import { RunningClock, RunningDot, RunningText, RunningTokens } from './running.tsx';

interface CallColumn extends ColumnNames {
  title: string;
  /** In the list of columns, where the title is short or none. */
  name: string;
  hint?: string;
  width: string;
  align?: 'end';
  call: (row: EndedRow) => ReactNode;
  running?: (row: Row & { call: null }) => ReactNode;
}

/** Titles of sessions, by their id. */
export const Titles = createContext<ReadonlyMap<string, string>>(new Map());

const number = { align: 'end' } as const;

export const CALL_COLUMNS: readonly CallColumn[] = [
  {
    id: 'time',
    title: 'Time',
    name: 'Time',
    width: '108px',
    call: ({ call }) => <When iso={call.started_at} />,
    running: ({ running }) => <When iso={running.started_at} />,
  },
  {
    id: 'status',
    title: '',
    name: 'Status',
    hint: 'Status',
    width: '14px',
    call: ({ call }) => <StatusDot call={call} />,
    running: () => <RunningDot />,
  },
  {
    id: 'code',
    title: 'Status',
    name: 'Status code',
    width: '56px',
    extra: true,
    call: ({ call }) => orDash(call.status),
  },
  {
    id: 'model',
    title: 'Model',
    name: 'Model',
    width: 'minmax(170px, 1.1fr)',
    call: ({ call }) => <Model call={call} />,
    running: ({ running }) => <ModelName provider={running.provider} name={running.model ?? '…'} />,
  },
  {
    id: 'provider',
    title: 'Provider',
    name: 'Provider',
    width: '96px',
    extra: true,
    call: ({ call }) => call.provider,
  },
  {
    id: 'session',
    title: 'Session',
    name: 'Session and turn, else path',
    hint: 'Title of the session and turn in it; of a call without a session, the path',
    width: 'minmax(120px, 1fr)',
    call: ({ call }) => <Session call={call} />,
    running: ({ running }) => <RunningText call={running} />,
  },
  {
    id: 'section',
    title: 'Section',
    name: 'Section',
    width: '120px',
    extra: true,
    call: ({ call }) => muted(call.section_path ?? call.section),
  },
  {
    id: 'customer',
    title: 'Customer',
    name: 'Customer',
    width: '104px',
    extra: true,
    call: ({ call }) => muted(call.customer_id),
  },
  {
    id: 'client',
    title: 'Client',
    name: 'Client',
    width: '128px',
    extra: true,
    call: ({ call }) => muted(call.client),
  },
  { id: 'agent', title: 'Agent', name: 'Agent', width: '104px', extra: true, call: ({ call }) => muted(call.agent) },
  {
    id: 'in',
    title: 'In',
    name: 'Input tokens',
    hint: 'Input tokens, those from the cache included',
    width: '84px',
    ...number,
    call: ({ call }) =>
      call.inference || call.usage.input_tokens !== null ? (
        <Tokens value={call.usage.input_tokens} certainty={sureOf(call, 'input_tokens')} />
      ) : (
        dash
      ),
  },
  {
    id: 'cache',
    title: 'Cache',
    name: 'Tokens read from the cache',
    hint: 'Of the input, read from the cache',
    width: '78px',
    ...number,
    call: ({ call: { usage } }) =>
      usage.cache_read_tokens === null ? dash : <span className="text-muted">{whole(usage.cache_read_tokens)}</span>,
  },
  {
    id: 'out',
    title: 'Out',
    name: 'Output tokens',
    hint: 'Output tokens, reasoning included',
    width: '70px',
    ...number,
    call: ({ call }) =>
      call.inference || call.usage.output_tokens !== null ? (
        <Tokens value={call.usage.output_tokens} certainty={sureOf(call, 'output_tokens')} />
      ) : (
        dash
      ),
    running: ({ running }) => <RunningTokens call={running} />,
  },
  {
    id: 'bar',
    title: '',
    name: 'Bar of tokens',
    hint: 'Cache read, cache write, input, reasoning, output',
    width: '40px',
    call: ({ call }) => {
      const classes = tokenClasses(call);
      return classes === null ? null : <TokenBar classes={classes} hatched={certaintyOf(call) === 'estimated'} />;
    },
  },
  { id: 'cost', title: 'Cost', name: 'Cost', width: '84px', ...number, call: ({ call }) => <CallCost call={call} /> },
  {
    id: 'ttft',
    title: 'TTFT s',
    name: 'Time to the first token',
    hint: 'Seconds to the first token',
    width: '52px',
    ...number,
    call: ({ call }) => secondsOf(call.ttft_ms),
  },
  {
    id: 'total',
    title: 'Total s',
    name: 'Duration',
    hint: 'Seconds from the first byte of the request to the last one of the answer',
    width: '56px',
    ...number,
    call: ({ call }) => secondsOf(call.duration_ms),
    running: ({ running }) => <RunningClock since={running.started_at} />,
  },
  {
    id: 'rate',
    title: 'Tok/s',
    name: 'Output tokens per second',
    hint: 'Output tokens per second, behind the first one',
    width: '52px',
    ...number,
    extra: true,
    call: ({ call }) => <Rate call={call} />,
  },
  {
    id: 'stop',
    title: 'Stop',
    name: 'Stop reason',
    width: '84px',
    extra: true,
    call: ({ call }) => muted(call.error?.type ?? call.stop_reason),
  },
  {
    id: 'tools',
    title: 'Tools',
    name: 'Tools called',
    width: '128px',
    extra: true,
    call: ({ call }) => muted(toolsText(call)),
  },
  {
    id: 'size',
    title: 'Size',
    name: 'Bytes of request and answer',
    hint: 'Bytes of the bodies on the wire, request and answer',
    width: '76px',
    ...number,
    extra: true,
    call: ({ call }) => bytes(call.request_bytes + call.response_bytes),
    running: ({ running }) => bytes(running.bytes),
  },
  { id: 'host', title: 'Host', name: 'Host', width: '140px', extra: true, call: ({ call }) => muted(call.host) },
  {
    id: 'flags',
    title: 'Flags',
    name: 'Flags',
    hint: 'S streamed, R retry, E estimated, P partial, T target, C compare',
    width: '56px',
    call: ({ call }) => <Flags call={call} />,
  },
];

const BY_ID = new Map(CALL_COLUMNS.map((column) => [column.id, column]));

/** Of a layout, those that are shown. */
export function columnsOf({ order, hidden, widths }: Layout): Column<Row>[] {
  return order.flatMap((id) => {
    const column = BY_ID.get(id);
    if (column === undefined || hidden.includes(id)) return [];
    const { title, hint, align, call, running } = column;
    const changed = widths[id];
    return [
      {
        id,
        title,
        ...(hint === undefined ? {} : { hint }),
        ...(align === undefined ? {} : { align }),
        width: changed === undefined ? column.width : `${changed}px`,
        cell: (row: Row) => (row.call === null ? (running?.(row) ?? null) : call(row)),
      },
    ];
  });
}

const dash = <span className="text-faint">–</span>;

function orDash(value: string | number | null): ReactNode {
  return value === null || value === '' ? dash : value;
}

function muted(value: string | null): ReactNode {
  return value === null || value === '' ? null : (
    <span className="text-muted" title={value}>
      {value}
    </span>
  );
}

function secondsOf(ms: number | null): ReactNode {
  return ms === null ? dash : seconds(ms);
}

/** A count that the provider stated stays exact when only the other one is estimated. */
function sureOf(call: CallRecord, field: 'input_tokens' | 'output_tokens') {
  const certainty = certaintyOf(call);
  const { estimated, source, state } = call.usage;
  if (certainty !== 'estimated' || source === 'regex' || source === 'estimate' || estimated.includes(field))
    return certainty;
  return state === 'partial' ? 'partial' : 'exact';
}

export function ModelName({ provider, name, asked = null }: { provider: string; name: string; asked?: string | null }) {
  return (
    <span
      className="flex min-w-0 items-center gap-1.5"
      title={`${provider}: ${asked === null ? '' : `${asked} → `}${name}`}
    >
      <ProviderDot provider={provider} />
      {/* Who answered is what is paid for: it keeps its room. */}
      {asked !== null && (
        <>
          <bdi className="min-w-8 shrink-[3] truncate text-muted">{asked}</bdi>
          <span className="shrink-0 text-muted">→</span>
        </>
      )}
      <bdi className="truncate">{name}</bdi>
      <span className="sr-only">{provider}</span>
    </span>
  );
}

export function Model({ call }: { call: CallRecord }) {
  return <ModelName provider={call.provider} name={modelOf(call)} asked={askedFor(call)} />;
}

/** Title and turn; a path keeps its end, which tells more than its middle. */
export function Session({ call }: { call: CallRecord }) {
  const { agent_facts: facts } = call;
  const title = useContext(Titles).get(facts?.session ?? '');
  if (facts !== null && title !== undefined) {
    return (
      <span className="flex min-w-0 gap-1.5 text-muted" title={`${title}, turn ${facts.turn}`}>
        <bdi className="truncate">{title}</bdi>
        <span className="shrink-0 text-faint">· {facts.turn}</span>
      </span>
    );
  }
  const [head, tail] = ends(call.path);
  return (
    <span className="flex min-w-0 text-muted" title={call.path}>
      <span className="truncate">{head}</span>
      <span className="shrink-0">{tail}</span>
    </span>
  );
}

const TAIL = 14;

function ends(path: string): [string, string] {
  return path.length <= 2 * TAIL ? [path, ''] : [path.slice(0, -TAIL), path.slice(-TAIL)];
}

function Rate({ call }: { call: CallRecord }) {
  const rate = tokenRate(call);
  if (rate === null) return dash;
  const isSure = sureOf(call, 'output_tokens') === 'exact';
  return (
    <span className={isSure ? '' : 'text-muted'}>
      {isSure ? '' : '~'}
      {rate < 9.95 ? rate.toFixed(1) : whole(rate)}
    </span>
  );
}

export function Flags({ call }: { call: CallRecord }) {
  return (
    <span className="flex gap-0.5">
      {flagsOf(call).map(({ letter, means }) => (
        <Tip key={letter} text={means}>
          <span
            role="img"
            aria-label={means}
            className="inline-flex h-4 w-4 items-center justify-center rounded-chip border border-line text-xs text-muted"
          >
            {letter}
          </span>
        </Tip>
      ))}
    </span>
  );
}
