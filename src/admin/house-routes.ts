/** What the settings screen asks of the house itself: options, room, sinks, clients. Formats: docs/api.md. */
import type { Hono } from 'hono';
import type { Setting } from '../config/settings.ts';
import type { LifeSettings, NetControl, RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import type { Calls } from './calls.ts';
import { clientsSeen } from './clients-seen.ts';
import { deliveriesOf } from './deliveries.ts';
import { storageOf } from './storage.ts';

export interface HouseDeps {
  calls: Pick<Calls, 'ask'>;
  /** What the configuration says. */
  house: House;
  /** Throws AppError `not_running` while the recorder thread is started again. */
  recorder: () => Pick<Remote<RecorderService>, 'health'>;
  net: Pick<Remote<NetControl>, 'setup'>;
  readOnly?: boolean;
}

export interface House {
  settings: readonly Setting[];
  /** Files and folders. */
  db: string;
  logDir: string;
  life: LifeSettings;
  /** Systems that calls are sent to; absent = none. */
  destinations?: readonly string[];
}

export function houseRoutes(app: Hono, { calls, house, recorder, net, readOnly = false }: HouseDeps): void {
  app.get('/api/settings', (context) => context.json({ settings: house.settings }));
  app.get('/api/storage', async (context) => context.json(await storageOf(calls, house)));
  app.get('/api/exporters', async (context) =>
    context.json({
      exporters: [...(readOnly ? [] : (await recorder().health()).sinks), ...deliveriesOf({ calls, house })],
    }),
  );
  app.get('/api/setup', async (context) => {
    const setup = readOnly ? null : await net.setup();
    return context.json({ ...setup, clients: calls.ask(clientsSeen) });
  });
}
