/** File systems of our own to fill and to break: a loop device or a tmpfs, for root on Linux. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const TOOLS = ['mkfs.ext4', 'fsck.ext4', 'fsfreeze', 'setpriv'];
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 }).toString();

export class Disk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string | null;
  #isFrozen = false;
  #fillers = 0;

  /** @param folder of the image and of the mount point @param options of mkfs.ext4 */
  static ext4(folder: string, megabytes: number, options: readonly string[] = []): Disk {
    const image = join(folder, 'disk.img');
    writeFileSync(image, '');
    truncateSync(image, megabytes * 1024 * 1024);
    // The block size of larger disks: small ones would get another.
    run('mkfs.ext4', '-q', '-m', '0', '-b', '4096', ...options, image);
    const disk = new Disk(folder, image);
    disk.mount();
    return disk;
  }

  /** @param size as tmpfs takes it, e.g. `2m` */
  static memory(folder: string, size: string): Disk {
    const disk = new Disk(folder, null);
    run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'none', disk.path);
    return disk;
  }

  constructor(folder: string, image: string | null) {
    this.path = join(folder, 'disk');
    this.#image = image;
    mkdirSync(this.path);
  }

  mount(mode: 'rw' | 'ro' = 'rw'): void {
    // Read-only by the file system, not by the device: it can be made writable.
    run('mount', '-o', 'loop,errors=remount-ro', this.#image ?? '', this.path);
    if (mode === 'ro') run('mount', '-o', 'remount,ro', this.path);
  }

  makeWritable(): void {
    run('mount', '-o', 'remount,rw', this.path);
  }

  resize(size: string): void {
    run('mount', '-o', `remount,size=${size}`, this.path);
  }

  /** The kernel finds an error: from here on it is read-only, whatever is open on it. */
  breakNow(): void {
    const device = basename(run('findmnt', '-n', '-o', 'SOURCE', this.path).trim());
    writeFileSync(join('/sys/fs/ext4', device, 'trigger_fs_error'), 'soak');
  }

  sync(): void {
    run('sync', '-f', this.path);
  }

  /** Every write hangs until `thaw`. */
  freeze(): void {
    run('fsfreeze', '--freeze', this.path);
    this.#isFrozen = true;
  }

  thaw(): void {
    if (this.#isFrozen) run('fsfreeze', '--unfreeze', this.path);
    this.#isFrozen = false;
  }

  /** To the last byte, by another process: this one has clients to look after. @returns the file that takes the room */
  async fill(): Promise<string> {
    const path = join(this.path, `filler-${(this.#fillers += 1)}`);
    for (const bytes of ['1M', '4k', '512'])
      // dd ends with 1, as it should.
      await promisify(execFile)('dd', [
        'if=/dev/zero',
        `of=${path}`,
        `bs=${bytes}`,
        'oflag=append',
        'conv=notrunc',
      ]).catch(() => {});
    return path;
  }

  /** @returns the folder of the files that took the last inodes */
  useUpFiles(): string {
    const folder = join(this.path, 'many');
    mkdirSync(folder, { recursive: true });
    try {
      for (;;) writeFileSync(join(folder, String((this.#fillers += 1))), '');
    } catch (error) {
      if (Reflect.get(Object(error), 'code') !== 'ENOSPC') throw error;
    }
    return folder;
  }

  unmount(): void {
    const isMounted = readFileSync('/proc/self/mounts', 'utf8').includes(` ${this.path} `);
    if (isMounted) run('umount', this.path);
  }

  /** What an administrator does after the kernel has found an error. Unmounted. */
  repair(): void {
    try {
      run('fsck.ext4', '-f', '-p', this.#image ?? '');
    } catch (error) {
      // 1 = errors were found and corrected.
      if (Reflect.get(Object(error), 'status') !== 1) throw error;
    }
  }
}

/** Why what needs a disk of its own is skipped; null = it is not. */
export function whyNoDisk(): string | null {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = TOOLS.filter((tool) => !has(tool));
  if (missing.length > 0) return `it needs ${missing.join(', ')}`;
  if (!existsSync('/sys/fs/ext4')) return 'it needs /sys/fs/ext4';
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-probe-'));
  try {
    Disk.ext4(folder, 8).unmount();
    return null;
  } catch (error) {
    return `it needs loop devices: ${String(error).split('\n').slice(0, 2).join(' ')}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function has(tool: string): boolean {
  try {
    run('sh', '-c', `command -v ${tool}`);
    return true;
  } catch {
    return false;
  }
}
