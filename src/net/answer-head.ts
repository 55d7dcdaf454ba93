import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AnswerHead, BodyEdit, OwnAnswer } from './edit.ts';
import { endToEndHeaders, pairsOf } from './end-to-end.ts';

/** As the client gets it. */
export interface ToldHead {
  status: number;
  reason: string;
  /** Raw. */
  headers: string[];
}

/** @param isOld the client speaks HTTP/1.0. */
export function toldHead(incoming: IncomingMessage, edit: BodyEdit | null, isOld: boolean): ToldHead {
  // Some announce chunks for an answer that cannot have a body: node:http would end the connection over it.
  const isBodiless = incoming.statusCode === 204 || incoming.statusCode === 304;
  const options = { withoutTransferEncoding: isOld || isBodiless, withoutContentLength: edit !== null };
  const headers = endToEndHeaders(incoming.rawHeaders, options);
  if (edit?.head !== undefined) return ownHead(headers, edit.head);
  return { status: incoming.statusCode ?? 502, reason: incoming.statusMessage ?? '', headers };
}

/** The body is another one, and so is what is said of it. */
const OF_THE_BODY = /^(?:content-(?:type|encoding|length|md5|digest)|digest|etag|trailer|transfer-encoding)$/i;

function ownHead(headers: readonly string[], { status, contentType }: AnswerHead): ToldHead {
  const kept = pairsOf(headers).filter(([name]) => !OF_THE_BODY.test(name));
  return { status, reason: STATUS_CODES[status] ?? '', headers: [...kept.flat(), 'Content-Type', contentType] };
}

/** node:http would chunk a body whose length is known. */
export function withLength({ headers, ...head }: ToldHead, body: Buffer): ToldHead {
  return { ...head, headers: [...headers, 'Content-Length', String(body.length)] };
}

/** As it came, for the record. */
export function statusLine({ httpVersion, statusCode, statusMessage }: IncomingMessage): string {
  return `HTTP/${httpVersion} ${statusCode ?? 502} ${statusMessage ?? ''}`;
}

export function sayOwn(response: ServerResponse, { status, contentType, body }: OwnAnswer): void {
  response.writeHead(status, ['Content-Type', contentType, 'Content-Length', String(body.length)]).end(body);
}
