import { randomBytes } from 'node:crypto';

/** `prefix_` + 48 bit of time in milliseconds + 72 random bit, lower-case hex: sorts by time, never repeats. */
export function newId(prefix: string, wall: number): string {
  return `${prefix}_${Math.floor(wall).toString(16).padStart(12, '0')}${randomBytes(9).toString('hex')}`;
}
