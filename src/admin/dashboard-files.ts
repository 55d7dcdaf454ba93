import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

export interface DashboardFile {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/**
 * The files of the built web app, by their path below its folder. Names are those that were found there, so that no
 * path of a request can lead anywhere else. Looked for at the first question; read when asked for.
 */
export class DashboardFiles {
  readonly #folder: string;
  #names: ReadonlySet<string> | null = null;
  readonly #read = new Map<string, DashboardFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param name such as `assets/index-3f2a.js`. Null = there is none */
  get(name: string): DashboardFile | null {
    this.#names ??= namesIn(this.#folder);
    if (!this.#names.has(name)) return null;
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const bytes = Uint8Array.from(readFileSync(join(this.#folder, name)));
    const file = { bytes, type: TYPES[extname(name)] ?? 'application/octet-stream' };
    this.#read.set(name, file);
    return file;
  }
}

function namesIn(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return new Set(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')),
    );
  } catch {
    // A build without the dashboard.
    return new Set();
  }
}
