/** What a file holds, told by what it begins with. */
import { parseJson } from '../../decoders/parse-json.ts';
import { isObject, objectAt } from '../../providers/families/json.ts';
import { looksLikeRecord } from './call-record.ts';
import { exchangeOfLine } from './call-lines.ts';
import { type Found, MAX_ENTRY, TOO_LONG } from './found.ts';
import { itemOfEntry } from './har.ts';
import { HarEntriesDecoder } from './har-entries.ts';
import { linesOf } from './lines.ts';
import { looksLikeSessionLog, SessionLog } from './session-log.ts';
import { messageOf } from '../../core/errors.ts';

/** Blanks and a byte order mark, then the object of an archive; lines begin with another member. */
const ARCHIVE = /^[\s\uFEFF]*\{\s*"log"\s*:\s*\{/;
const LEAD = 4096;

/** @param chunks of one file, not compressed. Rejects as reading does, never for what the file holds. */
export async function* readCalls(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Found> {
  const { lead, all } = await withLead(chunks);
  if (ARCHIVE.test(lead)) yield* entriesIn(all);
  else yield* linesIn(all);
}

/** The first bytes as a text, and all bytes all the same. */
async function withLead(chunks: AsyncIterable<Uint8Array>): Promise<{ lead: string; all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < LEAD) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    first.push(value);
    length += value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* first;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) yield step.value;
  }
  return { lead: Buffer.concat(first).toString('utf8', 0, LEAD), all: all() };
}

async function* linesIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Found> {
  const log = new SessionLog();
  for await (const { number, text } of linesOf(chunks, MAX_ENTRY)) {
    const place = `line ${number}`;
    if (text === null) yield { problem: TOO_LONG, place };
    else yield* foundIn(place, () => itemsOfLine(text, log));
  }
  yield* foundIn('end', () => log.end().map((exchange) => ({ kind: 'exchange', ...exchange })));
}

type Item = Extract<Found, { item: unknown }>['item'];

function itemsOfLine(text: string, log: SessionLog): Item[] {
  const line = parseJson(text.replace(/^\uFEFF/, ''));
  if (!isObject(line)) throw new Error('no JSON object');
  if (looksLikeSessionLog(line)) return log.line(line).map((exchange) => ({ kind: 'exchange', ...exchange }));
  if (looksLikeRecord(line)) return [{ kind: 'call', ...exchangeOfLine(line) }];
  throw new Error(objectAt(line, 'log') === null ? 'no call that is known here' : 'an archive must be one document');
}

async function* entriesIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Found> {
  const texts: (string | null)[] = [];
  const decoder = new HarEntriesDecoder({
    onMessage: (text) => texts.push(text),
    onOversized: () => texts.push(null),
    maxLength: MAX_ENTRY,
  });
  let number = 0;
  for await (const chunk of chunks) {
    decoder.push(chunk);
    for (const text of texts.splice(0)) {
      const place = `entry ${(number += 1)}`;
      if (text === null) yield { problem: TOO_LONG, place };
      else yield* foundIn(place, () => [itemOfEntry(objectOf(text))]);
    }
  }
  if (!decoder.found) yield { problem: 'an archive without log.entries', place: 'end' };
  else if (!decoder.closed) yield { problem: 'the archive is cut off here', place: `entry ${number + 1}` };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  const entry = parseJson(text);
  if (!isObject(entry)) throw new Error('no JSON object');
  return entry;
}

/** What cannot be read is told, and costs nothing else. */
function* foundIn(place: string, read: () => Item[]): Generator<Found> {
  try {
    for (const item of read()) yield { item, place };
  } catch (error) {
    yield { problem: messageOf(error), place };
  }
}
