import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import type { ListedPrice, PricedModel } from '../../../src/pricing/price-list.ts';
import { get } from '../api/client.ts';
import { whole } from '../format/numbers.ts';
import { ProviderDot } from '../kit/dots.tsx';
import { Answered, Part, SimpleTable } from './part.tsx';

/** `GET /api/prices`. */
export interface PriceAnswer {
  table: { date: string | null };
  models: PricedModel[];
  /** How many match beyond those that are listed. */
  left_out: number;
  /** Of calls without a price, the model most often called first. */
  unpriced: { provider: string; model: string | null; calls: number }[];
}

/** What things cost, and by whose word. */
export function Prices() {
  const [text, setText] = useState('');
  const asked = useDeferredValue(text.trim());
  const list = useQuery({
    queryKey: ['prices', asked],
    queryFn: ({ signal }) => get<PriceAnswer>('/api/prices', { q: asked }, signal),
    placeholderData: (before) => before,
  });
  return (
    <Part
      title="Prices"
      text="A cost that the provider states wins, then your own prices, then this table. Your own: llm-proxy prices override add, or [[price_overrides]] in the files that docs/prices.md names."
    >
      <input
        type="search"
        aria-label="Find a model"
        placeholder="Model or provider/model"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="h-7 w-80 max-w-full rounded-chip border border-line bg-surface px-2"
      />
      <Answered query={list} what="prices">
        {({ table, models, left_out: leftOut, unpriced }) => (
          <>
            {unpriced.length > 0 && asked === '' && <Unpriced models={unpriced} />}
            <p className="text-muted">
              {table.date === null ? 'The table has no date.' : `The table is of ${table.date}.`}
            </p>
            {models.length === 0 ? (
              <p className="text-muted">No price is known: such calls are shown as unpriced.</p>
            ) : (
              <SimpleTable
                label="Prices"
                head={[
                  { title: 'Model' },
                  { title: 'Unit' },
                  { title: 'USD', end: true },
                  { title: 'for', end: true },
                  { title: 'Holds' },
                  { title: 'Source' },
                ]}
                rows={models.flatMap((model) => model.prices.map((price, index) => rowOf(model, price, index)))}
              />
            )}
            {leftOut > 0 && <p className="text-muted">{whole(leftOut)} more models match; type more of the name.</p>}
          </>
        )}
      </Answered>
    </Part>
  );
}

function rowOf({ provider, model }: PricedModel, price: ListedPrice, index: number) {
  return {
    key: `${provider} ${model} ${index}`,
    cells: [
      index === 0 ? (
        <span key="model" className="inline-flex items-center gap-1.5">
          <ProviderDot provider={provider} />
          <bdi>
            {provider}/{model}
          </bdi>
        </span>
      ) : null,
      price.unit.replaceAll('_', ' '),
      <span key="usd">{price.usd}</span>,
      whole(price.per),
      <span key="holds" className="text-muted">
        {holdsText(price)}
      </span>,
      <span key="source" className="text-muted">
        {price.source}
        {price.date !== null && ` · ${price.date}`}
      </span>,
    ],
  };
}

function holdsText({ above_input_tokens: above, when, operation }: ListedPrice): string {
  const conditions = [
    above === null ? '' : `above ${whole(above)} input tokens`,
    operation ?? '',
    ...Object.entries(when).map(([name, value]) => `${name} ${value}`),
  ];
  return conditions.filter((text) => text !== '').join(', ');
}

function Unpriced({ models }: { models: PriceAnswer['unpriced'] }) {
  return (
    <section aria-label="Models without a price" className="rounded-panel border border-line bg-surface p-3">
      <h3 className="font-semibold">
        <span aria-hidden="true" className="text-warn">
          ▲
        </span>{' '}
        Models that were called and have no price
      </h3>
      <ul className="mt-1">
        {models.map(({ provider, model, calls }) => (
          <li key={`${provider} ${model ?? ''}`}>
            <bdi>
              {provider}/{model ?? 'unknown'}
            </bdi>
            <span className="text-muted">
              : {whole(calls)} {calls === 1 ? 'call' : 'calls'}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
