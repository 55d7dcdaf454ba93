import type { Hono } from 'hono';
import { AppError } from '../core/errors.ts';
import type { Database } from '../store/driver.ts';
import { refuse } from './access.ts';
import { findPart, NOT_STORED, type Part, PARTS, prunedText, undecodableText } from './bodies.ts';

export interface BodyDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
}

/** `GET /api/calls/:id/request`, `.../response`: the bytes that were on the wire, but for masked secrets. */
export function bodyRoutes(app: Hono, { calls }: BodyDeps): void {
  for (const side of ['request', 'response'] as const) {
    app.get(`/api/calls/:id/${side}`, (context) => {
      const part = context.req.query('part') ?? 'body';
      if (!isPart(part)) throw new AppError('config_invalid', `part must be one of ${PARTS.join(', ')}`);
      const found = calls.ask((database) => findPart(database, context.req.param('id'), side, part));
      switch (found) {
        case 'no_call':
          return refuse(context, 404, 'not_found', 'there is no such call');
        case 'ambiguous':
          return refuse(context, 409, 'ambiguous', 'several calls begin so; give more of the id');
        case 'not_stored':
          return refuse(context, 404, 'not_stored', NOT_STORED);
        default:
          if ('undecodable' in found) return refuse(context, 404, 'undecodable', undecodableText(found.undecodable));
          if ('pruned' in found) return refuse(context, 410, 'pruned', prunedText(found.pruned));
          return context.body(Uint8Array.from(found.bytes).buffer, 200, found.headers);
      }
    });
  }
}

function isPart(text: string): text is Part {
  return PARTS.some((part) => part === text);
}
