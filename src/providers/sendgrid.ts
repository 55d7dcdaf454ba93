import { LLMOBSERVE } from './families/price-sources.ts';
import type { Provider } from './provider.ts';

const PERSON = 'req.body:$.personalizations[*]';

export const provider = {
  id: 'sendgrid',
  title: 'Twilio SendGrid',
  hosts: ['sendgrid.com'],
  base: 'https://api.sendgrid.com',
  intercept: false,
  kind: 'messaging',
  requestIdHeaders: ['x-message-id'],
  endpoints: [
    {
      method: 'POST',
      path: '/v3/mail/send',
      operation: 'send_mail',
      units: [
        {
          unit: 'emails',
          from: [
            `${PERSON}.to#len + ${PERSON}.cc#len + ${PERSON}.bcc#len`,
            `${PERSON}.to#len + ${PERSON}.cc#len`,
            `${PERSON}.to#len + ${PERSON}.bcc#len`,
            `${PERSON}.to#len`,
          ],
        },
      ],
      // The sandbox checks, answers 200 and sends nothing.
      countWhen: 'res.status=202',
    },
    {
      method: 'PUT',
      path: '/v3/marketing/contacts',
      operation: 'upsert_contacts',
      units: [{ unit: 'contacts', from: 'req.body:$.contacts#len' }],
    },
    {
      method: 'POST',
      path: '/v3/validations/email',
      operation: 'validate_email',
      units: [{ unit: 'validations', from: 'const:1' }],
    },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [{ unit: 'emails', usd: '0.95', per: 1000, ...LLMOBSERVE }],
  limits: ['Contacts and validations are part of a plan: counted, not priced.'],
} satisfies Provider;
