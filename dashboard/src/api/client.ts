/** Questions to the admin API of the daemon that served this page. */

export class ApiError extends Error {
  override name = 'ApiError';
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  /** `error.type` of the answer, `unreachable` when none came. */
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** Told when an answer says that the reader is not, or no longer, signed in. */
let refused: () => void = () => {};

/** @param tell called in place of the one before */
export function onRefused(tell: () => void): void {
  refused = tell;
}

/** What was asked for is not there, or no longer. Asking again finds that out anew, and no more. */
export function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && [404, 410].includes(error.status);
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** `path` with what is not null, undefined or empty. */
export function urlOf(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** JSON of an answer with a 2xx status. @throws ApiError */
export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return json<T>(await request(urlOf(path, query), { signal: signal ?? null }));
}

/** @throws ApiError */
export async function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json' };
  }
  return json<T>(await request(path, init));
}

/** The answer itself, for bodies that are no JSON or come in pieces. @throws ApiError */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await (takeEarly(url, init) ?? fetch(url, { credentials: 'same-origin', ...init }));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', 'llm-proxy does not answer. Is it running? Start it with "llm-proxy start".');
  }
  if (response.ok) return response;
  if (response.status === 401 && url !== LOGIN) refused();
  const body: unknown = await response.json().catch(() => null);
  const { type, message } = errorOf(body);
  if (type === 'not_found' && isJustEnded(url)) throw new ApiError(404, NOT_STORED_YET, NOT_STORED_YET_TEXT);
  throw new ApiError(response.status, type, message ?? `The answer was ${response.status} ${response.statusText}.`);
}

/** `type` of an error: the live view told of a call that is not in the database so far. Asked again, it mostly is. */
export const NOT_STORED_YET = 'not_stored_yet';
const NOT_STORED_YET_TEXT =
  'This call has just ended and is not in the database so far. It comes as soon as it can be written.';
const MOST_ENDED = 500;
const justEnded = new Set<string>();

/** A call that ended is told of before it is stored. */
export function noteEnded(call: string): void {
  justEnded.add(call);
  for (const oldest of justEnded) {
    if (justEnded.size <= MOST_ENDED) break;
    justEnded.delete(oldest);
  }
}

function isJustEnded(url: string): boolean {
  const id = /^\/api\/calls\/([^/?]+)/.exec(url)?.[1];
  return id !== undefined && justEnded.has(id);
}

/** A wrong token is no news of the session. */
export const LOGIN = '/api/login';

/** Older answers may have been overtaken. */
const EARLY_MS = 5000;
const early = new Map<string, { answer: Promise<Response>; at: number }>();

/** Asks now what a part of the page will ask as soon as it is loaded. */
export function askEarly(url: string): void {
  const answer = fetch(url, { credentials: 'same-origin' });
  // Whoever takes it learns what went wrong.
  answer.catch(() => {});
  early.set(url, { answer, at: performance.now() });
}

/** Each answer is taken once. */
function takeEarly(url: string, { method = 'GET' }: RequestInit): Promise<Response> | null {
  if (method !== 'GET') return null;
  const found = early.get(url);
  early.delete(url);
  return found === undefined || performance.now() - found.at > EARLY_MS ? null : found.answer;
}

async function json<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

function errorOf(body: unknown): { type: string; message: string | null } {
  if (typeof body !== 'object' || body === null || !('error' in body)) return { type: 'http_error', message: null };
  const { error } = body as { error: { type?: unknown; message?: unknown } };
  return {
    type: typeof error?.type === 'string' ? error.type : 'http_error',
    message: typeof error?.message === 'string' ? error.message : null,
  };
}
