import type { ClientSeen } from '../../../src/admin/clients-seen.ts';
import type { TlsTrouble } from '../../../src/core/ports.ts';
import { whole } from '../format/numbers.ts';
import { ago } from '../format/time.ts';
import { CopyButton } from '../kit/copy.tsx';
import { Failure } from '../kit/states.tsx';
import { type Card, cardsOf } from './runtimes.ts';
import { useSetup } from './use-setup.ts';

/** One card a runtime: what to do, and whether it worked. Also what stands where no call has come yet. */
export function SetupCards() {
  const setup = useSetup();
  if (setup.isPending) return null;
  if (setup.isLoadingError) return <Failure error={setup.error} onRetry={() => void setup.refetch()} />;
  const {
    proxy_url: proxyUrl,
    ca_file: caFile,
    bundle_file: bundleFile,
    clients,
    tls_troubles: troubles = [],
  } = setup.data;
  if (proxyUrl === undefined || caFile === undefined || bundleFile === undefined) {
    return <p className="text-muted">No daemon is running: start it with “llm-proxy start” to point programs at it.</p>;
  }
  return (
    <div className="flex flex-col gap-4">
      {troubles.length > 0 && <Troubles troubles={troubles} />}
      <ul className="grid gap-px overflow-hidden rounded-panel border border-line bg-line md:grid-cols-2 2xl:grid-cols-3">
        {cardsOf({ proxyUrl, caFile, bundleFile }).map((card) => (
          <SetupCard key={card.id} card={card} seen={seenBy(card, clients)} />
        ))}
      </ul>
    </div>
  );
}

/** The latest client of this card's runtimes. Cards of no runtime light up with nothing: they say nothing of who comes. */
function seenBy({ id, runtimes }: Card, clients: readonly ClientSeen[]): ClientSeen | null {
  if (id === 'any') return clients[0] ?? null;
  return clients.find(({ runtime }) => runtime !== null && runtimes.includes(runtime)) ?? null;
}

function SetupCard({ card, seen }: { card: Card; seen: ClientSeen | null }) {
  return (
    <li className="flex min-w-0 flex-col gap-2 bg-surface p-3">
      <h3 className="flex items-center gap-2 font-semibold">
        <span aria-hidden="true" className={seen === null ? 'text-faint' : 'text-ok'}>
          {seen === null ? '○' : '●'}
        </span>
        {card.name}
      </h3>
      <p className="text-muted">{card.text}</p>
      <div className="flex items-start gap-1 rounded-chip bg-raised">
        <pre className="min-w-0 flex-1 overflow-x-auto px-2 py-1 font-mono text-sm" tabIndex={0}>
          {card.block}
        </pre>
        <CopyButton text={card.block} />
      </div>
      <p className="mt-auto text-sm text-muted" role="status">
        {seen === null
          ? card.runtimes.length === 0 && card.id !== 'any'
            ? ''
            : 'Waiting for the first call.'
          : seenText(seen)}
      </p>
    </li>
  );
}

function seenText({ client, calls, last_hour: last }: ClientSeen): string {
  const hours = (Date.now() - Date.parse(last)) / 3_600_000;
  const when = hours < 1 ? 'in this hour' : ago(last, new Date());
  return `${client}: ${whole(calls)} ${calls === 1 ? 'call' : 'calls'}, the last ${when}.`;
}

/** Clients that came and could not be served: who, why, what to do. */
function Troubles({ troubles }: { troubles: readonly TlsTrouble[] }) {
  return (
    <section aria-label="Clients that could not be served" className="rounded-panel border border-line bg-surface p-3">
      <h3 className="font-semibold">
        <span aria-hidden="true" className="text-warn">
          ▲
        </span>{' '}
        Clients that could not be served
      </h3>
      <ul className="mt-1 flex flex-col gap-2">
        {troubles.map((trouble) => (
          <li key={`${trouble.host} ${trouble.client ?? ''} ${trouble.cause}`}>
            <bdi>{trouble.client ?? 'A program that does not say its name'}</bdi> for{' '}
            <bdi className="font-mono">{trouble.host}</bdi>: {trouble.hint}
            <span className="text-muted">
              {' '}
              {whole(trouble.count)}×, the last {ago(trouble.last_at, new Date())}.
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
