import type { Hono } from 'hono';
import type { Database } from '../store/driver.ts';
import { refuse } from './access.ts';
import { placeOfCall } from '../store/sessions.ts';
import { sessionList, sessionView } from './sessions.ts';

export interface SessionDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
}

/**
 * `GET /api/sessions` and `/api/sessions/:id`: conversations, sub-agents below those that sent them.
 * `GET /api/calls/:id/neighbours`: what came before and after a call in its own.
 */
export function sessionRoutes(app: Hono, { calls }: SessionDeps): void {
  app.get('/api/sessions', (context) =>
    context.json(calls.ask((database) => sessionList(database, context.req.query()))),
  );
  app.get('/api/sessions/:id', (context) => {
    const found = calls.ask((database) => sessionView(database, context.req.param('id'), context.req.query()));
    if (found === 'ambiguous')
      return refuse(context, 409, 'ambiguous', 'several sessions begin or are named so; give the whole id');
    return found === null ? refuse(context, 404, 'not_found', 'there is no such session') : context.json(found);
  });
  app.get('/api/calls/:id/neighbours', (context) => {
    const found = calls.ask((database) => placeOfCall(database, context.req.param('id')));
    return found === null
      ? refuse(context, 404, 'not_found', 'there is no such call, or it is in no session')
      : context.json(found);
  });
}
