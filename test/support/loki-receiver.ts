/** A receiver of Loki's push API that refuses what Loki 3 refuses with its default limits, in its words. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface TakenEntry {
  labels: Record<string, string>;
  /** Nanoseconds. */
  time: bigint;
  line: string;
}

export interface LokiReceiver {
  url: string;
  /** What is stored: each entry once, however often it came. */
  entries: TakenEntry[];
  /** Of the pushes that were answered, in order. */
  statuses: number[];
  /** Headers of the pushes. */
  requests: IncomingMessage['headers'][];
  /** Bytes of the lines of each push. */
  sizes: number[];
  /** The next pushes are answered so, and nothing is taken. */
  fail(...answers: { status: number; body?: string; headers?: Record<string, string> }[]): void;
  /** So many pushes are taken before those. */
  pass(pushes: number): void;
  close(): Promise<void>;
}

export interface LokiLimits {
  /** Nanoseconds; entries before it are too old. */
  oldest?: bigint;
}

const MAX_LINE = 256 * 1024;
const MAX_LABELS = 15;
const MAX_LABEL_VALUE = 2048;
const GRPC_MESSAGE = 4 * 1024 * 1024;
/** Half of `max_chunk_age`: how far an entry may be behind the newest of its stream. */
const BEHIND = 3600n * 1_000_000_000n;

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startLokiReceiver(limits: LokiLimits = {}): Promise<LokiReceiver> {
  const store = new Map<string, TakenEntry>();
  const newest = new Map<string, bigint>();
  const planned: ({ status: number; body?: string; headers?: Record<string, string> } | null)[] = [];
  const receiver = { entries: [], statuses: [], requests: [], sizes: [] } as unknown as LokiReceiver;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const answer = (status: number, body = '', headers = {}): void => {
        receiver.statuses.push(status);
        response.writeHead(status, headers).end(body);
      };
      receiver.requests.push(request.headers);
      const plan = planned.shift();
      if (plan != null) return answer(plan.status, plan.body, plan.headers);
      try {
        take(request, Buffer.concat(pieces));
        answer(204);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        answer(error.status, `${error.message}\n`);
      }
    });
  });

  function take(request: IncomingMessage, body: Buffer): void {
    if (request.method !== 'POST' || request.url !== '/loki/api/v1/push') throw new Refusal(404, '404 page not found');
    if (request.headers['content-type'] !== 'application/json') {
      throw new Refusal(400, 'error at snappy decode: snappy: corrupt input');
    }
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const streams = streamsOf(JSON.parse(text.toString('utf8')));
    const size = streams.flat().reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
    receiver.sizes.push(size);
    if (size > GRPC_MESSAGE) throw new Refusal(500, 'grpc: received message larger than max');
    // The good ones are taken, and the first complaint is the answer.
    let complaint: Refusal | null = null;
    for (const entry of streams.flat()) complaint = takeEntry(entry) ?? complaint;
    if (complaint !== null) throw complaint;
  }

  function takeEntry(entry: TakenEntry): Refusal | null {
    const { labels, time, line } = entry;
    const stream = keyOf(labels);
    if (Buffer.byteLength(line) > MAX_LINE) {
      return new Refusal(400, `max entry size '${MAX_LINE}' bytes exceeded for stream '${stream}'`);
    }
    if (time < (limits.oldest ?? 0n)) return new Refusal(400, `entry for stream '${stream}' has timestamp too old`);
    const last = newest.get(stream) ?? time;
    if (time < last - BEHIND) return new Refusal(400, `entry with timestamp ignored, reason: 'entry too far behind'`);
    newest.set(stream, time > last ? time : last);
    store.set(`${stream} ${time} ${line}`, entry);
    receiver.entries = [...store.values()];
    return null;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  receiver.fail = (...answers) => void planned.push(...answers);
  receiver.pass = (pushes) => void planned.push(...Array.from({ length: pushes }, () => null));
  receiver.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return receiver;
}

function streamsOf(push: unknown): TakenEntry[][] {
  const { streams, ...rest } = push as { streams: { stream: Record<string, string>; values: unknown[] }[] };
  if (!Array.isArray(streams) || Object.keys(rest).length > 0) throw new Refusal(400, 'loghttp.PushRequest: unknown');
  const seen = new Set<string>();
  return streams.map(({ stream, values, ...more }) => {
    const labels = Object.entries(stream);
    const key = keyOf(stream);
    // Loki would take these; a client that sends them has not sorted its streams.
    if (seen.has(key)) throw new Refusal(400, `stream ${key} twice`);
    seen.add(key);
    if (Object.keys(more).length > 0 || labels.length === 0)
      throw new Refusal(400, 'at least one label pair is required');
    if (labels.length > MAX_LABELS)
      throw new Refusal(400, `entry for stream '${key}' has ${labels.length} label names`);
    for (const [name, value] of labels) checkLabel(name, value);
    const entries = values.map((value) => entryOf(stream, value));
    if (entries.some(({ time }, index) => index > 0 && time <= (entries[index - 1]?.time ?? 0n))) {
      throw new Refusal(400, `stream ${key} is not in order, or has a time twice`);
    }
    return entries;
  });
}

function keyOf(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => JSON.stringify([name, value]));
  return pairs.toSorted((one, other) => (one < other ? -1 : 1)).join();
}

function checkLabel(name: string, value: unknown): void {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) throw new Refusal(400, `label name ${name} is invalid`);
  if (typeof value !== 'string' || value === '') throw new Refusal(400, `label ${name} is no text`);
  if (Buffer.byteLength(value) > MAX_LABEL_VALUE) throw new Refusal(400, `label ${name} has a value that is too long`);
}

function entryOf(labels: Record<string, string>, value: unknown): TakenEntry {
  if (!Array.isArray(value) || value.length !== 2) throw new Refusal(400, 'Value is array of two');
  const [time, line] = value as unknown[];
  // A number loses its last digits, and Loki refuses it.
  if (typeof time !== 'string' || !/^\d{19}$/.test(time))
    throw new Refusal(400, 'Value looks like Number/Boolean/None');
  if (typeof line !== 'string') throw new Refusal(400, 'Value is not string');
  return { labels, time: BigInt(time), line };
}
