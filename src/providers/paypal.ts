import type { Endpoint, Provider } from './provider.ts';

const MODE = ['const:test if req.header:host=*sandbox*', 'const:live'];

/** What a capture took, and what PayPal took of it. @param at of the capture in the answer. */
function capture(path: string, at: string, count: string): Endpoint {
  const amount = `res.body:${at}.amount`;
  const fee = `res.body:${at}.seller_receivable_breakdown.paypal_fee`;
  return {
    method: 'POST',
    path,
    operation: 'capture',
    units: [
      { unit: 'transactions', from: count },
      { unit: 'amount_minor', from: `round(${amount}.value * 100) if ${amount}.currency_code=USD` },
    ],
    dims: { mode: MODE, currency: `${amount}.currency_code` },
    cost: {
      from: ['const:0 if req.header:host=*sandbox*', `${fee}.value if ${fee}.currency_code=USD`],
      perUsd: 1,
    },
    countWhen: 'res.body:$.status=COMPLETED',
  };
}

const PAGE = { asOf: '2026-05', source: 'paypal.com, merchant fees, checkout in the US' } as const;

export const provider = {
  id: 'paypal',
  title: 'PayPal',
  hosts: ['api-m.paypal.com', 'api.paypal.com', 'api-m.sandbox.paypal.com', 'api.sandbox.paypal.com'],
  intercept: false,
  kind: 'payments',
  requestIdHeaders: ['paypal-debug-id'],
  endpoints: [
    capture(
      '/v2/checkout/orders/{id}/capture',
      '$.purchase_units[*].payments.captures[*]',
      'res.body:$.purchase_units[*].payments.captures#len',
    ),
    capture('/v2/payments/authorizations/{id}/capture', '$', 'const:1'),
    {
      method: 'POST',
      path: '/v2/payments/captures/{id}/refund',
      operation: 'refund',
      units: [{ unit: 'transactions', from: 'const:1' }],
      dims: { mode: MODE },
    },
    {
      method: 'POST',
      path: '/v1/payments/payouts',
      operation: 'payout',
      units: [{ unit: 'transactions', from: 'req.body:$.items#len' }],
      dims: { mode: MODE },
    },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    {
      unit: 'amount_minor',
      usd: '0.0349',
      per: 100,
      operation: 'capture',
      when: { mode: 'live', currency: 'USD' },
      note: '3.49 % of the amount',
      ...PAGE,
    },
    {
      unit: 'transactions',
      usd: '0.49',
      per: 1,
      operation: 'capture',
      when: { mode: 'live', currency: 'USD' },
      ...PAGE,
    },
  ],
  limits: ['Where the answer states no fee (minimal representation), it is the list price of a US checkout in USD.'],
} satisfies Provider;
