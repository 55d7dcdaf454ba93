/** Tasks: what a program, a tracer or `llm-proxy run` put together, whatever sessions it took. */
import type { Trace } from '../api/shapes.ts';
import { compact, whole } from '../format/numbers.ts';
import { Money } from '../kit/amounts.tsx';
import type { Column } from '../kit/grid.tsx';
import { Empty } from '../kit/states.tsx';
import { periodOf } from '../url/range.ts';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { DayList } from './day-list.tsx';
import { Span } from './figures.tsx';
import { sessionFilterOf } from './filter.ts';
import { FilterText } from './list-filter.tsx';
import { useNarrow } from '../kit/use-narrow.ts';
import { usePages } from './use-pages.ts';

const PAGE = 100;
const STATUSES = ['running', 'completed', 'failed'] as const;

export function TaskListView({ route }: { route: Route }) {
  const period = periodOf(route.params);
  const filter = route.params.get('filter') ?? '';
  const status = route.params.get('status');
  const isAll = route.params.has('kinds');
  const list = usePages<Trace>(
    '/api/traces',
    {
      limit: PAGE,
      since: period.since,
      until: period.until,
      q: sessionFilterOf(filter).words,
      status: STATUSES.find((one) => one === status),
      kind: isAll ? null : 'task,trace,run',
    },
    'traces',
  );
  const isNarrow = useNarrow();
  return (
    <>
      <TaskFilter filter={filter} status={status} isAll={isAll} />
      <DayList
        list={list}
        label="Tasks"
        where="tasks"
        columns={isNarrow ? NARROW : WIDE}
        headless={isNarrow}
        keyOf={(row) => row.trace_id}
        timeOf={createdAt}
        onOpen={(row) => goTo(hrefOf(route, 'sessions', row.trace_id, { of: 'tasks', view: 'timeline' }))}
        empty={<NoTasks label={period.label} />}
      />
    </>
  );
}

function TaskFilter({ filter, status, isAll }: { filter: string; status: string | null; isAll: boolean }) {
  const setParams = useSetParams();
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-1.5">
      <FilterText filter={filter} label="Filter tasks: words of the description, an id" />
      <select
        aria-label="Status"
        value={status ?? ''}
        onChange={(event) => setParams({ status: event.target.value })}
        className="h-7 rounded-chip border border-line bg-bg px-1 text-sm"
      >
        <option value="">any status</option>
        {STATUSES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <label className="inline-flex items-center gap-1.5 text-sm whitespace-nowrap text-muted">
        <input
          type="checkbox"
          checked={isAll}
          onChange={() => setParams({ kinds: isAll ? null : 'all' })}
          className="accent-(--accent)"
        />
        sessions without a task too
      </label>
    </div>
  );
}

function NoTasks({ label }: { label: string }) {
  return (
    <Empty title={`No tasks in the ${label}`}>
      <p>
        A task is what a program calls one (<code className="font-mono">X-Task-ID</code>,{' '}
        <code className="font-mono">traceparent</code>), or all calls of a{' '}
        <code className="font-mono">llm-proxy run</code>. Sessions without one are on the other tab.
      </p>
    </Empty>
  );
}

const createdAt = ({ created_at: at }: Trace): string => at;

const STATUS_LOOK = {
  running: { sign: '●', colour: 'text-ok' },
  completed: { sign: '✓', colour: 'text-muted' },
  failed: { sign: '✕', colour: 'text-bad' },
} as const;

export function TaskStatus({ status }: { status: Trace['status'] }) {
  const { sign, colour } = STATUS_LOOK[status];
  return (
    <span className={`whitespace-nowrap ${colour}`}>
      <span aria-hidden="true">{sign}</span> {status}
    </span>
  );
}

function Title({ row }: { row: Trace }) {
  const { task_description: description, trace_id: id, kind, agents } = row;
  return (
    <span className="flex min-w-0 flex-col">
      <bdi className="truncate" title={description ?? id}>
        {description ?? <span className="font-mono text-sm">{id}</span>}
      </bdi>
      <span className="truncate text-sm text-muted">
        {kind} <bdi className="font-mono">{id}</bdi>
        {agents !== null && agents.length > 0 && <bdi> · {agents.join(', ')}</bdi>}
      </span>
    </span>
  );
}

function Cost({ row: { cost_usd: amount, unpriced_calls: missing } }: { row: Trace }) {
  if (amount === null && missing === null) return <span className="text-faint">?</span>;
  return <Money amount={amount ?? 0} missing={missing ?? 0} />;
}

function count(value: number | null): React.ReactNode {
  return value === null ? <span className="text-faint">?</span> : compact(value);
}

const TITLE: Column<Trace> = {
  id: 'title',
  title: 'Task',
  width: 'minmax(0px, 1fr)',
  cell: (row) => <Title row={row} />,
};

const WIDE: readonly Column<Trace>[] = [
  { ...TITLE, width: 'minmax(220px, 1fr)' },
  { id: 'status', title: 'Status', width: '96px', cell: (row) => <TaskStatus status={row.status} /> },
  {
    id: 'time',
    title: 'Start and length',
    width: '132px',
    cell: (row) => (
      <Span
        start={row.created_at}
        end={row.ended_at ?? row.last_call_at}
        isActive={row.status === 'running'}
        now={new Date()}
      />
    ),
  },
  { id: 'calls', title: 'Calls', width: '64px', align: 'end', cell: (row) => whole(row.calls) },
  { id: 'in', title: 'In', width: '72px', align: 'end', cell: (row) => count(row.input_tokens) },
  { id: 'out', title: 'Out', width: '72px', align: 'end', cell: (row) => count(row.output_tokens) },
  {
    id: 'errors',
    title: 'Failed',
    width: '52px',
    align: 'end',
    cell: ({ errors }) =>
      errors === 0 ? (
        <span className="text-faint">0</span>
      ) : (
        <span className={errors === null ? '' : 'text-bad'}>{count(errors)}</span>
      ),
  },
  { id: 'cost', title: 'Cost', width: '96px', align: 'end', cell: (row) => <Cost row={row} /> },
];

const NARROW: readonly Column<Trace>[] = [
  TITLE,
  {
    id: 'cost',
    title: 'Cost',
    width: '96px',
    align: 'end',
    cell: (row) => (
      <span className="flex flex-col">
        <Cost row={row} />
        <span className="text-sm">
          <TaskStatus status={row.status} />
        </span>
      </span>
    ),
  },
];
