import { EnvHttpProxyAgent, request } from 'undici';
import { messageOf } from '../../core/errors.ts';
import type { DemoCall } from './conversations.ts';

interface Sent {
  status: number | null;
  /** Body bytes as received, in order. */
  body: Buffer;
  error: string | null;
}

export interface DemoClient {
  /** Never rejects: a cut stream is part of the demo. */
  send(call: DemoCall): Promise<Sent>;
  close(): Promise<void>;
}

/** A client as any other: it knows the proxy's address and the CA, nothing else. */
export function createDemoClient(proxyUrl: string, ca: string): DemoClient {
  const dispatcher = new EnvHttpProxyAgent({ httpsProxy: proxyUrl, noProxy: '', requestTls: { ca } });
  return {
    send: async (call) => {
      const parts: Buffer[] = [];
      let status: number | null = null;
      try {
        const answer = await request(`https://${call.host}${call.path}`, {
          method: 'POST',
          dispatcher,
          headers: { ...call.headers, 'accept-encoding': 'gzip, deflate' },
          body: JSON.stringify(call.body),
        });
        status = answer.statusCode;
        for await (const part of answer.body) parts.push(part as Buffer);
        return { status, body: Buffer.concat(parts), error: null };
      } catch (error) {
        return { status, body: Buffer.concat(parts), error: messageOf(error) };
      }
    },
    close: () => dispatcher.destroy(),
  };
}
