/** Whose conversations a call can belong to: those of one key, one program, one provider. */
import { hash } from 'node:crypto';
import { headerValue, type HeaderPairs } from '../core/headers.ts';

const KEY_HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key', 'chatgpt-account-id'] as const;
const QUERY_KEY = /[?&](?:key|api[-_]?key)=([^&#]{8,400})/i;
/** Shorter ones are dummies of local servers. */
const MIN_TOKEN = 16;

/**
 * 16 hex digits that are equal for calls with the same key. Empty = the key says nothing: there is none, or one of those
 * that change while a conversation goes on (signatures, JSON web tokens, tokens of Google's and Azure's logins).
 * @param target of the request, unmasked
 */
export function keyPrint(headers: HeaderPairs, target: string): string {
  for (const name of KEY_HEADERS) {
    const value = headerValue(headers, name);
    if (value !== null && value !== '') return shortHash(value);
  }
  const bearer = /^(?:bearer|key|token)\s+(\S+)$/i.exec(headerValue(headers, 'authorization')?.trim() ?? '')?.[1];
  if (bearer !== undefined) return isLasting(bearer) ? shortHash(bearer) : '';
  const inQuery = QUERY_KEY.exec(target)?.[1];
  return inQuery === undefined ? '' : shortHash(inQuery);
}

function isLasting(token: string): boolean {
  return token.length >= MIN_TOKEN && !/^(?:ya29\.|eyJ|sk-ant-oat)/.test(token) && token.split('.').length !== 3;
}

/** Names of the same conversation at other providers and hosts are other conversations. */
export function placeOf(provider: string, host: string): string {
  return `${provider}\n${host}`;
}

/** `claude-code/2.1.3` -> `claude-code`: programs are updated while conversations rest. */
export function productOf(client: string | null): string {
  return client?.split('/', 1)[0] ?? '';
}

/** Id of a session whose name is known: the same after a restart. @param names with the place first */
export function namedSession(...names: readonly string[]): string {
  return `ses_${hash('sha256', names.join('\0'), 'hex').slice(0, 30)}`;
}

/** Deterministic: an edge that is delivered again is the same edge. */
export function edgeId(type: string, from: string, to: string): string {
  return `edge_${hash('sha256', `${type}\0${from}\0${to}`, 'hex').slice(0, 24)}`;
}

/** 16 hex digits. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16);
}
