/** A client's call as its target gets it: other host, path, model and key; everything else as it was. Pure. */
import { type HeaderPairs, headerValue } from '../core/headers.ts';
import { isCredential, withoutCredentials } from '../core/redact.ts';
import { hostHeader, joinPath } from './backend.ts';
import type { BodyModel } from './body-model.ts';
import { type CallShape, pathModelOf, withPathModel } from './call-shape.ts';
import type { AnswerConversion } from './convert/answer-conversion.ts';
import { type Conversion, conversionBetween } from './convert/conversion.ts';
import type { Format } from './convert/model.ts';
import type { Note } from './convert/notes.ts';
import { spliced, UsageQuestion } from './include-usage.ts';
import type { Destination } from './steering.ts';
import { originOf, type Target } from './targets.ts';

export interface ClientCall {
  method: string;
  /** Origin form with query, as it would go to the provider. */
  path: string;
  /** Without what was meant for a proxy. */
  headers: HeaderPairs;
  /** Null = it asks no model. */
  shape: CallShape | null;
  /** Whole. */
  chunks: readonly Buffer[];
  body: BodyModel;
}

export interface TargetRequest {
  path: string;
  headers: HeaderPairs;
  body: readonly Buffer[];
  /** What it is asked for in place of what the client named; null = that, or nothing could be changed. */
  model: string | null;
  /** Null = the target speaks what the client does. */
  converted: { answer: AnswerConversion; notes: readonly Note[] } | null;
}

export interface TargetRefusal {
  status: 400 | 403 | 415;
  message: string;
}

/** Where a model is named, as the client has it. */
export function askedModel({ path, body }: Pick<ClientCall, 'path' | 'body'>): string | null {
  return pathModelOf(path)?.text ?? body.model;
}

export interface TargetFacts {
  /** The target's own key; null = it needs none. */
  secret: string | null;
  /** By its host; null = unknown. */
  provider: string | null;
  /** Milliseconds since the epoch. */
  wall(): number;
  /** Nobody sees the answer but us: a stream may be asked for its usage. */
  isCopy: boolean;
}

export function targetRequest(
  call: ClientCall,
  { target, model, parameters }: Destination,
  facts: TargetFacts,
): TargetRequest | { refused: TargetRefusal } {
  if (carriesCredential(call)) {
    const message = 'This request carries a credential in its body, which is for its provider and not for the target';
    return { refused: { status: 403, message } };
  }
  const format = call.shape?.format ?? null;
  const change = changeOf(call, model, parameters);
  const conversion = conversionOf(format, target);
  const coding = change !== null || conversion !== null ? codingOf(call) : null;
  if (coding !== null) {
    const message = `A request body with Content-Encoding ${coding.slice(0, 20)} cannot be changed for the target`;
    return { refused: { status: 415, message } };
  }
  const body = bodyFor(call, change, facts);
  const asked = pathModelOf(call.path) !== null || (change !== null && call.body.isObject) ? model : null;
  if (conversion !== null) return converted({ ...call, chunks: body }, asked, conversion, target, facts);
  const path = model === null ? call.path : withModel(call.path, model);
  const headers = headersForTarget(call.headers, target, body, authHeaders(target, format, facts));
  return { path: pathAtTarget(target, path, format), headers, body, model: asked, converted: null };
}

