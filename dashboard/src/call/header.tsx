import type { CallRecord } from '../api/shapes.ts';
import { certaintyOf, countCertainty, stateOf, statusText, tokenClasses } from '../format/call.ts';
import { useKeys } from '../keyboard/keys.ts';
import { CallCost, Duration, Tokens, When } from '../kit/amounts.tsx';
import { Button } from '../kit/button.tsx';
import { CopyButton } from '../kit/copy.tsx';
import { ProviderDot, StatusDot } from '../kit/dots.tsx';
import { TokenBar } from '../kit/token-bar.tsx';
import { hrefOf } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { Actions } from './actions.tsx';
import type { CallProps } from './call.tsx';
import { Fact } from './fact.tsx';
import { visibleText } from './text/marks.ts';
import { useNeighbours } from './use-neighbours.ts';

type HeaderProps = CallProps & { call: CallRecord; onClose: () => void; hrefOfCall: (id: string) => string };

/** What every tab is about: who was asked, how it ended, what it took. */
export function CallHeader(props: HeaderProps) {
  const { call, route, onClose } = props;
  const setParams = useSetParams();
  const isFull = route.params.has('full');
  const toggleFull = (): void => setParams({ full: isFull ? null : '1' });
  useKeys([{ keys: 'F', does: 'full page, or beside the list', where: 'call', run: toggleFull }]);
  return (
    <header className="@container shrink-0 border-b border-line px-4 py-2">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 @md:flex-nowrap">
        <Model call={call} />
        <div className="ml-auto flex shrink-0 items-center gap-1">
          <Neighbours {...props} />
          {/* What was begun with one call is not gone on with on another. */}
          <Actions key={call.id} call={call} />
          <Button
            look="quiet"
            className="hidden md:inline-flex"
            onClick={toggleFull}
            aria-pressed={isFull}
            title={isFull ? 'Beside the list (F)' : 'Full page (F)'}
          >
            {isFull ? 'Narrow' : 'Widen'}
          </Button>
          <Button look="quiet" onClick={onClose} title="Close (Esc)" aria-label="Close the call">
            <span aria-hidden="true">✕</span>
          </Button>
        </div>
      </div>
      <Facts call={call} />
      <Whereabouts {...props} />
      {call.error !== null && <Trouble call={call} />}
    </header>
  );
}

/** Asked → served, where they are not the same. */
function Model({ call }: { call: CallRecord }) {
  const asked = shown(call.request_model);
  const served = shown(call.response_model);
  const name = asked ?? served ?? call.operation ?? visibleText(call.path);
  return (
    <h2 className="flex min-w-0 flex-1 basis-full items-center gap-1.5 text-title font-semibold @md:basis-0">
      <StatusDot call={call} />
      <ProviderDot provider={call.provider} />
      <bdi className="truncate" title={name}>
        {name}
      </bdi>
      {asked !== null && served !== null && asked !== served && (
        <span className="flex min-w-0 items-center gap-1.5 font-normal text-muted">
          <span aria-hidden="true">→</span>
          <span className="sr-only">served by</span>
          <bdi className="truncate" title={`served by ${served}`}>
            {served}
          </bdi>
        </span>
      )}
    </h2>
  );
}

/** Names come from others: what cannot be seen in them is told. */
function shown(name: string | null): string | null {
  return name === null ? null : visibleText(name);
}

function Facts({ call }: { call: CallRecord }) {
  const { usage } = call;
  const certainty = certaintyOf(call);
  const classes = tokenClasses(call);
  const isBad = stateOf(call) !== 'ok';
  return (
    <dl className="mt-1 flex flex-wrap items-baseline gap-x-4 gap-y-0.5">
      <Fact name="status">
        <span className={isBad ? 'font-semibold text-bad' : ''}>{statusText(call)}</span>
      </Fact>
      <Fact name="cost">
        <CallCost call={call} />
      </Fact>
      <Fact name="in">
        <Tokens value={usage.input_tokens} certainty={countCertainty(call, 'input_tokens')} />
      </Fact>
      {usage.cache_read_tokens !== null && (
        <Fact name="of it cached">
          <Tokens value={usage.cache_read_tokens} certainty={countCertainty(call, 'input_tokens')} />
        </Fact>
      )}
      <Fact name="out">
        <Tokens value={usage.output_tokens} certainty={countCertainty(call, 'output_tokens')} />
      </Fact>
      {classes !== null && (
        <div>
          <dt className="sr-only">shares</dt>
          <dd>
            <TokenBar classes={classes} width={64} hatched={certainty === 'estimated'} />
          </dd>
        </div>
      )}
      {call.stream && (
        <Fact name="TTFT">
          <Duration ms={call.ttft_ms} />
        </Fact>
      )}
      <Fact name="total">
        <Duration ms={call.duration_ms} />
      </Fact>
    </dl>
  );
}

