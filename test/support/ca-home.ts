import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AuthorityOptions } from '../../src/ca/authority.ts';
import type { Clock } from '../../src/core/clock.ts';

/** A clock that a test sets. */
export function fixedClock(start = Date.now()): Clock & { set(wall: number): void } {
  let wall = start;
  return { now: () => wall, wall: () => wall, set: (next) => (wall = next) };
}

/** A temporary folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function caOptions(home: string, overrides: Partial<AuthorityOptions> = {}): AuthorityOptions {
  return { keysDir: join(home, 'keys'), certsDir: join(home, 'certs'), clock: fixedClock(), env: {}, ...overrides };
}
