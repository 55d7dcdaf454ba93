import { createSecureContext, connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFrontDoor } from '../../src/net/front-door.ts';
import { createIntercept } from '../../src/net/intercept.ts';
import type { LeafSource } from '../../src/net/types.ts';
import { untilTrue } from '../support/async.ts';
import { openBareFrontDoor } from '../support/bare-front-door.ts';
import { makeCa, makeLeaf, type TestCa } from '../support/certificates.ts';
import { startEntrance, type TestEntrance } from '../support/entrance.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';

const NAMES = ['api.provider.example', 'eu.provider.example', 'evil.example'];

describe.each([
  ['http-mitm-proxy', openFrontDoor],
  ['node:http', openBareFrontDoor],
])('an intercepted call from CONNECT to the upstream, behind %s', (_name, open) => {
  let proxy: TestEntrance;
  let upstream: Upstream<TLSSocket>;
  let ours: TestCa;
  const clients: TLSSocket[] = [];

  beforeEach(async () => {
    const theirs = makeCa('theirs');
    ours = makeCa('ours');
    upstream = await startTlsUpstream(makeLeaf(theirs, { dns: NAMES }), (socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    const leaves: LeafSource = {
      covers: () => true,
      contextFor: (host) => createSecureContext(makeLeaf(ours, { dns: [host] })),
    };
    proxy = await startEntrance(open, {
      context: createSecureContext({ ca: theirs.pem }),
      intercept: (net) => createIntercept({ ...net, leaves }),
      stopGraceMs: 900_000,
    });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.stop();
    await upstream.close();
  });

  async function secure(name: string, servername = name): Promise<TLSSocket & { heard: string }> {
    const raw = await new RawClient(proxy.port)
      .send(`CONNECT ${name}:${upstream.port} HTTP/1.1\r\nHost: ${name}\r\n\r\n`)
      .hears('\r\n\r\n');
    raw.socket.removeAllListeners('data');
    const tls = Object.assign(
      connectTls({ socket: raw.socket, servername, ca: [ours.pem], ALPNProtocols: ['h2', 'http/1.1'] }),
      { heard: '' },
    );
    clients.push(tls);
    tls.on('error', () => {});
    tls.on('data', (chunk: Buffer) => {
      tls.heard += chunk.toString();
    });
    return tls;
  }

  it('reaches the upstream as it was sent, over TLS that both sides verify', async () => {
    const tls = await secure('api.provider.example');
    const request =
      'POST /v1 HTTP/1.1\r\nhOST: api.provider.example\r\nx-A: 1\r\nX-a: 2\r\nContent-Length: 2\r\n\r\nhi';
    tls.write(request);
    await untilTrue(() => tls.heard.endsWith('ok'), 'the answer');
    expect([tls.authorized, tls.alpnProtocol]).toEqual([true, 'http/1.1']);
    expect(upstream.received(0).toString()).toBe(request);
    expect(proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'complete' }]);
    expect(proxy.counters.get('connections', 'verdict="intercept",reason="connect"')).toBe(1);
  });

  it('goes nowhere but to the name of its CONNECT, whatever server name and Host say', async () => {
    const routed: string[] = [];
    for (const connectName of NAMES.slice(0, 2)) {
      for (const serverName of NAMES) {
        for (const host of NAMES) {
          const before = upstream.sockets.length;
          const tls = await secure(connectName, serverName);
          tls.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer key\r\n\r\n`);
          await untilTrue(() => tls.heard.endsWith('ok') || tls.destroyed, 'an answer or the end');
          if (connectName !== serverName) {
            expect(tls.heard).toBe('');
            expect(upstream.sockets).toHaveLength(before);
            continue;
          }
          expect(upstream.sockets.at(-1)?.servername).toBe(connectName);
          expect(upstream.received(before).toString()).toContain(`Host: ${host}\r\n`);
          routed.push(`${connectName} ${host}`);
        }
      }
    }
    expect(routed).toHaveLength(6);
    expect(proxy.counters.get('connections', 'verdict="refuse",reason="sni_mismatch"')).toBe(12);
  });

  it('lets stop end an idle kept connection at once', async () => {
    const tls = await secure('api.provider.example');
    tls.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await untilTrue(() => tls.heard.endsWith('ok'), 'the answer');
    const began = performance.now();
    await proxy.entrance.stop();
    expect(performance.now() - began).toBeLessThan(10_000);
    await untilTrue(() => tls.readableEnded || tls.destroyed, 'the end');
  });
});
