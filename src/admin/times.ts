import { AppError } from '../core/errors.ts';
import { parseTime } from '../core/times.ts';

/** ISO 8601, or so long ago: `30m`, `12h`, `7d`. Throws AppError `config_invalid`. */
export function timeOf(name: string, text: string): string {
  const time = parseTime(text, Date.now());
  if (time === null)
    throw new AppError('config_invalid', `${name} must be a time such as 2026-11-21T10:00:00Z, or 30m, 12h, 7d`);
  return time;
}
