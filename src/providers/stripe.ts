import type { Endpoint, Provider } from './provider.ts';

/** What a payment is in, and whether it is a real one: both decide what it costs. */
const DIMS = {
  currency: 'res.body:$.currency',
  mode: ['const:test if res.body:$.livemode=false', 'const:test if req.header:authorization=*k_test_*', 'const:live'],
};
/** The same answer again for the same key was charged the first time. */
const NOT_REPLAYED = '!res.header:idempotent-replayed=true';

function payment(path: string, operation: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation,
    units: [
      { unit: 'transactions', from: 'const:1 if res.body:$.status=succeeded' },
      { unit: 'amount_minor', from: 'res.body:$.amount_received if res.body:$.status=succeeded' },
    ],
    dims: DIMS,
    countWhen: NOT_REPLAYED,
  };
}

/** Money that moves without a fee of its own here. */
function movement(path: string, operation: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation,
    units: [
      { unit: 'transactions', from: 'const:1' },
      { unit: 'amount_minor', from: 'res.body:$.amount' },
    ],
    dims: DIMS,
    countWhen: NOT_REPLAYED,
  };
}

const PAGE = { asOf: '2026-05', source: 'stripe.com/pricing, cards in the US' } as const;
const PAYMENTS = 'payment|charge';

export const provider = {
  id: 'stripe',
  title: 'Stripe',
  hosts: ['stripe.com'],
  base: 'https://api.stripe.com/v1',
  intercept: false,
  kind: 'payments',
  requestIdHeaders: ['request-id'],
  endpoints: [
    payment('/v1/payment_intents', 'payment'),
    payment('/v1/payment_intents/{id}/{op:confirm|capture}', 'payment'),
    {
      method: 'POST',
      path: '/v1/charges',
      operation: 'charge',
      units: [
        { unit: 'transactions', from: 'const:1 if res.body:$.paid and res.body:$.captured' },
        { unit: 'amount_minor', from: 'res.body:$.amount_captured if res.body:$.paid and res.body:$.captured' },
      ],
      dims: DIMS,
      // Only where the caller had the balance transaction expanded.
      cost: {
        from: 'res.body:$.balance_transaction.fee if res.body:$.balance_transaction.currency=usd',
        perUsd: 100,
      },
      countWhen: NOT_REPLAYED,
    },
    movement('/v1/refunds', 'refund'),
    movement('/v1/transfers', 'transfer'),
    movement('/v1/payouts', 'payout'),
    ...(['/v1/billing/meter_events', '/v2/billing/meter_events', '/v2/billing/meter_event_stream'] as const).map(
      (path): Endpoint => ({
        method: 'POST',
        path,
        operation: 'meter_event',
        units: [{ unit: 'requests', from: ['req.body:$.events#len', 'const:1'] }],
      }),
    ),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'amount_minor', usd: '0', per: 1, operation: PAYMENTS, when: { mode: 'test', currency: '*' }, ...PAGE },
    { unit: 'transactions', usd: '0', per: 1, operation: PAYMENTS, when: { mode: 'test', currency: '*' }, ...PAGE },
    {
      unit: 'amount_minor',
      usd: '0.029',
      per: 100,
      operation: PAYMENTS,
      when: { mode: 'live', currency: 'usd' },
      note: '2.9 % of the amount',
      ...PAGE,
    },
    {
      unit: 'transactions',
      usd: '0.30',
      per: 1,
      operation: PAYMENTS,
      when: { mode: 'live', currency: 'usd' },
      ...PAGE,
    },
  ],
  limits: [
    'The fee is in the answer only where its balance transaction is expanded; else it is the list price of US cards in USD.',
    'International cards and conversion cost more; amounts of other currencies are counted in their minor unit, not priced.',
  ],
} satisfies Provider;