/** When, where, and what it is a part of. */
function Whereabouts({ call, route }: CallProps & { call: CallRecord }) {
  const facts = call.agent_facts;
  return (
    <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-sm text-muted">
      <When iso={call.started_at} />
      <bdi className="max-w-96 min-w-0 truncate font-mono" title={`${call.method} ${call.host}${call.path}`}>
        {visibleText(`${call.host}${call.path}`)}
      </bdi>
      {facts !== null && (
        <a href={hrefOf(route, 'sessions', facts.session)} className="text-accent underline-offset-2 hover:underline">
          session, turn {facts.turn}
        </a>
      )}
      {call.request_id !== null && (
        <span className="inline-flex min-w-0 items-center">
          <bdi className="max-w-60 truncate font-mono" title={`the provider's request id: ${call.request_id}`}>
            {visibleText(call.request_id)}
          </bdi>
          <CopyButton text={call.request_id} />
        </span>
      )}
      <Roles call={call} />
    </p>
  );
}

/** What is out of the ordinary: sent again, sent elsewhere, a copy for a comparison; whose call it is. */
function Roles({
  call: { retry_count: retries, steer, leg, customer_id: customer, section_path: section },
}: {
  call: CallRecord;
}) {
  const roles = [
    retries !== null && retries > 0 ? `attempt ${retries + 1}` : null,
    steer === null ? null : sentWords(steer),
    leg === 'shadow' ? 'copy for a comparison, in no total' : null,
    customer === null ? null : `customer ${customer}`,
    section === null ? null : `section ${section}`,
  ];
  return roles
    .filter((role) => role !== null)
    .map((role) => (
      <bdi key={role} className="max-w-72 truncate" title={visibleText(role)}>
        {visibleText(role)}
      </bdi>
    ));
}

function sentWords({ sent_to: to, sent_model: model }: NonNullable<CallRecord['steer']>): string | null {
  if (to === null && model === null) return null;
  return `sent ${to === null ? 'on' : `to ${to}`}${model === null ? '' : ` as ${model}`}`;
}

function Trouble({ call: { error, outcome } }: { call: CallRecord }) {
  return (
    <p role="note" className="mt-1 text-sm text-bad">
      {visibleText(error?.type ?? '')}: <bdi>{visibleText(error?.message ?? '')}</bdi>
      {outcome === 'upstream_error' && ' The client got a 502 of llm-proxy.'}
    </p>
  );
}

function Neighbours(props: HeaderProps) {
  const { previous, next, isPending = false } = useNeighbours(props.call, props.beside);
  const go = (id: string | null): void => {
    if (id !== null) goTo(props.hrefOfCall(id));
  };
  useKeys([
    { keys: '[', does: 'call before, of the session', where: 'call', run: () => go(previous) },
    { keys: ']', does: 'next call, of the session', where: 'call', run: () => go(next) },
  ]);
  return (
    <>
      <Button
        look="quiet"
        disabled={previous === null}
        onClick={() => go(previous)}
        title={previous === null && !isPending ? 'There is no call before this one' : 'Call before ([)'}
        aria-label="Call before"
      >
        <span aria-hidden="true">‹</span>
      </Button>
      <Button
        look="quiet"
        disabled={next === null}
        onClick={() => go(next)}
        title={next === null && !isPending ? 'There is no call after this one' : 'Next call (])'}
        aria-label="Next call"
      >
        <span aria-hidden="true">›</span>
      </Button>
    </>
  );
}
