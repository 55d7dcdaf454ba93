import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDatabase } from '../../src/store/driver.ts';
import { migrate } from '../../src/store/migrations.ts';

let empty: Buffer | null = null;

/** A database of the newest schema without calls. Copied: to migrate a new one takes ten times as long. */
export function putEmptyDatabase(path: string): void {
  empty ??= migrated();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, empty);
}

function migrated(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-empty-'));
  const file = join(folder, 'empty.db');
  const database = openDatabase(file);
  migrate(database);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const bytes = readFileSync(file);
  rmSync(folder, { recursive: true });
  return bytes;
}
