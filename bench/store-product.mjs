// The parts of the product that are measured by themselves, as they are built.
import { join } from 'node:path';

const dist = join(import.meta.dirname, '..', 'dist');

export async function product() {
  const parts = await Promise.all(
    [
      'admin/calls.js',
      'admin/facet-routes.js',
      'admin/search.js',
      'admin/sessions.js',
      'core/counters.js',
      'sinks/sqlite.js',
      'store/blocks/cut.js',
      'store/call-writer.js',
      'store/days.js',
      'store/driver.js',
      'store/open.js',
      'store/queries.js',
      'store/search/index-file.js',
      'store/sessions.js',
    ].map((file) => import(join(dist, file))),
  );
  const { Hono } = await import('hono');
  return Object.assign({ Hono }, ...parts);
}
