import type { Provider } from './provider.ts';

const ACTIONS = 'findOne|find|insertOne|insertMany|updateOne|updateMany|replaceOne|deleteOne|deleteMany|aggregate';

export const provider = {
  id: 'mongodb-atlas',
  title: 'MongoDB Atlas',
  hosts: ['mongodb.net', 'cloud.mongodb.com', 'services.cloud.mongodb.com', 'mongodb-api.com'],
  base: null,
  intercept: false,
  kind: 'vector_database',
  endpoints: [
    {
      method: 'POST',
      path: `/app/{app}/endpoint/data/{version}/action/{op:${ACTIONS}}`,
      operation: 'data_api',
      operationFrom: 'req.path:op',
      units: [{ unit: 'requests', from: 'const:1' }],
    },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  limits: [
    'Drivers speak the MongoDB wire protocol (port 27017), which is not HTTP and does not use an HTTP proxy.',
    'The Data API over HTTP ended on 2025-09-30: its calls fail; what it had is still named.',
    'Atlas is billed by the hour of a cluster: nothing is priced by the call.',
  ],
} satisfies Provider;
