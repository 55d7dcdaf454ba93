/** Composition root of the thread that sends calls to other systems. It reads the store and opens connections of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { createLogger } from '../core/log.ts';
import { messageReader } from '../interchange/stored-messages.ts';
import { loadRegistry } from '../providers/registry.ts';
import { type Database, openDatabase } from '../store/driver.ts';
import { requireSchema } from '../store/migrations.ts';
import { createCallSource } from './call-source.ts';
import { Delivery } from './delivery.ts';
import { createDestinations } from './index.ts';
import { askedRewind, forgetRewind, readState, stateFileOf, writeState } from './state-file.ts';
import type { DeliveryConfig, ToDeliveryThread } from './thread-messages.ts';

const RETRY_MS = 2000;

const config = workerData as DeliveryConfig;
const log = createLogger(config.log);
let deliveries: readonly Delivery[] = [];
let database: Database | null = null;
let timer: NodeJS.Timeout | undefined;
let told: string | null = null;

parentPort?.on('message', ({ withinMs }: ToDeliveryThread) => void end(withinMs));
void begin();

/** The recorder makes the database, and may not be able to yet. */
async function begin(): Promise<void> {
  try {
    const opened = openDatabase(config.db, { readOnly: true });
    database = opened;
    requireSchema(opened);
    const calls = createCallSource(
      opened,
      messageReader(opened, (error) => log.warn({ error: messageOf(error) }, 'the store gave a body no more')),
    );
    const directory = await loadRegistry({ localServers: config.localServers, own: config.ownProviders });
    const { version, machine, ca } = config;
    deliveries = createDestinations(config.destinations, { version, machine, ca, directory, database: opened }).map(
      (destination) => {
        const file = stateFileOf(config.db, destination.name);
        return new Delivery({
          destination,
          calls,
          keeper: {
            read: () => readState(file),
            write: (state) => writeState(file, state),
            askedRewind: () => askedRewind(file),
            forgetRewind: () => forgetRewind(file),
          },
          clock: systemClock,
          random: Math.random,
          since: config.since,
          log,
        });
      },
    );
    for (const delivery of deliveries) delivery.start();
  } catch (error) {
    database?.close();
    database = null;
    const message = messageOf(error);
    if (message !== told)
      log.warn({ error: message }, 'calls are not sent to other systems yet: the database cannot be read');
    told = message;
    timer = setTimeout(() => void begin(), RETRY_MS);
  }
}

async function end(withinMs: number): Promise<void> {
  clearTimeout(timer);
  await Promise.allSettled(deliveries.map((delivery) => delivery.stop(withinMs)));
  database?.close();
  process.exit();
}
