import { join } from 'node:path';
import type { LifeSettings } from '../core/ports.ts';
import type { Config } from './load.ts';

/** What the configuration says of how long things are kept, and where those are that the database does not hold. */
export function lifeOf({ retention, session_log: sessions, log_dir: logDir }: Config): LifeSettings {
  return {
    retention: {
      bodiesMaxAgeDays: retention.bodies_max_age_days,
      bodiesMaxTotalBytes: retention.bodies_max_total_bytes,
      recordsMaxAgeDays: retention.records_max_age_days,
      recordsMaxTotalBytes: retention.records_max_total_bytes,
    },
    sessionFolder: sessions.dir ?? join(logDir, 'sessions'),
  };
}
