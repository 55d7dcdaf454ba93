/** `GET /api/calls/:id/export`: one call as a file of another program, or as something to run. Formats: docs/api.md. */
import type { Hono } from 'hono';
import { AppError } from '../core/errors.ts';
import { clean } from '../interchange/clean.ts';
import { FORMATS, type FormatName } from '../interchange/formats.ts';
import { CODE_LANGUAGES, type CodeLanguage, requestCode } from '../interchange/request-code.ts';
import type { ProviderRegistry } from '../providers/registry.ts';
import { refuse } from './access.ts';
import { NOT_STORED } from './bodies.ts';
import type { Calls } from './calls.ts';
import { refuseCall, storedExchange } from './conversation-routes.ts';

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

function formatOf(text = ''): FormatName | CodeLanguage {
  const known = [...FORMATS, ...CODE_LANGUAGES];
  const format = known.find((name) => name === text);
  if (format === undefined) throw new AppError('config_invalid', `format must be one of ${known.join(', ')}`);
  return format;
}

function isLanguage(format: FormatName | CodeLanguage): format is CodeLanguage {
  return CODE_LANGUAGES.some((language) => language === format);
}
