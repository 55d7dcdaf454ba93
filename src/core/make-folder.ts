import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './errors.ts';

/**
 * With all above it, like `mkdirSync` with `recursive`. That one never returns (Node 20 to 24) below a folder that was
 * deleted where it is mounted from, say by the host of a container: there each mkdir says ENOENT although the parent is there.
 * @throws what the file system says
 */
export function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isFolder(path)) return;
    if (codeOf(error) !== 'ENOENT') throw error;
    const parent = dirname(path);
    if (!existsSync(parent)) makeFolder(parent, mode);
    // Once more also where it is there by now: another process may have made it between the two looks.
    makeIn(path, mode);
  }
}

/** Its parent is there now; somebody else may be making it, too. */
function makeIn(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
