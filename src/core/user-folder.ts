import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/**
 * Absolute. Below it lie files that steer us: an empty or relative `HOME` must not make that the folder in which somebody
 * happens to stand.
 */
export function userFolder(env: Readonly<Record<string, string | undefined>>): string {
  const { HOME: given = '' } = env;
  if (isAbsolute(given)) return given;
  const own = homedir();
  return isAbsolute(own) ? own : userInfo().homedir;
}
