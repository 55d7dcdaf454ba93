/** Where calls may be sent instead of to the provider: what the configuration says of it, checked. Pure. */
import type { Table } from '../config/values.ts';
import { AppError, forOption, type OptionPart } from '../core/errors.ts';
import { formatAuthority } from '../core/hosts.ts';
import type { Mode } from '../core/capture.ts';
import { type Backend, DEFAULT_PORTS, parseBackend } from './backend.ts';
import type { Parameters } from './body-model.ts';
import type { Format } from './convert/model.ts';

/** A server, and how it is to be treated. */
export interface Target {
  backend: Backend;
  /** Where its key comes from: `env:NAME` or `file:PATH`; null = it needs none. */
  auth: string | null;
  /** Lower case; null = as the API that is called has it. */
  authHeader: string | null;
  /** What it speaks; null = what it is called in. */
  format: Format | null;
  /** Of its records; null = that of its host. */
  provider: string | null;
  limits: Limits;
}

export interface Limits {
  /** 0 = none. */
  maxCalls: number;
  maxCopies: number;
  timeoutMs: number;
  retries: number;
}

/** A model of the registry. */
export interface ModelEntry {
  id: string;
  displayName: string | null;
  /** Null = the default target of the moment. */
  target: Target | null;
  /** As the target knows it. */
  model: string;
  parameters: Parameters;
  /** Ids of others. */
  fallback: readonly string[];
  contextWindow: number | null;
  maxOutputTokens: number | null;
}

export interface Rule {
  name: string;
  /** Patterns of globs.ts; null = any. */
  provider: string | null;
  model: string | null;
  /** Null = that of the moment. */
  mode: Mode | null;
  /** A model of the registry, or any name that the target knows; null = as the mode has it. */
  to: string | null;
}

/** What `[target]` says beside its URL. */
export interface TargetDefaults {
  auth: string | null;
  auth_header: string | null;
  format: 'same' | Format;
  provider: string | null;
  max_concurrent: number;
  max_calls: number;
  timeout_secs: number;
  retries: number;
}

/** @param from where the URL was given, for the message. Throws AppError `config_invalid`. */
export function targetOf(url: string, defaults: TargetDefaults, from: string): Target {
  return {
    backend: parseBackend(url, from),
    auth: authOf(defaults.auth, from),
    authHeader: defaults.auth_header?.toLowerCase() ?? null,
    format: defaults.format === 'same' ? null : defaults.format,
    provider: defaults.provider,
    limits: {
      maxCalls: defaults.max_calls,
      maxCopies: defaults.max_concurrent,
      timeoutMs: Math.max(1, defaults.timeout_secs) * 1000,
      retries: defaults.retries,
    },
  };
}

/** Scheme, host and port: what a key is good for. */
export function originOf({ scheme, host, port }: Backend): string {
  return `${scheme}://${port === DEFAULT_PORTS[scheme] ? (host.includes(':') ? `[${host}]` : host) : formatAuthority({ host, port })}`;
}

const MODEL_KEYS = [
  ...(['id', 'display_name', 'target_url', 'model', 'auth', 'auth_header', 'format', 'provider'] as const),
  ...([
    'max_tokens',
    'temperature',
    'top_p',
    'max_concurrent',
    'max_calls',
    'timeout_secs',
    'retries',
    'fallback',
  ] as const),
  ...(['context_window', 'max_output_tokens'] as const),
];
const RULE_KEYS = ['name', 'provider', 'model', 'mode', 'to'] as const;
const FORMATS = ['same', 'anthropic-messages', 'openai-chat', 'openai-responses'] as const;

/** `[[models]]`. @param defaults of `[target]`. Throws AppError `config_invalid`. */
export function modelEntries(tables: readonly Table[], defaults: TargetDefaults): ModelEntry[] {
  const entries = tables.map((table, index) =>
    forOption({ key: 'models', index }, () => modelEntry(table, index, defaults)),
  );
  const ids = entries.map(({ id }) => id);
  for (const [index, { id, fallback }] of entries.entries()) {
    const option = { key: 'models', index };
    if (ids.indexOf(id) !== index) throw invalid('models', `${id} stands there twice`, { ...option, member: 'id' });
    forOption({ ...option, member: 'fallback' }, () => checkFallback(fallback, ids, `models: ${id}`));
  }
  return entries;
}

export function checkFallback(fallback: readonly string[], ids: readonly string[], from: string): void {
  const unknown = fallback.find((other) => !ids.includes(other));
  if (unknown !== undefined) throw invalid(from, `fallback names ${unknown}, which is none of [[models]]`);
}

