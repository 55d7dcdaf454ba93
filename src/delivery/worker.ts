/** Composition root of the thread that sends calls to other systems. It reads the store and opens connections of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { createLogger } from '../core/log.ts';
import { messageReader } from '../interchange/stored-messages.ts';
import { loadRegistry } from '../providers/registry.ts';
import { type Database, openDatabase } from '../store/driver.ts';
import { requireSchema } from '../store/migrations.ts';
import { fileAt } from '../store/open.ts';
import { createCallSource } from './call-source.ts';
import { Delivery } from './delivery.ts';
import { createDestinations } from './index.ts';
import { askedRewind, forgetRewind, readState, stateFileOf, writeState } from './state-file.ts';
import type { DeliveryConfig, ToDeliveryThread } from './thread-messages.ts';

const RETRY_MS = 2000;
/** A database that was deleted or is damaged is begun anew by the recorder, under the same name. */
const LOOK_MS = 2000;

const config = workerData as DeliveryConfig;
const log = createLogger(config.log);
let deliveries: readonly Delivery[] = [];
let database: Database | null = null;
let file: string | null = null;
let timer: NodeJS.Timeout | undefined;
let told: string | null = null;
let isEnding = false;

parentPort?.on('message', ({ withinMs }: ToDeliveryThread) => void end(withinMs));
void begin();

/** The recorder makes the database, and may not be able to yet. */
async function begin(): Promise<void> {
  try {
    file = fileAt(config.db);
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
        const state = stateFileOf(config.db, destination.name);
        return new Delivery({
          destination,
          calls,
          keeper: {
            read: () => readState(state),
            write: (next) => writeState(state, next),
            askedRewind: () => askedRewind(state),
            forgetRewind: () => forgetRewind(state),
          },
          clock: systemClock,
          random: Math.random,
          since: config.since,
          log,
        });
      },
    );
    if (isEnding) return;
    for (const delivery of deliveries) delivery.start();
    told = null;
    timer = setTimeout(() => void look(), LOOK_MS);
  } catch (error) {
    database?.close();
    database = null;
    const message = messageOf(error);
    if (message !== told) log.warn({ error: message }, 'calls cannot be sent to other systems yet; it is tried again');
    told = message;
    if (!isEnding) timer = setTimeout(() => void begin(), RETRY_MS);
  }
}

/** Goes on with the database that is there now. */
async function look(): Promise<void> {
  if (fileAt(config.db) === file) {
    timer = setTimeout(() => void look(), LOOK_MS);
    return;
  }
  await close(0);
  if (!isEnding) await begin();
}

async function close(withinMs: number): Promise<void> {
  const ending = deliveries;
  deliveries = [];
  await Promise.allSettled(ending.map((delivery) => delivery.stop(withinMs)));
  database?.close();
  database = null;
}

async function end(withinMs: number): Promise<void> {
  isEnding = true;
  clearTimeout(timer);
  await close(withinMs);
  process.exit();
}
