/** File systems of our own to fill and to break: a loop device or a tmpfs, for root on Linux. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 }).toString();

/** An ext4 file system in a file, which goes read-only when an error is found in it, as most do. */
export class ExtDisk {
  readonly path: string;
  readonly #image: string;

  /** @param folder of the image and of the mount point @param options of mkfs.ext4 */
  constructor(folder: string, megabytes: number, options: readonly string[] = []) {
    this.path = join(folder, 'disk');
    this.#image = join(folder, 'disk.img');
    mkdirSync(this.path);
    writeFileSync(this.#image, '');
    truncateSync(this.#image, megabytes * 1024 * 1024);
    run('mkfs.ext4', '-q', '-m', '0', '-b', '4096', ...options, this.#image);
    this.mount();
  }

  mount(): void {
    run('mount', '-o', 'loop,errors=remount-ro', this.#image, this.path);
  }

  /** The kernel finds an error: from here on it is read-only, whatever is open on it. */
  breakNow(): void {
    writeFileSync(join('/sys/fs/ext4', this.#device, 'trigger_fs_error'), 'soak');
  }

  /** Every write hangs until `thaw`. */
  freeze(): void {
    run('fsfreeze', '--freeze', this.path);
  }

  thaw(): void {
    run('fsfreeze', '--unfreeze', this.path);
  }

  /** Nobody may have a file of it open. */
  unmount(): void {
    run('umount', this.path);
  }

  /** What an administrator does after the kernel has found an error. Unmounted. @returns what it said */
  repair(): string {
    try {
      return run('fsck.ext4', '-f', '-p', this.#image);
    } catch (error) {
      // 1 = errors were found and corrected.
      if (Reflect.get(Object(error), 'status') !== 1) throw error;
      return String(Reflect.get(Object(error), 'stdout'));
    }
  }

  isMounted(): boolean {
    return run('findmnt', '-rn', '-o', 'TARGET').split('\n').includes(this.path);
  }

  get #device(): string {
    return basename(run('findmnt', '-n', '-o', 'SOURCE', this.path).trim());
  }
}

/** Why the tests that need a disk of their own are skipped; null = they are not. */
export function whyNoDisk(): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-probe-'));
  try {
    const disk = new ExtDisk(folder, 8);
    const canBreak = existsSync(join('/sys/fs/ext4'));
    disk.unmount();
    return canBreak ? null : 'needs /sys/fs/ext4';
  } catch (error) {
    return `needs mkfs.ext4 and loop devices (${String(error).split('\n')[0]})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
