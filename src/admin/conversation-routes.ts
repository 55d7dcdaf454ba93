/** `GET /api/calls/:id/conversation`, `.../media/:n`: a call as people read it. Formats: docs/api.md. */
import type { Context, Hono } from 'hono';
import { AppError } from '../core/errors.ts';
import type { MeterDirectory } from '../interchange/answer-of.ts';
import { pictureType } from '../interchange/conversation/picture-type.ts';
import { messageReader } from '../interchange/stored-messages.ts';
import type { Database } from '../store/driver.ts';
import type { Side } from '../store/blocks/call-bodies.ts';
import { type Pruned, prunedPart } from '../store/pruned.ts';
import { getCall } from '../store/queries.ts';
import { refuse } from './access.ts';
import { NOT_STORED } from './bodies.ts';
import { conversationAnswer, type FoundExchange, mediaNumber } from './conversation.ts';

export interface ConversationDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
  /** Who speaks which dialect; loaded when it is first asked for. */
  directory: () => Promise<MeterDirectory>;
}

/** Of one text: more is shown when somebody asks for it. */
const MAX_CHARS = 100_000;
/** It may run nothing and belongs to no origin, should anybody open it by itself. */
const PICTURE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

export function conversationRoutes(app: Hono, { calls, directory }: ConversationDeps): void {
  app.get('/api/calls/:id/conversation', async (context) => {
    const { from, to, max, past } = context.req.query();
    const most = unlimited(countOf('max', max, MAX_CHARS));
    const ask = {
      from: from === 'new' ? ('new' as const) : countOf('from', from, 0),
      to: countOf('to', to, Number.MAX_SAFE_INTEGER),
      maxChars: most,
      pastChars: Math.min(most, past === undefined ? most : unlimited(countOf('past', past, 0))),
    };
    const found = calls.ask((database) => storedExchange(database, context.req.param('id')));
    if (typeof found === 'string') return refuseCall(context, found);
    return context.json(await conversationAnswer(found, await directory(), ask));
  });
  app.get('/api/calls/:id/media/:n', (context) => {
    const number = countOf('the number', context.req.param('n'), 0);
    const found = calls.ask((database) => storedExchange(database, context.req.param('id')));
    if (typeof found === 'string') return refuseCall(context, found);
    if (found.request?.body == null && found.response?.body == null)
      return refuse(context, 404, 'not_stored', NOT_STORED);
    const media = mediaNumber(found, number);
    if (media === null)
      return refuse(context, 404, 'not_found', 'there are not so many pictures and files in this call');
    const bytes = Uint8Array.from(Buffer.from(media.base64, 'base64'));
    const type = pictureType(bytes);
    const name = `attachment; filename="${context.req.param('id').replaceAll(/\W/g, '_')}-${number}"`;
    return context.body(bytes, 200, {
      'content-type': type ?? 'application/octet-stream',
      'content-security-policy': PICTURE_POLICY,
      'cache-control': 'no-store',
      ...(type === null ? { 'content-disposition': name } : {}),
    });
  });
}

/** @param id of a call, or how it begins @throws when the file is damaged */
export function storedExchange(database: Database, id: string): FoundExchange | 'no_call' | 'ambiguous' {
  const call = getCall(database, id);
  if (call === null) return 'no_call';
  if (call === 'ambiguous') return 'ambiguous';
  const { record } = call;
  const seq = database.prepare('SELECT seq FROM llm_calls WHERE id = ?').get(record.id)?.['seq'];
  const read = messageReader(database, (error) => {
    throw error;
  });
  const messages = read(Number(seq));
  const prunedOf = (side: Side): Pruned | null =>
    messages[side]?.body == null ? prunedPart(database, Number(seq), side, 'body') : null;
  return { record, ...messages, pruned: { request: prunedOf('request'), response: prunedOf('response') } };
}

export function refuseCall(context: Context, why: 'no_call' | 'ambiguous'): Response {
  return why === 'ambiguous'
    ? refuse(context, 409, 'ambiguous', 'several calls begin so; give more of the id')
    : refuse(context, 404, 'not_found', 'there is no such call');
}

/** 0 = all. */
function unlimited(count: number): number {
  return count === 0 ? Infinity : count;
}

function countOf(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) throw new AppError('config_invalid', `${name} must be a whole number`);
  return count;
}
