/** What `prune` and `purge` mean, over the API and on the command line. */
import { bytes } from '../config/values.ts';
import { AppError } from '../core/errors.ts';
import type { KeepLimits, PurgeTarget } from '../core/ports.ts';
import { timeOf } from './times.ts';

type Given = Readonly<Record<string, unknown>>;

/** Null = as the configuration says. Throws AppError `config_invalid`. */
export function pruneLimitsOf(given: Given): KeepLimits | null {
  const olderThan = textOf(given, 'older_than');
  const size = given['size'] ?? null;
  const bodiesOnly = flagOf(given, 'bodies_only');
  if (olderThan === null && size === null) {
    if (bodiesOnly) throw new AppError('config_invalid', 'bodies_only needs older_than or size');
    return null;
  }
  const before = olderThan === null ? null : timeOf('older_than', olderThan);
  const limit = size === null ? null : sizeOf(size);
  return {
    bodiesBefore: bodiesOnly ? before : null,
    recordsBefore: bodiesOnly ? null : before,
    bodiesBytes: null,
    usedBytes: limit,
    recordsBytes: bodiesOnly ? null : limit,
  };
}

const KINDS: readonly PurgeTarget['kind'][] = ['call', 'session', 'customer', 'run'];

/** Throws AppError `config_invalid` unless exactly one is named. */
export function purgeTargetOf(given: Given): PurgeTarget {
  const targets = KINDS.flatMap((kind) => {
    const id = textOf(given, kind);
    return id === null ? [] : [{ kind, id }];
  });
  const [target, ...others] = targets;
  if (target === undefined || others.length > 0)
    throw new AppError('config_invalid', 'purge one of: session, customer, call, run');
  return target;
}

/** No word may pass for "no" where something is deleted. Throws AppError `config_invalid`. */
export function flagOf(given: Given, name: string): boolean {
  const value = given[name] ?? false;
  if (typeof value !== 'boolean') throw new AppError('config_invalid', `${name} must be true or false`);
  return value;
}

/** Throws AppError `config_invalid`. */
export function textOf(given: Given, name: string): string | null {
  const value = given[name] ?? null;
  if (value === null) return null;
  if (typeof value !== 'string' || value === '') throw new AppError('config_invalid', `${name} must be a text`);
  return value;
}

function sizeOf(value: unknown): number {
  try {
    return bytes(value);
  } catch {
    throw new AppError('config_invalid', 'size must be one such as 500000, "64MiB" or "1GB"');
  }
}
