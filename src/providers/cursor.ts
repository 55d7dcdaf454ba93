import type { Provider } from './provider.ts';

export const provider = {
  id: 'cursor',
  title: 'Cursor',
  hosts: ['api2.cursor.sh', 'api.cursor.com'],
  intercept: false,
  endpoints: [{ method: '*', path: '/**', operation: 'opaque', kind: 'control' }],
  limits: ['The editor speaks its own protobuf over HTTP/2, in which no usage is: it is tunnelled.'],
} satisfies Provider;
