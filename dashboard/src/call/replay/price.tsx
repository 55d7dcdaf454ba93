import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { send } from '../../api/client.ts';
import type { CallRecord } from '../../api/shapes.ts';
import { usd, whole } from '../../format/numbers.ts';

/** Of `POST /api/calls/:id/replay` with `dry_run`. Counts are estimates; `null` = unknown. */
export interface ReplayPrice {
  url: string;
  model: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  cost: CallRecord['cost'];
  max_output_tokens: number | null;
  max_cost_usd: number | null;
}

const PAUSE_MS = 400;

/** What it would cost to send this body; asked for when the reader pauses. @param body null = as it is stored */
export function usePrice(id: string, body: string | null, isValid: boolean): UseQueryResult<ReplayPrice> {
  const [asked, setAsked] = useState(body);
  useEffect(() => {
    if (!isValid) return;
    const timer = setTimeout(() => setAsked(body), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [body, isValid]);
  return useQuery({
    queryKey: ['replay-price', id, asked],
    queryFn: () =>
      send<ReplayPrice>('POST', `/api/calls/${encodeURIComponent(id)}/replay`, {
        dry_run: true,
        ...(asked === null ? {} : { body: asked }),
      }),
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: false,
  });
}

/** @param wasCached the first call read from the provider's cache */
export function PriceLine({ price, wasCached }: { price: UseQueryResult<ReplayPrice>; wasCached: boolean }) {
  return (
    <p aria-live="polite" className="rounded-chip bg-raised px-2 py-1">
      {price.data === undefined ? whyNone(price.error) : <Words price={price.data} wasCached={wasCached} />}
    </p>
  );
}

function Words({ price, wasCached }: { price: ReplayPrice; wasCached: boolean }) {
  const { model, input_tokens: input, output_tokens: output, cost_usd: cost } = price;
  const { max_output_tokens: most, max_cost_usd: dearest } = price;
  return (
    <>
      {cost === null ? (
        <em className="text-muted">unpriced: no price is known for {model ?? 'this call'}</em>
      ) : (
        <>
          Would cost <strong>~{usd(cost)}</strong>
        </>
      )}
      <span className="text-muted">
        {' '}
        · {model ?? 'model unknown'} · {tokens(input)} in, {tokens(output)} out
        {dearest !== null && most !== null && `; ${usd(dearest)} if it answers with all ${whole(most)} tokens it may`}
        {wasCached && '. Less, if the provider’s cache still has its beginning'}
      </span>
    </>
  );
}

function tokens(count: number | null): string {
  return count === null ? '? tokens' : `~${whole(count)} tokens`;
}

function whyNone(error: Error | null): string {
  return error === null ? 'Working out what it would cost …' : error.message;
}

/** For the button. */
export function priceText(price: ReplayPrice | undefined): string {
  return price?.cost_usd === null || price === undefined ? '' : ` for ~${usd(price.cost_usd)}`;
}
