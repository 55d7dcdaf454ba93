/** Where prices are kept between runs: the user's own file and a newer table. Each is read whole and replaced whole. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { anyText, table } from '../core/checks.ts';
import { makeFolder } from '../core/make-folder.ts';
import { check, type OwnFile, overridesOf, parseFile, parseOwnFile, parseTable } from './own-prices.ts';
import { PriceTable } from './price-table.ts';
import type { PriceOverrides } from './prices.ts';

export interface PricePaths {
  /** The user's own prices. */
  overrides: string;
  /** A newer table than the one that comes with this version; stored by `prices update`. */
  table: string;
}

const storedTable = table(
  { date: anyText, source: anyText, providers: () => {} },
  ['date', 'source', 'providers'],
  true,
);

/** What is kept of a newer table. */
interface Stored {
  /** Day of the data (YYYY-MM-DD): when the file that was given had been written. */
  date: string;
  /** The file that was given, as it was typed. */
  source: string;
  providers: unknown;
}

export interface StoredTable {
  table: PriceTable;
  source: string;
}

/** Null = there is no such file. Throws AppError `config_invalid`. */
export function readOwnFile(path: string): OwnFile | null {
  const found = readText(path);
  return found === null ? null : parseOwnFile(found, path);
}

/** Null = there is no such file. Throws AppError `config_invalid`. */
export function readOverrides(path: string): PriceOverrides | null {
  const file = readOwnFile(path);
  return file === null ? null : overridesOf(file, dayOf(statSync(path).mtimeMs));
}

export function writeOwnFile(path: string, file: OwnFile): void {
  const filled = Object.fromEntries(
    Object.entries(file).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
  writeWhole(path, `${JSON.stringify(filled, null, 2)}\n`);
}

/** Null = there is no such file. Throws AppError `config_invalid`. */
export function readStoredTable(path: string): StoredTable | null {
  const found = readText(path);
  if (found === null) return null;
  const stored = parseFile(found, path);
  check(storedTable, stored, path);
  const { date, source, providers } = stored as Stored;
  return { table: new PriceTable(parseTable(providers, path), 'genai-prices', date), source };
}

/**
 * Checks a data.json of genai-prices and keeps it. Throws AppError `config_invalid` when it is none.
 * @param file as typed
 */
export function storeTable(file: string, path: string): StoredTable {
  const found = readText(file);
  if (found === null) throw new AppError('config_invalid', `there is no file ${file}`);
  const value = parseFile(found, file);
  const date = dayOf(statSync(file).mtimeMs);
  const table = new PriceTable(parseTable(value, file), 'genai-prices', date);
  writeWhole(path, JSON.stringify({ date, source: file, providers: value }));
  return { table, source: file };
}

/** Changes when the file does; null = there is none. */
export function versionOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.mtimeMs} ${found.size} ${found.ino}`;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new AppError('config_invalid', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

function writeWhole(path: string, content: string): void {
  makeFolder(dirname(path), 0o700);
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
