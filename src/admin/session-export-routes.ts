/** `GET /api/sessions/:id/export`: a session, and all below it, as a file. Formats: docs/export.md. */
import type { Hono } from 'hono';
import { AppError } from '../core/errors.ts';
import type { MeterDirectory } from '../interchange/answer-of.ts';
import { storedExchanges } from '../interchange/stored-exchanges.ts';
import { messageReader } from '../interchange/stored-messages.ts';
import type { StoredExchange } from '../core/transfer.ts';
import type { Database } from '../store/driver.ts';
import { exportStream } from './export-stream.ts';
import { refuseSession, treeOf } from './outline-routes.ts';

export interface SessionExportDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
  directory: () => Promise<MeterDirectory>;
  version: string;
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
  har: 'application/json; charset=utf-8',
} as const;

export function sessionExportRoutes(app: Hono, { calls, directory, version }: SessionExportDeps): void {
  app.get('/api/sessions/:id/export', async (context) => {
    const format = formatOf(context.req.query('format'));
    const tree = calls.ask((database) => treeOf(database, context.req.param('id')));
    if (typeof tree === 'string' || tree === null) return refuseSession(context, tree);
    const [session] = tree;
    // With its libraries only when somebody exports: it would be a fifth of what this thread loads at the start.
    const { createFormatter } = await import('../interchange/create-formatter.ts');
    const formatter = createFormatter(format, {
      version,
      bodies: true,
      formulaSafe: false,
      directory: await directory(),
      title: session?.title ?? null,
    });
    const ids = JSON.stringify(tree.map(({ id }) => id));
    const exchanges = calls.ask((database) => exchangesOf(database, ids));
    const name = `session-${(session?.id ?? '').replaceAll(/\W/g, '_')}.${format}`;
    return context.body(exportStream(formatter, exchanges), 200, {
      'content-type': TYPES[format],
      // A file, not a page of this origin, whatever it holds.
      'content-disposition': `attachment; filename="${name}"`,
    });
  });
}

function exchangesOf(database: Database, sessions: string): Generator<StoredExchange> {
  const own = { sql: 'session_key IN (SELECT value FROM json_each(?))', values: [sessions] };
  const condition = { ...own, narrow: own, isOfProvider: false };
  const messages = messageReader(database, () => {});
  return storedExchanges(database, { conditions: [condition] }, messages);
}

/** Throws AppError `config_invalid`. */
function formatOf(given: string | undefined): keyof typeof TYPES {
  const format = given === undefined || given === '' ? 'html' : given;
  if (format !== 'html' && format !== 'jsonl' && format !== 'har')
    throw new AppError('config_invalid', 'format must be html, jsonl or har');
  return format;
}
