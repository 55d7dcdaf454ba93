import type { Endpoint, Provider } from './provider.ts';

const ACCOUNT = '/2010-04-01/Accounts/{account}';
const US = 'const:us if req.body:$.To=+1*';
/** Negative, and null until the carrier has taken it: then the list price stands in. */
const CHARGED = { from: 'abs(res.body:$.price) if res.body:$.price_unit=USD', perUsd: 1 } as const;

/** With and without the format in the path. */
function json(path: string, endpoint: Omit<Endpoint, 'path'>): Endpoint[] {
  return [`${path}.json`, path].map((each) => ({ ...endpoint, path: `${ACCOUNT}${each}` }));
}

function product(host: string, path: string, endpoint: Omit<Endpoint, 'path' | 'hosts'>): Endpoint {
  return { ...endpoint, path, hosts: [host] };
}

const PLANS = { asOf: '2026-05-04', source: 'twilio.com/pricing, US' } as const;

export const provider = {
  id: 'twilio',
  title: 'Twilio',
  hosts: ['twilio.com'],
  base: 'https://api.twilio.com',
  intercept: false,
  kind: 'messaging',
  requestIdHeaders: ['twilio-request-id'],
  endpoints: [
    ...json('/Messages', {
      method: 'POST',
      operation: 'message',
      units: [
        { unit: 'segments', from: 'res.body:$.num_segments if !req.body:$.MediaUrl' },
        { unit: 'messages', from: 'const:1 if req.body:$.MediaUrl' },
      ],
      dims: {
        channel: ['const:whatsapp if req.body:$.To=whatsapp:*', 'const:mms if req.body:$.MediaUrl', 'const:sms'],
        country: US,
      },
      cost: CHARGED,
      job: 'res.body:$.sid',
    }),
    // Counted when it was sent; here only what was sent past this proxy.
    ...json('/Messages/{id}', {
      method: 'GET',
      operation: 'fetch_message',
      kind: 'reread',
      units: [
        { unit: 'segments', from: 'res.body:$.num_segments if res.body:$.num_media=0' },
        { unit: 'messages', from: 'const:1 if !res.body:$.num_media=0' },
      ],
      cost: CHARGED,
      countWhen: 'res.body:$.price',
      job: 'res.body:$.sid',
    }),
    ...json('/Calls', { method: 'POST', operation: 'call', units: [], dims: { country: US } }),
    ...json('/Calls/{id}', {
      method: 'GET',
      operation: 'fetch_call',
      kind: 'reread',
      units: [{ unit: 'call_minutes', from: 'ceil(res.body:$.duration / 60)' }],
      dims: {
        direction: ['const:in if res.body:$.direction=inbound', 'const:out'],
        country: 'const:us if res.body:$.to=+1* and res.body:$.from=+1*',
      },
      cost: CHARGED,
      countWhen: 'res.body:$.status=completed',
      job: 'res.body:$.sid',
    }),
    ...json('/IncomingPhoneNumbers', {
      method: 'POST',
      operation: 'buy_number',
      units: [{ unit: 'numbers', from: 'const:1' }],
    }),
    ...json('/IncomingPhoneNumbers/{type}', {
      method: 'POST',
      operation: 'buy_number',
      units: [{ unit: 'numbers', from: 'const:1 if req.path:type=Local*|Mobile*|TollFree*' }],
      dims: { type: 'req.path:type' },
    }),
    product('verify.twilio.com', '/v2/Services/{id}/Verifications', {
      method: 'POST',
      operation: 'start_verification',
      units: [],
    }),
    product('verify.twilio.com', '/v2/Services/{id}/VerificationCheck', {
      method: 'POST',
      operation: 'check_verification',
      units: [{ unit: 'verifications', from: 'const:1 if res.body:$.status=approved' }],
    }),
    product('lookups.twilio.com', '/v2/PhoneNumbers/{number}', {
      method: 'GET',
      operation: 'lookup',
      units: [{ unit: 'lookups', from: 'req.query:Fields#items' }],
    }),
    product('conversations.twilio.com', '/v1/Conversations/{id}/Messages', {
      method: 'POST',
      operation: 'message',
      units: [{ unit: 'messages', from: 'const:1' }],
    }),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'segments', usd: '0.0083', per: 1, when: { channel: 'sms', country: 'us' }, ...PLANS },
    { unit: 'messages', usd: '0.022', per: 1, when: { channel: 'mms', country: 'us' }, ...PLANS },
    { unit: 'call_minutes', usd: '0.014', per: 1, when: { direction: 'out', country: 'us' }, ...PLANS },
    { unit: 'call_minutes', usd: '0.0085', per: 1, when: { direction: 'in', country: 'us' }, ...PLANS },
    { unit: 'numbers', usd: '2.15', per: 1, when: { type: 'TollFree*' }, note: 'A month, US', ...PLANS },
    { unit: 'numbers', usd: '1.15', per: 1, note: 'A month, US', ...PLANS },
  ],
  limits: [
    'A message has no price yet when it is sent: it is the list price of the US, none elsewhere.',
    'A call that is never asked for after its end is not counted.',
  ],
} satisfies Provider;
