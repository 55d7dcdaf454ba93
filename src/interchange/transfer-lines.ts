/** How items of an import travel: our jsonl for calls, a line of its own kind for what other programs saw. */
import type { ForeignExchange, ForeignMessage, ImportItem } from '../core/transfer.ts';
import { normaliseHost } from '../core/hosts.ts';
import { parseJson } from '../decoders/parse-json.ts';
import { isObject, numberAt, objectAt, stringAt, valueAt, type JsonObject } from '../providers/families/json.ts';
import { lineOf, pairsOf, textOrBase64 } from './jsonl.ts';
import { arrivalsOf, bodyOf, exchangeOfLine, headersOf } from './reading/call-lines.ts';
import { isTime } from './reading/members.ts';

/** One line, without its line feed. */
export function encodeItem(item: ImportItem): string {
  if (item.kind === 'call') return lineOf(item);
  const { kind: _, request, response, ...rest } = item;
  return JSON.stringify({
    exchange: {
      ...rest,
      request: encodeMessage(request),
      response: response === null ? null : encodeMessage(response),
    },
  });
}

function encodeMessage({ startLine, headers, body, pieces }: ForeignMessage): object {
  return { line: startLine, headers, ...textOrBase64(body), arrivals: pairsOf(pieces) };
}

/** @throws Error that says what is wrong with the line */
export function decodeItem(text: string): ImportItem {
  const line = parseJson(text);
  if (!isObject(line)) throw new Error('no JSON object');
  const exchange = objectAt(line, 'exchange');
  return exchange === null ? { kind: 'call', ...exchangeOfLine(line) } : { kind: 'exchange', ...exchangeOf(exchange) };
}

const OUTCOMES = ['complete', 'client_aborted', 'shutdown'] as const;

function exchangeOf(line: JsonObject): ForeignExchange {
  const startedAt = timeAt(line, 'startedAt');
  const outcome = OUTCOMES.find((name) => name === valueAt(line, 'outcome'));
  if (outcome === undefined || startedAt === null) throw new Error(`outcome must be one of ${OUTCOMES.join(', ')}`);
  const response = objectAt(line, 'response');
  return {
    scheme: valueAt(line, 'scheme') === 'http' ? 'http' : 'https',
    ...hostOf(line),
    startedAt,
    headAt: timeAt(line, 'headAt'),
    endAt: timeAt(line, 'endAt') ?? 0,
    request: messageOf(objectAt(line, 'request') ?? {}, 'request'),
    response: response === null ? null : messageOf(response, 'response'),
    outcome,
    session: stringAt(line, 'session'),
  };
}

function hostOf(line: JsonObject): Pick<ForeignExchange, 'host' | 'port'> {
  const host = normaliseHost(stringAt(line, 'host') ?? '');
  const port = numberAt(line, 'port') ?? 0;
  if (host === null || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error('host and port are needed');
  return { host, port };
}

function messageOf(message: JsonObject, side: string): ForeignMessage {
  return {
    startLine: stringAt(message, 'line') ?? '',
    headers: headersOf(valueAt(message, 'headers')),
    body: bodyOf(message, side) ?? new Uint8Array(),
    pieces: arrivalsOf(message) ?? [],
  };
}

function timeAt(line: JsonObject, name: string): number | null {
  const value = numberAt(line, name);
  return value === null || !isTime(value) ? null : value;
}
