/** `GET /api/calls/:id/export`: one call as a file of another program, or as something to run; `POST /api/calls/export`: some as one file. Formats: docs/api.md. */
import type { Hono } from 'hono';
import { AppError } from '../core/errors.ts';
import type { StoredExchange } from '../core/transfer.ts';
import { clean } from '../interchange/clean.ts';
import { FORMATS, type FormatName } from '../interchange/formats.ts';
import { CODE_LANGUAGES, type CodeLanguage, requestCode } from '../interchange/request-code.ts';
import type { ProviderRegistry } from '../providers/registry.ts';
import { refuse } from './access.ts';
import { NOT_STORED } from './bodies.ts';
import type { Calls } from './calls.ts';
import { refuseCall, storedExchange } from './conversation-routes.ts';
import { exportStream } from './export-stream.ts';

export interface ExportDeps {
  calls: Pick<Calls, 'ask'>;
  version: string;
  directory: () => Promise<ProviderRegistry>;
}

const ENDINGS: Readonly<Record<FormatName | CodeLanguage, string>> = {
  jsonl: 'jsonl',
  har: 'har',
  csv: 'csv',
  parquet: 'parquet',
  'openai-jsonl': 'jsonl',
  sharegpt: 'jsonl',
  'otlp-json': 'json',
  html: 'html',
  curl: 'sh',
  python: 'py',
  typescript: 'ts',
};

export function exportRoutes(app: Hono, { calls, version, directory }: ExportDeps): void {
  app.get('/api/calls/:id/export', async (context) => {
    const format = formatOf(context.req.query('format'));
    const found = calls.ask((database) => storedExchange(database, context.req.param('id')));
    if (typeof found === 'string') return refuseCall(context, found);
    const exchange = clean(found);
    if (isLanguage(format)) {
      const code = requestCode(exchange, format);
      return code === null ? refuse(context, 404, 'not_stored', NOT_STORED) : context.text(code);
    }
    // With its libraries only when somebody exports: it would be a fifth of what this thread loads at the start.
    const { createFormatter } = await import('../interchange/create-formatter.ts');
    const formatter = createFormatter(format, {
      version,
      bodies: true,
      formulaSafe: true,
      directory: await directory(),
    });
    const pieces = [formatter.start(), await formatter.call(exchange), formatter.end()];
    if (pieces[1] === null)
      return refuse(
        context,
        404,
        'no_place',
        `this call has no place in ${format}: it is no conversation with an answer`,
      );
    const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece ?? '')));
    return context.body(Uint8Array.from(bytes), 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${exchange.record.id.replaceAll(/\W/g, '_')}.${ENDINGS[format]}"`,
    });
  });
}

/** What is asked for is too long for an address. It changes nothing. */
export const EXPORT_PATH = '/api/calls/export';

/** In the order of `ids`. */
export function selectionExportRoutes(app: Hono, { calls, version, directory }: ExportDeps): void {
  app.post(EXPORT_PATH, async (context) => {
    const { format, ids } = selectionOf(await context.req.json().catch(() => null));
    const missing = calls.ask((database) => database.prepare(FIRST_MISSING).get(JSON.stringify(ids)));
    if (missing !== undefined) return refuse(context, 404, 'not_found', `there is no call ${String(missing['id'])}`);
    const { createFormatter } = await import('../interchange/create-formatter.ts');
    const options = { version, bodies: true, formulaSafe: true, directory: await directory() };
    return context.body(exportStream(createFormatter(format, options), selected(calls, ids)), 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="calls.${ENDINGS[format]}"`,
    });
  });
}

const FIRST_MISSING = 'SELECT value AS id FROM json_each(?) WHERE value NOT IN (SELECT id FROM llm_calls) LIMIT 1';

/** @throws when one of them was deleted since it was asked for: the file would seem to be whole */
function* selected(calls: ExportDeps['calls'], ids: readonly string[]): Generator<StoredExchange> {
  for (const id of ids) {
    const found = calls.ask((database) => storedExchange(database, id));
    if (typeof found === 'string') throw new AppError('store_unusable', `the call ${id} is not there any more`);
    yield clean(found);
  }
}

interface SelectionQuestion {
  format: 'jsonl' | 'har';
  ids: string[];
}

/** Throws AppError `config_invalid`. */
function selectionOf(given: unknown): SelectionQuestion {
  const asked: { format?: unknown; ids?: unknown } = typeof given === 'object' && given !== null ? given : {};
  const { format, ids } = asked;
  if (format !== 'jsonl' && format !== 'har') throw new AppError('config_invalid', 'format must be jsonl or har');
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id): id is string => typeof id === 'string'))
    throw new AppError('config_invalid', 'ids must be a list of ids of calls');
  return { format, ids };
}

function formatOf(text = ''): FormatName | CodeLanguage {
  const known = [...FORMATS, ...CODE_LANGUAGES];
  const format = known.find((name) => name === text);
  if (format === undefined) throw new AppError('config_invalid', `format must be one of ${known.join(', ')}`);
  return format;
}

function isLanguage(format: FormatName | CodeLanguage): format is CodeLanguage {
  return CODE_LANGUAGES.some((language) => language === format);
}
