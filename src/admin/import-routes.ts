import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import { refuse } from './access.ts';

/** Of one request; `import` sends many. A line may hold both bodies of a call, in base64. */
const MAX_BYTES = 128 * 1024 * 1024;

export interface ImportRouteDeps {
  /** Throws AppError `not_running` while the recorder thread is started again. */
  recorder: () => Pick<Remote<RecorderService>, 'import'>;
}

/** Its limit takes the place of the one that all others have. */
export const IMPORT_PATH = '/api/import';

/** Lines of our own jsonl, answered with what became of them. */
export function importRoutes(app: Hono, { recorder }: ImportRouteDeps): void {
  const limit = bodyLimit({
    maxSize: MAX_BYTES,
    onError: (context) => refuse(context, 413, 'too_large', 'the body is too large: send fewer lines at once'),
  });
  app.use(IMPORT_PATH, limit);
  app.post(IMPORT_PATH, async (context) =>
    context.json(await recorder().import(await context.req.text(), context.req.query('dry_run') === 'true')),
  );
}
