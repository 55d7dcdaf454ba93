/** The keys of targets: read from variables and files when they are needed, kept nowhere else, never logged. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { AppError, codeOf } from '../core/errors.ts';

export interface TargetSecretsOptions {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}

/** Files change: mounted secrets are rotated. */
const KEPT_MS = 10_000;

export class TargetSecrets {
  readonly #options: TargetSecretsOptions;
  readonly #read = new Map<string, { secret: string; at: number }>();

  constructor(options: TargetSecretsOptions) {
    this.#options = options;
  }

  /** @param auth `env:NAME` or `file:PATH`. Throws AppError `config_invalid` that names the place. */
  get(auth: string): string {
    const now = this.#options.clock.now();
    const known = this.#read.get(auth);
    if (known !== undefined && now - known.at < KEPT_MS) return known.secret;
    const secret = auth.startsWith('env:') ? this.#fromVariable(auth.slice(4)) : fromFile(auth.slice(5));
    this.#read.set(auth, { secret, at: now });
    return secret;
  }

  #fromVariable(name: string): string {
    const secret = this.#options.env[name]?.trim() ?? '';
    if (secret === '')
      throw new AppError('config_invalid', `the key of the target is to be in ${name}, which is not set`);
    return checked(secret, name);
  }
}

function fromFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const why = codeOf(cause) ?? 'unreadable';
    throw new AppError('config_invalid', `the key of the target is to be in ${path}, which cannot be read (${why})`, {
      cause,
    });
  }
  if (text === '') throw new AppError('config_invalid', `the key of the target is to be in ${path}, which is empty`);
  return checked(text, path);
}

/** It becomes the value of a header. */
function checked(secret: string, from: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(secret)) return secret;
  throw new AppError('config_invalid', `the key of the target in ${from} must be one line of ASCII`);
}
