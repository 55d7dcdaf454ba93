import { AppError } from '../core/errors.ts';

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ISO 8601, or so long ago: `30m`, `12h`, `7d`. Throws AppError `config_invalid`. */
export function timeOf(name: string, text: string): string {
  const ago = /^(\d+)([mhd])$/.exec(text);
  const time = ago === null ? Date.parse(text) : Date.now() - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0);
  if (Number.isNaN(time))
    throw new AppError('config_invalid', `${name} must be a time such as 2026-11-21T10:00:00Z, or 30m, 12h, 7d`);
  return new Date(time).toISOString();
}
