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

/** Not for browsers. */
const LEFT_OUT = new Set(['.map', '.md']);

/**
 * The files of the built web app, by their path below its folder. Names are those that were found there, so that no
 * path of a request can lead anywhere else. Read at the first question and kept, a megabyte or two: an upgrade takes
 * the files of a daemon that runs away, and half an app of each version is none.
 */
export class DashboardFiles {
  readonly #folder: string;
  #files: ReadonlyMap<string, DashboardFile> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param name such as `assets/index-3f2a.js`. Null = there is none */
  get(name: string): DashboardFile | null {
    this.#files ??= filesIn(this.#folder);
    return this.#files.get(name) ?? null;
  }
}

function filesIn(folder: string): ReadonlyMap<string, DashboardFile> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return new Map(
      entries
        .filter((entry) => entry.isFile() && !LEFT_OUT.has(extname(entry.name)))
        .map((entry) => fileAt(folder, join(entry.parentPath, entry.name))),
    );
  } catch {
    // A build without the dashboard.
    return new Map();
  }
}

function fileAt(folder: string, path: string): [name: string, file: DashboardFile] {
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  return [relative(folder, path).split(sep).join('/'), { bytes: Uint8Array.from(readFileSync(path)), type }];
}
