import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ListedPrice } from '../../../src/core/model-prices.ts';
import { get } from '../api/client.ts';
import { whole } from '../format/numbers.ts';
import { ProviderDot } from '../kit/dots.tsx';
import { Answered, Part, SimpleTable } from './part.tsx';

/** `GET /api/prices`: the models that were called, those without a price first. */
interface PricedModel {
  provider: string;
  model: string;
  requests: number;
  cost_usd: number;
  unpriced_calls: number;
  /** Empty = unpriced; `null` = no daemon runs that could tell. */
  prices: ListedPrice[] | null;
}

/** What the models cost that were called, and by whose word. */
export function Prices() {
  const [text, setText] = useState('');
  const list = useQuery({ queryKey: ['prices'], queryFn: () => get<{ models: PricedModel[] }>('/api/prices') });
  return (
    <Part
      title="Prices"
      text={
        <>
          A cost that the provider states wins, then your own prices (
          <code className="font-mono">llm-proxy prices override</code>), then the table. Any other model:{' '}
          <code className="font-mono">llm-proxy prices NAME</code>.
        </>
      }
    >
      <input
        type="search"
        aria-label="Find a model"
        placeholder="Provider or model"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="h-7 w-80 max-w-full rounded-chip border border-line bg-surface px-2"
      />
      <Answered query={list} what="prices">
        {({ models }) => <Listed models={models} text={text.trim().toLowerCase()} />}
      </Answered>
    </Part>
  );
}

function Listed({ models, text }: { models: readonly PricedModel[]; text: string }) {
  const shown = models.filter(({ provider, model }) => `${provider}/${model}`.toLowerCase().includes(text));
  const unpriced = shown.filter(({ prices }) => prices?.length === 0);
  const priced = shown.filter(({ prices }) => prices !== null && prices.length > 0);
  if (models.length === 0) return <p className="text-muted">No model was called yet.</p>;
  if (shown.length === 0) return <p className="text-muted">No model of that name was called.</p>;
  if (models.every(({ prices }) => prices === null))
    return <p className="text-muted">No daemon is running that knows prices.</p>;
  return (
    <>
      {unpriced.length > 0 && <Unpriced models={unpriced} />}
      {priced.length > 0 && (
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
          rows={priced.flatMap((model) => (model.prices ?? []).map((price, index) => rowOf(model, price, index)))}
        />
      )}
    </>
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

function Unpriced({ models }: { models: readonly PricedModel[] }) {
  return (
    <section aria-label="Models without a price" className="rounded-panel border border-line bg-surface p-3">
      <h3 className="font-semibold">
        <span aria-hidden="true" className="text-warn">
          ▲
        </span>{' '}
        No price is known of these
      </h3>
      <ul className="mt-1">
        {models.map(({ provider, model, requests }) => (
          <li key={`${provider} ${model}`}>
            <bdi>
              {provider}/{model}
            </bdi>
            <span className="text-muted">
              : {whole(requests)} {requests === 1 ? 'call' : 'calls'}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
