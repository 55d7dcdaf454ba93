import { AppError } from '../core/errors.ts';
import type { Database } from './driver.ts';
import { calls } from './migrations/0001-calls.ts';
import { estimates } from './migrations/0002-estimates.ts';
import { priceFacts } from './migrations/0003-price-facts.ts';
import { callNumbers } from './migrations/0004-call-numbers.ts';
import { hourly } from './migrations/0005-hourly.ts';
import { pins } from './migrations/0006-pins.ts';
import { blocks } from './migrations/0007-blocks.ts';
import { searchRemovals } from './migrations/0008-search-removals.ts';
import { liveCalls } from './migrations/0009-live-calls.ts';
import { sessions } from './migrations/0010-sessions.ts';
import { pageIndexes } from './migrations/0011-page-indexes.ts';
import { traceDescriptions } from './migrations/0012-trace-descriptions.ts';
import { sessionTips } from './migrations/0013-session-tips.ts';
import { prunedBodies } from './migrations/0014-pruned-bodies.ts';
import { steering } from './migrations/0015-steering.ts';
import { dearCalls } from './migrations/0016-dear-calls.ts';
import { daily } from './migrations/0017-daily.ts';
import { bodySpace } from './migrations/0018-body-space.ts';
import { callFacets } from './migrations/0019-call-facets.ts';
import { antonBodies } from './migrations/0020-anton-bodies.ts';
import { inTransaction } from './transaction.ts';
import { unpricedFacet } from './migrations/0021-unpriced-facet.ts';
import { cachedImages } from './migrations/0022-cached-images.ts';

/** The place in this list + 1 is the `user_version` that a migration leads to. */
export const MIGRATIONS: readonly string[] = [
  calls,
  estimates,
  priceFacts,
  callNumbers,
  hourly,
  pins,
  blocks,
  searchRemovals,
  liveCalls,
  sessions,
  pageIndexes,
  traceDescriptions,
  sessionTips,
  prunedBodies,
  steering,
  dearCalls,
  daily,
  bodySpace,
  callFacets,
  antonBodies,
  unpricedFacet,
  cachedImages,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings a database to SCHEMA_VERSION, each step in one transaction; two daemons at once do each step once.
 * @param before called with the version of a database that has data and is to be changed; what it throws prevents that
 * @throws AppError `store_newer` when a newer llm-proxy has written it
 */
export function migrate(database: Database, before: (version: number) => void = () => {}): void {
  const found = versionOf(database);
  if (found > 0 && found < SCHEMA_VERSION) before(found);
  for (;;) {
    if (versionOf(database) === SCHEMA_VERSION) return;
    inTransaction(database, () => {
      const version = versionOf(database);
      if (version > SCHEMA_VERSION) throw newer(version);
      const migration = MIGRATIONS[version];
      if (migration !== undefined) database.exec(`${migration}; PRAGMA user_version = ${version + 1}`);
    });
  }
}

/** For readers, who may not migrate. @throws AppError `store_unusable`, `store_newer` */
export function requireSchema(database: Database): void {
  const version = versionOf(database);
  if (version > SCHEMA_VERSION) throw newer(version);
  if (version < SCHEMA_VERSION) {
    throw new AppError(
      'store_unusable',
      `the database is of an earlier llm-proxy (schema ${version}, this version needs ${SCHEMA_VERSION}): start llm-proxy once`,
    );
  }
}

function newer(version: number): AppError {
  const message = `the database was written by a newer llm-proxy (schema ${version}, this version knows ${SCHEMA_VERSION}): update llm-proxy or use another --db`;
  return new AppError('store_newer', message);
}

function versionOf(database: Database): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}