function modelEntry(table: Table, index: number, defaults: TargetDefaults): ModelEntry {
  const from = `models[${index}]`;
  const at = { key: 'models', index };
  const read = new Reader(table, from, MODEL_KEYS, at);
  const id = read.text('id');
  if (id === null) throw invalid(from, 'needs an id');
  const url = read.text('target_url');
  return {
    id,
    displayName: read.text('display_name'),
    target: url === null ? null : targetAt(url, ownDefaults(read, defaults), from, at),
    model: read.text('model') ?? id,
    parameters: parametersOf({
      max_tokens: read.number('max_tokens'),
      temperature: read.number('temperature'),
      top_p: read.number('top_p'),
    }),
    fallback: read.texts('fallback'),
    contextWindow: read.number('context_window'),
    maxOutputTokens: read.number('max_output_tokens'),
  };
}

function targetAt(url: string, defaults: TargetDefaults, from: string, at: OptionPart): Target {
  return forOption({ ...at, member: 'target_url' }, () => targetOf(url, defaults, `${from}.target_url`));
}

/** Of a model with a server of its own. The key of `[target]` is for `[target]` alone, and so is what it speaks. */
function ownDefaults(read: Reader, defaults: TargetDefaults): TargetDefaults {
  const format = read.text('format') ?? 'same';
  if (!isOneOf(FORMATS, format)) throw read.invalid('format', `format must be one of ${FORMATS.join(', ')}`);
  return {
    auth: read.text('auth'),
    auth_header: read.text('auth_header'),
    format,
    provider: read.text('provider'),
    max_concurrent: read.number('max_concurrent') ?? defaults.max_concurrent,
    max_calls: read.number('max_calls') ?? defaults.max_calls,
    timeout_secs: read.number('timeout_secs') ?? defaults.timeout_secs,
    retries: read.number('retries') ?? defaults.retries,
  };
}

export function parametersOf(
  given: Readonly<Record<'max_tokens' | 'temperature' | 'top_p', number | null>>,
): Parameters {
  const { max_tokens: max, temperature, top_p: topP } = given;
  return {
    ...(max === null ? {} : { max_tokens: max }),
    ...(temperature === null ? {} : { temperature }),
    ...(topP === null ? {} : { top_p: topP }),
  };
}

/** `[[rules]]`. Throws AppError `config_invalid`. */
export function rulesOf(tables: readonly Table[]): Rule[] {
  return tables.map((table, index) => {
    const from = `rules[${index}]`;
    const at = { key: 'rules', index };
    const read = new Reader(table, from, RULE_KEYS, at);
    const mode = read.text('mode');
    return {
      name: read.text('name') ?? `rule ${index + 1}`,
      provider: read.text('provider'),
      model: read.text('model'),
      mode: mode === null ? null : forOption({ ...at, member: 'mode' }, () => modeOf(mode, `${from}.mode`)),
      to: read.text('to'),
    };
  });
}

/** Seed 004's name for what `passthrough` is. */
export const ANTHROPIC_ONLY = 'anthropic-only';
const MODES = ['passthrough', 'target', 'compare'] as const satisfies readonly Mode[];

/** Throws AppError `config_invalid`. */
export function modeOf(name: string, from: string): Mode {
  if (name === ANTHROPIC_ONLY) return 'passthrough';
  if (isOneOf(MODES, name)) return name;
  throw invalid(from, `must be one of ${MODES.join(', ')} (or ${ANTHROPIC_ONLY}), not ${name.slice(0, 40)}`);
}

/** A table of the configuration, member by member. */
class Reader {
  readonly #table: Table;
  readonly #from: string;
  readonly #at: OptionPart;

  constructor(table: Table, from: string, known: readonly string[], at: OptionPart) {
    this.#table = table;
    this.#from = from;
    this.#at = at;
    const unknown = Object.keys(table).find((key) => !known.includes(key));
    if (unknown !== undefined) throw this.invalid(unknown, `has no ${unknown}; it may have ${known.join(', ')}`);
  }

  text(key: string): string | null {
    const value = this.#table[key];
    if (value === undefined) return null;
    if (typeof value === 'string' && value !== '') return value;
    throw this.invalid(key, `${key} must be a text`);
  }

  number(key: string): number | null {
    const value = this.#table[key];
    if (value === undefined) return null;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number;
    throw this.invalid(key, `${key} must be a number from 0 upwards`);
  }

  texts(key: string): string[] {
    const value = this.#table[key] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw this.invalid(key, `${key} must be a list of texts`);
  }

  invalid(member: string, what: string): AppError {
    return invalid(this.#from, what, { ...this.#at, member });
  }
}

function authOf(auth: string | null, from: string): string | null {
  if (auth === null || /^(?:env:\w+|file:.+)$/.test(auth)) return auth;
  // It is not shown: somebody may have put the key itself there.
  throw invalid(from, 'auth must be env:NAME or file:PATH, never the key itself');
}

function isOneOf<T extends string>(all: readonly T[], text: string): text is T {
  return (all as readonly string[]).includes(text);
}

function invalid(from: string, what: string, option: OptionPart | null = null): AppError {
  return new AppError('config_invalid', `${from}: ${what}`, { option });
}
