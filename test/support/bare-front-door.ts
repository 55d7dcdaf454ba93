import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { type FrontDoor, type FrontDoorHandlers, type FrontDoorOptions, takeOver } from '../../src/net/http-server.ts';

/** The front door on node:http alone: what the net tests run on beside the real one. */
export async function openBareFrontDoor(options: FrontDoorOptions, handlers: FrontDoorHandlers): Promise<FrontDoor> {
  const server = createServer({ connectionsCheckingInterval: options.limits.checkEveryMs });
  server.on('connect', (request, socket, head) => handlers.connect(request, socket as Socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  takeOver(server, handlers, options.limits);
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return { server, host: address.address, port: address.port };
}
