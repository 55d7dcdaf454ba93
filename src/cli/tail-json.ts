/** `tail --json`: a line of JSON for each call that ends, as the records of `calls --json`; behind the last ones. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import type { CallRecord } from '../core/capture.ts';
import { escapeText } from '../sinks/escape.ts';
import type { DaemonInfo } from './daemon-files.ts';
import { accepted, askOrRead, running, withCalls } from './read.ts';
import { tokenOf } from './run-api.ts';

export interface TailJsonArguments {
  home: string | null;
  /** Null = all. */
  provider: string | null;
  /** Until a daemon whose stream has ended is asked again. */
  againMs?: number;
}

/** Calls to begin with. */
const FIRST = 10;
const AGAIN_MS = 500;

/** Runs until it is interrupted or the daemon ends; at once where none runs. */
export async function tailJsonMain({ home, provider, againMs = AGAIN_MS }: TailJsonArguments): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // The reader of a pipe has left.
  process.stdout.once('error', () => stop.abort());
  const shown = new Set<string>();
  const show = (call: CallRecord): void => {
    if (shown.has(call.id) || (provider !== null && call.provider !== provider)) return;
    process.stdout.write(`${escapeText(JSON.stringify(call))}\n`);
  };
  const daemon = await running(home);
  let lastId =
    daemon === null ? null : await follow(daemon, null, show, stop.signal, () => showLast(home, provider, show, shown));
  if (daemon === null) await showLast(home, provider, show, shown);
  while (lastId !== null && !stop.signal.aborted) {
    await delay(againMs);
    const again = await running(home);
    lastId = again === null ? null : await follow(again, lastId, show, stop.signal, async () => {});
  }
  return 0;
}

/** Told once: those that end meanwhile come again with the stream. */
async function showLast(
  home: string | null,
  provider: string | null,
  show: (call: CallRecord) => void,
  shown: Set<string>,
): Promise<void> {
  const query = { limit: String(FIRST), ...(provider === null ? {} : { provider }) };
  const page = accepted(
    await askOrRead(home, '/api/calls', query, (db) => withCalls(db, (calls) => calls.list(query))),
  );
  for (const call of page.calls.toReversed()) {
    show(call);
    shown.add(call.id);
  }
}

/** Resolves when the stream has ended, with the id of its last event. @param begun called once it has begun */
async function follow(
  daemon: DaemonInfo,
  lastId: string | null,
  show: (call: CallRecord) => void,
  signal: AbortSignal,
  begun: () => Promise<void>,
): Promise<string> {
  let last = lastId ?? '';
  const waiting: CallRecord[] = [];
  let isOpen = false;
  const parser = createParser({
    onEvent: ({ event, id, data }) => {
      last = id ?? last;
      if (event !== 'call') return;
      const call = JSON.parse(data) as CallRecord;
      if (isOpen) show(call);
      else waiting.push(call);
    },
  });
  try {
    const answer = await answerOf(asked(daemon, lastId, signal));
    const ended = read(answer, (text) => parser.feed(text));
    await begun();
    isOpen = true;
    for (const call of waiting) show(call);
    await ended;
  } catch {
    // It is asked again, if it is there.
  }
  return last;
}

function asked(daemon: DaemonInfo, lastId: string | null, signal: AbortSignal): ClientRequest {
  const token = tokenOf(daemon);
  const headers = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(lastId === null || lastId === '' ? {} : { 'last-event-id': lastId }),
  };
  // No agent: it must go directly even where the environment names a proxy.
  return request(new URL('/api/live', daemon.admin_url), { headers, agent: false, signal });
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function read(answer: IncomingMessage, take: (text: string) => void): Promise<void> {
  answer.setEncoding('utf8');
  for await (const text of answer) take(String(text));
}
