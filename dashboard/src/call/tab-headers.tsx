import { isGone } from '../api/client.ts';
import type { CallRecord } from '../api/shapes.ts';
import { CopyButton } from '../kit/copy.tsx';
import { Failure, Loading } from '../kit/states.tsx';
import { Tip } from '../kit/tip.tsx';
import { MissingBody } from './body/missing.tsx';
import type { Side } from './body/use-body.ts';
import type { Head } from './head.ts';
import { maskOf } from './masked.ts';
import { Marked } from './text/plain-text.tsx';
import { useHead } from './use-head.ts';

/** Start lines and headers of both sides, as they were on the wire but for secrets. */
export function HeadersTab({ call }: { call: CallRecord }) {
  return (
    <div className="flex flex-col gap-6 px-4 py-3">
      <HeadOf call={call} side="request" title="Request" />
      <HeadOf call={call} side="response" title="Response" />
      <p className="max-w-[76ch] text-sm text-muted">
        Keys, tokens and cookies are masked before anything is written: of a secret no more is stored than stands here.
        Of accounts a fingerprint is kept, so that calls of one account can be told from those of another.
      </p>
    </div>
  );
}

function HeadOf({ call, side, title }: { call: CallRecord; side: Side; title: string }) {
  const head = useHead(call.id, side);
  if (head.isPending) return <Loading what="the headers" />;
  if (head.isLoadingError) {
    const { error } = head;
    if (isGone(error)) {
      return <MissingBody call={call} side={side} error={error} />;
    }
    return <Failure error={error} onRetry={() => void head.refetch()} />;
  }
  return <Shown head={head.data} title={title} />;
}

function Shown({ head, title }: { head: Head; title: string }) {
  const { startLine, headers } = head;
  const lines = headers.map(({ name, value }) => `${name}: ${value}`);
  return (
    <section aria-label={title}>
      <div className="flex items-center gap-2">
        <h3 className="font-semibold">{title}</h3>
        <span className="text-sm text-muted">
          {headers.length} {headers.length === 1 ? 'header' : 'headers'}
        </span>
        <CopyButton text={[startLine, ...lines].join('\n')} label={`Copy ${title.toLowerCase()} headers`} />
      </div>
      <p className="py-1 font-mono text-sm break-all">
        <Marked text={startLine} />
      </p>
      <dl className="font-mono text-sm">
        {headers.map(({ name, value }, index) => (
          <div
            // oxlint: a header may come twice, and the list never changes.
            key={`${index}-${name}`}
            className="group flex flex-col gap-x-4 border-t border-line py-1 sm:flex-row"
          >
            <dt className="w-64 shrink-0 break-all text-muted">
              <Marked text={name} />
            </dt>
            <dd className="min-w-0 flex-1 break-all">
              <HeaderValue value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const WHY = {
  secret: 'A secret: masked before it was stored',
  account: 'Whose account it was: a fingerprint of what was sent',
} as const;

function HeaderValue({ value }: { value: string }) {
  const mask = maskOf(value);
  if (mask === null) return <Marked text={value} />;
  return (
    <Tip text={WHY[mask]}>
      <span>
        <span className="text-muted">
          <Marked text={value} />
        </span>{' '}
        <span className="rounded-chip bg-raised px-1 font-sans text-xs text-muted">
          {mask === 'secret' ? 'masked' : 'fingerprint'}
        </span>
      </span>
    </Tip>
  );
}
