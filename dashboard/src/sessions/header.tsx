/** What it is about, what it came to, and what can be done with it. */
import { useMemo } from 'react';
import type { SessionSummary, Trace } from '../api/shapes.ts';
import { compact, percent, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { When } from '../kit/amounts.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import { TokenBar } from '../kit/token-bar.tsx';
import { hrefOf } from '../url/route.ts';
import { Fact } from '../call/fact.tsx';
import { modelOf } from '../format/call.ts';
import { Actions } from './actions.tsx';
import { Active, isActive, SumCost } from './figures.tsx';
import { usePlace } from './place.ts';
import { type Sums, sumsOf } from './sums.ts';
import { TaskStatus } from './task-list.tsx';
import { useRunningHere } from './use-outline.ts';

export function SessionHeader({ listHref }: { listHref: string }) {
  const { outline } = usePlace();
  const { trace, sessions } = outline;
  const [session] = sessions;
  const title =
    trace === null
      ? (session?.title ?? session?.client_session_id ?? session?.id)
      : (trace.task_description ?? trace.trace_id);
  return (
    <header className="shrink-0 border-b border-line bg-surface px-4 py-2">
      <div className="flex items-center gap-2">
        <a href={listHref} title="Back to the list (Esc)" className="shrink-0 text-muted hover:text-accent">
          <span aria-hidden="true">‹</span> {trace === null ? 'Sessions' : 'Tasks'}
        </a>
        <h2 className="min-w-0 flex-1 truncate text-title font-semibold" title={title}>
          <bdi>{title}</bdi>
        </h2>
        <Actions />
      </div>
      <Facts />
      <Whereabouts />
    </header>
  );
}

function Facts() {
  const { outline } = usePlace();
  const { steps, sessions, trace, isWhole } = outline;
  const sums = useMemo(() => {
    const all = sumsOf(steps);
    return { ...all, isCut: all.isCut || !isWhole };
  }, [steps, isWhole]);
  const running = useRunningHere(outline).length;
  const below = trace === null ? sessions.length - 1 : sessions.length;
  return (
    <dl className="mt-1 flex flex-wrap items-baseline gap-x-4 gap-y-0.5">
      <Fact name="cost">
        <SumCost sums={sums} />
      </Fact>
      <Fact name="calls">
        {whole(sums.calls)}
        {!isWhole && <span role="status"> so far, loading more …</span>}
        {running > 0 && <span className="text-ok"> + {running} running</span>}
      </Fact>
      {below > 0 && <Fact name={trace === null ? 'sub-agents' : 'sessions'}>{whole(below)}</Fact>}
      {sums.failed > 0 && (
        <Fact name="failed">
          <span className="font-semibold text-bad">{whole(sums.failed)}</span>
        </Fact>
      )}
      <TokenFacts sums={sums} />
      <Fact name="length">{Number.isNaN(sums.start) ? '–' : duration(sums.end - sums.start)}</Fact>
      <Models />
      <Status isRunning={running > 0} />
    </dl>
  );
}

function TokenFacts({ sums }: { sums: Sums }) {
  return (
    <>
      <Fact name="in">{compact(sums.input)}</Fact>
      <Fact name="of it cached">{percent(sums.classes.cacheRead, sums.input)}</Fact>
      <Fact name="out">{compact(sums.output)}</Fact>
      <div>
        <dt className="sr-only">shares</dt>
        <dd>
          <TokenBar classes={sums.classes} width={64} hatched={sums.isGuess} />
        </dd>
      </div>
      {sums.unknown > 0 && <Fact name="without usage">{whole(sums.unknown)}</Fact>}
    </>
  );
}

function Models() {
  const { steps } = usePlace().outline;
  const models = useMemo(() => [...new Set(steps.filter(({ inference }) => inference).map(modelOf))], [steps]);
  if (models.length === 0) return null;
  return (
    <Fact name={models.length === 1 ? 'model' : 'models'}>
      <bdi className="inline-block max-w-72 truncate align-bottom" title={models.join(', ')}>
        {models.length > 2 ? `${models[0]} and ${models.length - 1} more` : models.join(', ')}
      </bdi>
    </Fact>
  );
}

function Status({ isRunning }: { isRunning: boolean }) {
  const { trace, sessions } = usePlace().outline;
  if (trace !== null) return <Fact name="status">{<TaskStatus status={trace.status} />}</Fact>;
  const last = sessions.reduce((latest, { last_call_at: at }) => (at > latest ? at : latest), '');
  return isRunning || isActive(last, new Date()) ? <Fact name="status">{<Active />}</Fact> : null;
}

function Whereabouts() {
  const { trace, sessions, steps } = usePlace().outline;
  const [session] = sessions;
  const start = trace?.created_at ?? session?.started_at ?? steps[0]?.started_at;
  return (
    <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-sm text-muted">
      {start !== undefined && <When iso={start} />}
      {trace !== null && <AboutTask trace={trace} />}
      {trace === null && session !== undefined && <AboutSession session={session} />}
    </p>
  );
}

function AboutTask({ trace: { kind, trace_id: id, agents } }: { trace: Trace }) {
  return (
    <>
      <span>{kind}</span>
      <bdi className="max-w-80 truncate font-mono">{id}</bdi>
      {agents !== null && agents.length > 0 && <bdi>agents {agents.join(', ')}</bdi>}
    </>
  );
}

function AboutSession({ session }: { session: SessionSummary }) {
  const { route } = usePlace();
  const { provider, host, client, agent, customer_id: customer, parent_session_id: parent } = session;
  return (
    <>
      <span className="inline-flex items-center gap-1.5">
        <ProviderDot provider={provider} />
        <bdi>{host}</bdi>
      </span>
      {client !== null && <bdi>{client}</bdi>}
      {agent !== null && <bdi className="max-w-60 truncate">agent {agent}</bdi>}
      {customer !== null && <bdi className="max-w-60 truncate">customer {customer}</bdi>}
      {parent !== null && (
        <a className="text-accent underline-offset-2 hover:underline" href={hrefOf(route, 'sessions', parent)}>
          the session that sent it
        </a>
      )}
    </>
  );
}
