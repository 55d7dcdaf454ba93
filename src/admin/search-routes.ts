import type { Hono } from 'hono';
import { askOf } from './calls.ts';
import type { Search } from './search.ts';

/** `GET /api/search`: where words stand in the traffic, newest call first (docs/search.md). */
export function searchRoutes(app: Hono, { search }: { search: Pick<Search, 'find'> }): void {
  app.get('/api/search', (context) => context.json(search.find(askOf(context.req.query()))));
}