/** Logins renew themselves at the hosts of providers, too. Of JSON a member, of a form a field. */
const CREDENTIAL =
  /(?:[{,]\s*"|^|&)(?:refresh_token|access_token|id_token|client_secret|code_verifier|device_code|api_?key|password|assertion|subject_token)(?:"\s*:|=)/i;
const CREDENTIAL_WINDOW = 64 * 1024;

/** Words in a prompt are the client's to send: only what asks no model is looked at. */
function carriesCredential({ shape, chunks }: ClientCall): boolean {
  if (shape !== null || chunks.length === 0) return false;
  return CREDENTIAL.test(Buffer.concat(chunks).toString('latin1', 0, CREDENTIAL_WINDOW));
}

function converted(
  { headers, chunks }: ClientCall,
  model: string | null,
  conversion: Conversion,
  target: Target,
  facts: TargetFacts,
): TargetRequest | { refused: TargetRefusal } {
  const made = conversion.request(Buffer.concat(chunks), {
    model: null,
    provider: facts.provider,
    wall: () => facts.wall(),
  });
  if ('refused' in made) {
    const { message, at } = made.refused;
    return { refused: { status: 400, message: `This call cannot be converted for the target: ${message} (${at})` } };
  }
  const body = [made.body];
  const kept = headers.filter(([name]) => !/^(?:anthropic|openai)-/i.test(name));
  const own = [...made.headers, ...authHeaders(target, conversion.to, facts)];
  return {
    path: joinPath(target.backend, made.path, '/v1'),
    headers: headersForTarget(kept, target, body, own),
    body,
    model,
    converted: { answer: made.answer, notes: made.notes },
  };
}

function conversionOf(format: Format | null, target: Target): Conversion | null {
  return format === null || target.format === null ? null : conversionBetween(format, target.format);
}

/** Where the path names one. */
function withModel(path: string, model: string): string {
  const at = pathModelOf(path);
  return at === null ? path : withPathModel(path, at, model);
}

function bodyFor(
  { shape, chunks, body }: ClientCall,
  change: Change | null,
  { isCopy }: TargetFacts,
): readonly Buffer[] {
  const format = shape?.format ?? null;
  const changed = change === null ? chunks : body.changed(chunks, change.model, change.parameters, limitName(format));
  return isCopy && format === 'openai-chat' ? withUsageQuestion(changed) : changed;
}

function withUsageQuestion(chunks: readonly Buffer[]): readonly Buffer[] {
  const question = new UsageQuestion();
  for (const chunk of chunks) question.push(chunk);
  const splice = question.splice();
  return splice === null ? chunks : spliced(chunks, splice);
}

type Change = Pick<Destination, 'model' | 'parameters'>;

/** Of its body; null = nothing. Calls that only name a model, to count its tokens, name the other one. */
function changeOf(
  { shape, path, body }: ClientCall,
  model: string | null,
  parameters: Destination['parameters'],
): Change | null {
  if (pathModelOf(path) !== null) return null;
  if (shape === null) return model === null || body.model === null ? null : { model, parameters: {} };
  return model === null && !hasAny(parameters) ? null : { model, parameters };
}

function hasAny(parameters: Destination['parameters']): boolean {
  return Object.keys(parameters).length > 0;
}

/** Null = the body is as it reads. */
function codingOf({ headers, chunks }: ClientCall): string | null {
  const coding = headerValue(headers, 'content-encoding')?.trim().toLowerCase() ?? '';
  return chunks.length === 0 || coding === '' || coding === 'identity' ? null : coding;
}

/** Without its query. */
export function urlAtTarget({ backend }: Target, path: string): string {
  return originOf(backend) + (path.split('?', 1)[0] ?? '');
}

const CANONICAL: Readonly<Record<Format, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};

/** Providers have their APIs at paths of their own (`/openai/deployments/x/chat/completions`); targets at the usual ones. */
function pathAtTarget({ backend }: Target, path: string, format: Format | null): string {
  const clean = withoutCredentials(path);
  if (format === null) return joinPath(backend, clean, '/v1');
  const query = clean.includes('?') ? clean.slice(clean.indexOf('?') + 1) : '';
  const kept = query.split('&').filter((pair) => pair !== '' && !/^api-version=/i.test(pair));
  return joinPath(backend, CANONICAL[format] + (kept.length === 0 ? '' : `?${kept.join('&')}`), '/v1');
}

/** OpenAI's newer models refuse `max_tokens`; its other APIs have names of their own. */
function limitName(format: Format | null): string {
  return format === 'openai-responses' ? 'max_output_tokens' : 'max_tokens';
}

/** Of these, what the client says is not true of what is sent. */
const REPLACED = /^(?:host|content-length|expect|transfer-encoding|content-md5|(?:repr-|content-)?digest|x-amz-.*)$/i;

function headersForTarget(
  headers: HeaderPairs,
  target: Target,
  body: readonly Buffer[],
  auth: HeaderPairs,
): HeaderPairs {
  const kept = headers.filter(
    ([name, value]) =>
      !REPLACED.test(name) &&
      !isCredential(name, value) &&
      auth.every(([own]) => own.toLowerCase() !== name.toLowerCase()),
  );
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const isFramed = length > 0 || headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  return [
    ['Host', hostHeader(target.backend)],
    ...kept,
    ...auth,
    ...(isFramed ? [['Content-Length', String(length)] as const] : []),
  ];
}

/** Providers whose APIs take a key in a header of their own. */
const KEY_HEADERS: Readonly<Record<string, string>> = {
  anthropic: 'x-api-key',
  google: 'x-goog-api-key',
  'azure-openai': 'api-key',
};

function authHeaders({ authHeader }: Target, format: Format | null, { secret, provider }: TargetFacts): HeaderPairs {
  if (secret === null) return [];
  const bearer = /^(?:Bearer|Basic|Token) /i.test(secret) ? secret : `Bearer ${secret}`;
  if (authHeader !== null) return [[authHeader, authHeader === 'authorization' ? bearer : secret]];
  const own = provider === null ? undefined : KEY_HEADERS[provider];
  if (own !== undefined) return [[own, secret]];
  // A server of one's own that speaks Anthropic's API may look in either (vLLM in the second alone).
  if (format === 'anthropic-messages' && provider === null)
    return [
      ['x-api-key', secret],
      ['Authorization', bearer],
    ];
  return format === 'anthropic-messages' ? [['x-api-key', secret]] : [['Authorization', bearer]];
}
