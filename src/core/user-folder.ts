import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** Each throws for a user id that the password file does not name, as containers have them. */
const SOURCES: readonly (() => string)[] = [homedir, () => userInfo().homedir];

/**
 * Absolute; null = none is known. Below it lie files that steer us: an empty or relative `HOME` must not make that the folder
 * in which somebody happens to stand.
 * @param sources asked in turn where the environment names none
 */
export function userFolder(env: Readonly<Record<string, string | undefined>>, sources = SOURCES): string | null {
  const { HOME: given = '' } = env;
  if (isAbsolute(given)) return given;
  return sources.map(answerOf).find(isAbsolute) ?? null;
}

function answerOf(source: () => string): string {
  try {
    return source();
  } catch {
    return '';
  }
}
