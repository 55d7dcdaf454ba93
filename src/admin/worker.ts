/** Composition root of the reader thread: the admin port and read-only questions to the store. */
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { serve } from '@hono/node-server';
import { systemClock } from '../core/clock.ts';
import { AppError, messageOf } from '../core/errors.ts';
import type { LiveMessage, NetControl, RecorderService } from '../core/ports.ts';
import { connectRpc, type Remote } from '../core/rpc.ts';
import { loadRegistry, type ProviderRegistry } from '../providers/registry.ts';
import { Calls } from './calls.ts';
import { DashboardFiles } from './dashboard-files.ts';
import { Live } from './live.ts';
import { send } from './replay.ts';
import { Search } from './search.ts';
import { SearchLoop } from './search-loop.ts';
import { createAdminApp } from './server.ts';
import type { AdminThreadData, AdminThreadMessage, ToAdminThread } from './thread-messages.ts';

const data = workerData as AdminThreadData;

function tell(message: AdminThreadMessage): void {
  parentPort?.postMessage(message, []);
}

// closeRun may wait for connections of the run for 5 s, stop for live calls for 30 s.
const net = connectRpc<NetControl>(data.net, 40_000);
let recorder: Remote<RecorderService> | null = null;
const tracing = { enabled: true };
const live = new Live((on) => void recorder?.watch(on).catch(() => {}), systemClock.wall());

parentPort?.on('message', (message: ToAdminThread) => {
  if ('stop' in message) end();
  else follow(message.recorder);
});

function follow(port: MessagePort): void {
  const service = connectRpc<RecorderService>(port);
  recorder = service;
  if (live.read) void service.watch(true).catch(() => {});
  // A recorder that was started again does not know what the one before it was told.
  if (!tracing.enabled) void service.tracing(false).catch(() => {});
  port.on('close', () => {
    if (recorder === service) recorder = null;
    live.forgetRunning();
  });
  port.on('message', (message: LiveMessage | { reply: number }) => {
    if ('live' in message) live.push(message.live);
    else if ('running' in message) live.follow(message.running);
  });
}

/** Between two calls into SQLite. */
function end(): void {
  indexing.stop();
  calls.close();
  process.exit();
}

/** The recorder thread of the moment: it is started again after a crash. */
function currentRecorder(): Remote<RecorderService> {
  if (recorder === null) throw new AppError('not_running', 'the recorder is starting; ask again in a second');
  return recorder;
}

let registry: Promise<ProviderRegistry> | null = null;

/** The first conversation that somebody looks at pays for it. */
function directory(): Promise<ProviderRegistry> {
  registry ??= loadRegistry({ localServers: data.localServers, own: data.ownProviders });
  return registry;
}

const search = new Search({ db: data.db });
const indexing = new SearchLoop(search);
const calls = new Calls(data.db, search);
const app = createAdminApp({
  access: { token: data.token, host: data.host, allowedHosts: data.allowedHosts },
  version: data.version,
  clock: systemClock,
  house: data,
  dashboard: new DashboardFiles(fileURLToPath(new URL('../dashboard', import.meta.url))),
  caFile: data.caFile,
  calls,
  directory,
  live,
  tracing,
  search,
  indexing,
  bedrockRegion: data.bedrockRegion,
  recorder: currentRecorder,
  net,
  send,
});
const server = serve({ fetch: app.fetch, hostname: data.host, port: data.port }, (address: AddressInfo) =>
  tell({ port: address.port }),
);
server.once('error', (error: NodeJS.ErrnoException) => {
  tell({ error: messageOf(error), code: error.code ?? null });
  end();
});
indexing.start();
