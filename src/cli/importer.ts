/** Who takes imported calls into the store: there is one writer of totals at a time. */
import { MessageChannel } from 'node:worker_threads';
import { Counters } from '../core/counters.ts';
import { createLogger, type LogOptions } from '../core/log.ts';
import type { RecorderService } from '../core/ports.ts';
import { connectRpc } from '../core/rpc.ts';
import type { ImportOutcome } from '../core/transfer.ts';
import { SlabRecorder } from '../handover/slab-recorder.ts';
import { openDatabase } from '../store/driver.ts';
import type { DaemonInfo } from './daemon-files.ts';
import { configOf, answeringDaemon } from './home-config.ts';
import { makeHome } from './home-files.ts';
import { askDaemon } from './run-api.ts';

export interface Importer {
  /** @param lines of interchange/transfer-lines.ts. Rejects with AppError `not_running` when nobody answers */
  import(lines: string, dryRun: boolean): Promise<ImportOutcome>;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/** A batch is a second of work at most, but another program may hold the database meanwhile. */
const BATCH_MS = 60_000;
const PATIENT_MS = 5000;

/** The daemon of the home, whose totals follow at once; else a recorder of our own. */
export async function openImporter(home: string | null): Promise<Importer> {
  const daemon = await answeringDaemon(home, PATIENT_MS);
  return daemon === null ? ownImporter(home) : daemonImporter(daemon);
}

function daemonImporter(daemon: DaemonInfo): Importer {
  return {
    import: async (lines, dryRun) =>
      (await askDaemon(daemon, 'POST', `/api/import?dry_run=${dryRun}`, lines, BATCH_MS)) as ImportOutcome,
    close: () => Promise.resolve(),
  };
}

/** The thread of the daemon without the daemon: the same code, the same configuration, into the store alone. */
async function ownImporter(home: string | null): Promise<Importer> {
  const config = configOf(home);
  makeHome(config.home);
  // A recorder without its file keeps calls in memory, which here would be for nobody.
  openDatabase(config.db).close();
  const logOptions: LogOptions = { level: 'warn', pretty: false, fd: 2 };
  const log = createLogger(logOptions);
  const [{ recorderConfig }, { RecorderThread }] = await Promise.all([
    import('../recorder-config.ts'),
    import('../recorder/thread.ts'),
  ]);
  const all = recorderConfig({ config, logOptions });
  const net = new SlabRecorder({ counters: new Counters(), log });
  const thread = new RecorderThread({
    config: { ...all, sinks: { ...all.sinks, console: null, logFiles: null, sessionLog: null } },
    net,
    log,
    onReady: () => {},
  });
  await thread.start();
  const { port1, port2 } = new MessageChannel();
  thread.serve(port2);
  const recorder = connectRpc<RecorderService>(port1, BATCH_MS);
  return {
    import: (lines, dryRun) => recorder.import(lines, dryRun),
    close: async () => {
      await thread.stop();
      port1.close();
      await log.close();
    },
  };
}
