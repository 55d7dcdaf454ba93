import type { PurgeSlice } from './ports.ts';

/** Of which nothing was done yet. */
export function emptyPurge(): PurgeSlice {
  return {
    calls: 0,
    log_sections: 0,
    session_entries: 0,
    log_sections_missing: 0,
    backups: 0,
    left: [],
    next_cursor: null,
  };
}
