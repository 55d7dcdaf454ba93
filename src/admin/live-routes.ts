/** `GET /api/live`, `/api/in-flight`. Formats: docs/api.md. */
import type { Hono } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import type { Live, LiveEvent } from './live.ts';

export interface LiveDeps {
  live: Pick<Live, 'subscribe' | 'last'>;
  /** Throws AppError `not_running` while the recorder thread is started again. */
  recorder: () => Pick<Remote<RecorderService>, 'running'>;
  readOnly?: boolean;
}

/** A reader that does not read is cut off; it comes back with the id of what it saw last. */
const MAX_UNREAD_EVENTS = 1000;
/** Progress is worth nothing when the next is on its way: a slow reader gets less of it. */
const MAX_UNREAD_PROGRESS = 50;
/** Shorter than the patience of proxies in between. */
const HEARTBEAT_MS = 15_000;

export function liveRoutes(app: Hono, { live, recorder, readOnly = false }: LiveDeps): void {
  app.get('/api/live', (context) => {
    const lastId = Number.parseInt(context.req.header('last-event-id') ?? '', 10);
    return streamSSE(context, (stream) => sendLive(stream, live, Number.isNaN(lastId) ? null : lastId));
  });
  app.get('/api/in-flight', async (context) => context.json({ calls: readOnly ? [] : await recorder().running() }));
}

async function sendLive(stream: SSEStreamingApi, live: LiveDeps['live'], lastId: number | null): Promise<void> {
  let unread = 0;
  const ended = new Promise<void>((resolve) => stream.onAbort(resolve));
  const send = (text: string): void => {
    unread += 1;
    if (unread > MAX_UNREAD_EVENTS) {
      stream.abort();
      return;
    }
    void stream.write(text).then(() => (unread -= 1));
  };
  const leave = live.subscribe(lastId, (event) => {
    if (event.event !== 'progress' || unread <= MAX_UNREAD_PROGRESS) send(textOf(event));
  });
  const heartbeat = setInterval(() => send(': alive\n\n'), HEARTBEAT_MS).unref();
  // So that a reader that no call was told of yet can say where it was, too, when it comes back.
  send(lastId === null ? `id: ${live.last}\n\n` : ': llm-proxy\n\n');
  await ended;
  clearInterval(heartbeat);
  leave();
}

function textOf(event: LiveEvent): string {
  const id = event.event === 'call' ? `id: ${event.id}\n` : '';
  return `event: ${event.event}\n${id}data: ${JSON.stringify(event.data)}\n\n`;
}
