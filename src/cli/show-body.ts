/** `show ID --request|--response [--head]`: what a call sent or got, byte for byte. */
import { findPart, NOT_STORED, type Part, prunedText, undecodableText } from '../admin/bodies.ts';
import type { Calls } from '../admin/calls.ts';
import { AppError } from '../core/errors.ts';
import { escapeText } from '../sinks/escape.ts';
import type { Side } from '../store/blocks/call-bodies.ts';
import { databaseOf } from './home-config.ts';
import { noOneCall, NOT_FOUND, running, withCalls } from './read.ts';
import { askBytes } from './run-api.ts';

export interface ShowBodyArguments {
  home: string | null;
  id: string;
  side: Side;
  part: Part;
}

const ANSWER_MS = 30_000;

export async function showBodyMain({ home, id, side, part }: ShowBodyArguments): Promise<number> {
  const found = await partOf({ home, id, side, part });
  if (typeof found === 'string') {
    process.stderr.write(`llm-proxy: ${found}\n`);
    return NOT_FOUND;
  }
  // A terminal gets no escape sequences of strangers; a file or a program gets the bytes.
  if (process.stdout.isTTY) process.stdout.write(`${escapeText(Buffer.from(found.bytes).toString())}\n`);
  else process.stdout.write(found.bytes);
  if (found.masked) process.stderr.write('llm-proxy: secrets are masked in it; on the wire it was another\n');
  if (found.truncated) process.stderr.write('llm-proxy: this is not the whole body\n');
  return 0;
}

interface Shown {
  bytes: Uint8Array;
  masked: boolean;
  truncated: boolean;
}

/** A text says what is wrong. */
async function partOf({ home, id, side, part }: ShowBodyArguments): Promise<Shown | string> {
  const daemon = await running(home);
  if (daemon === null) return withCalls(databaseOf(home), (store) => fromStore(store, { home, id, side, part }));
  const path = `/api/calls/${encodeURIComponent(id)}/${side}?part=${part}`;
  const { status, bytes, headers } = await askBytes(daemon, path, ANSWER_MS, [404, 409, 410]);
  if (status === 200) return shown(bytes, headers);
  const { type, message } = errorIn(bytes);
  return type === 'not_found' || type === 'ambiguous' ? noOneCall(id, type === 'ambiguous' ? type : null) : message;
}

function fromStore(store: Calls, { id, side, part }: ShowBodyArguments): Shown | string {
  const found = store.ask((database) => findPart(database, id, side, part));
  if (found === 'not_stored') return NOT_STORED;
  if (typeof found === 'string') return noOneCall(id, found === 'ambiguous' ? found : null);
  if ('undecodable' in found) return undecodableText(found.undecodable);
  return 'pruned' in found ? prunedText(found.pruned) : shown(found.bytes, found.headers);
}

function shown(bytes: Uint8Array, headers: Readonly<Record<string, unknown>>): Shown {
  return {
    bytes,
    masked: headers['x-llm-proxy-masked'] === 'true',
    truncated: headers['x-llm-proxy-truncated'] === 'true',
  };
}

function errorIn(bytes: Uint8Array): { type: string; message: string } {
  const { error } = JSON.parse(Buffer.from(bytes).toString()) as { error: { type: string; message: string } };
  return error;
}

/** @throws AppError `config_invalid` for words that contradict each other */
export function sideOf(flags: { request: boolean; response: boolean; head: boolean; events: boolean }): {
  side: Side;
  part: Part;
} {
  if (flags.request === flags.response)
    throw new AppError('config_invalid', 'show --request or --response, one of them');
  if (flags.head && flags.events) throw new AppError('config_invalid', 'show --head or --events, one of them');
  return {
    side: flags.request ? 'request' : 'response',
    part: flags.head ? 'head' : flags.events ? 'events' : 'body',
  };
}
