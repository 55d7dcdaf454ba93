import type { Database } from './driver.ts';

/** All of it or nothing. @throws whatever `work` or SQLite says, e.g. that another program writes */
export function inTransaction<T>(database: Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // A full disk makes SQLite roll back by itself.
    }
    throw error;
  }
}
