/** The files that stand behind the variables of client-env.ts; all in `<home>/run/clients`, written only on change. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { userFolder } from '../core/user-folder.ts';
import { makeFolder } from '../core/make-folder.ts';
import type { ClientEnvInput } from './client-env.ts';

interface DaemonFiles {
  home: string;
  proxyUrl: string;
  caFile: string;
  bundleFile: string;
}

export interface ClientFilesOptions {
  daemon: DaemonFiles;
  env: ClientEnvInput['env'];
  platform: NodeJS.Platform;
}

const PRELOAD = fileURLToPath(new URL('preload/node-proxy.cjs', import.meta.url));
const SITECUSTOMIZE = fileURLToPath(new URL('preload/sitecustomize.py', import.meta.url));
/** Java's own default: some programs insist on one. The store is neither encrypted nor sealed. */
const TRUST_STORE_PASSWORD = 'changeit';
const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/** Writes what is missing and gives all that `clientVariables` needs. A file that cannot be made costs its runtime only. */
export async function prepareClientFiles(options: ClientFilesOptions): Promise<ClientEnvInput> {
  const { daemon, env, platform } = options;
  const folder = join(daemon.home, 'run', 'clients');
  makeFolder(folder, 0o700);
  const merge = merger(folder, daemon.caFile);
  return {
    proxyUrl: daemon.proxyUrl,
    caFile: daemon.caFile,
    bundleFile: daemon.bundleFile,
    env,
    platform,
    merge,
    nodePreload: isFile(PRELOAD) ? PRELOAD : null,
    pythonFolder: optional(() => pythonFolder(folder)),
    wgetrc: optional(() => wgetrc(folder, daemon.bundleFile, env, merge)),
    javaTrustStore: await trustStore(folder, daemon.bundleFile).catch(() => null),
  };
}

function optional<T>(make: () => T | null): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** Merged bundles, one per distinct content: two runs with different settings never overwrite each other's file. */
function merger(folder: string, caFile: string): (existing: string) => string | null {
  const ours = readFileSync(caFile, 'utf8');
  const done = new Map<string, string | null>();
  return (existing) => {
    const known = done.get(existing);
    if (known !== undefined) return known;
    const merged = optional(() => {
      const theirs = certificatesAt(existing);
      if (theirs.length === 0) return null;
      const all = distinct([...theirs, ...certificatesIn(ours)]);
      // The file holds ours already (it is our bundle, or was made of it).
      if (all.length === theirs.length && isFile(existing)) return existing;
      return writeByContent(folder, 'bundle', '.pem', all.join('\n') + '\n', 0o644);
    });
    done.set(existing, merged);
    return merged;
  };
}

function certificatesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return certificatesIn(readCapped(path));
  const files = readdirSync(path).filter((name) => /\.(pem|crt|cer|\d+)$/.test(name));
  return distinct(files.flatMap((name) => optional(() => certificatesIn(readCapped(join(path, name)))) ?? []));
}

function readCapped(path: string): string {
  if (statSync(path).size > MAX_BUNDLE_BYTES) throw new Error(`${path} is too large for a certificate bundle`);
  return readFileSync(path, 'utf8');
}

/** Certificates alone: a private key that stands beside one is never copied. */
function certificatesIn(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g);
  return blocks ?? [];
}

function distinct(blocks: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const block of blocks) seen.set(block.replace(/\s+/g, ''), block);
  return [...seen.values()];
}

function pythonFolder(folder: string): string {
  const python = join(folder, 'python');
  makeFolder(python, 0o755);
  writeIfChanged(join(python, 'sitecustomize.py'), readFileSync(SITECUSTOMIZE), 0o644);
  return python;
}

/** wget reads one user file only and no CA variable: ours is a copy of the user's with one line more. */
function wgetrc(
  folder: string,
  bundleFile: string,
  env: ClientEnvInput['env'],
  merge: ClientEnvInput['merge'],
): string {
  const home = userFolder(env);
  const own = env['WGETRC'] ?? (home === null ? '' : join(home, '.wgetrc'));
  const lines = (optional(() => readFileSync(own, 'utf8')) ?? '').split(/\r?\n/);
  const ownCa = lines
    .findLast(isCaLine)
    ?.replace(/^[^=]*=\s*/, '')
    .trim();
  const kept = lines
    .filter((line) => !isCaLine(line))
    .join('\n')
    .trimEnd();
  const bundle = (ownCa === undefined || ownCa === '' ? null : merge(ownCa)) ?? bundleFile;
  // 0600: the user's file may hold passwords.
  return writeByContent(folder, 'wgetrc', '', `${kept}${kept === '' ? '' : '\n'}ca_certificate = ${bundle}\n`, 0o600);
}

function isCaLine(line: string): boolean {
  return /^\s*ca[-_]?certificate\s*=/i.test(line);
}

async function trustStore(folder: string, bundleFile: string): Promise<ClientEnvInput['javaTrustStore']> {
  const pem = readFileSync(bundleFile, 'utf8');
  const file = join(folder, `java-${digest(pem)}.p12`);
  if (!isFile(file)) {
    // Once per bundle: loading the encoder takes 70 ms, and `env` stands in shell start-up files.
    const { javaTrustStore } = await import('../ca/export.ts');
    writeIfChanged(file, javaTrustStore(pem), 0o644);
  }
  return { file, password: TRUST_STORE_PASSWORD };
}

function writeByContent(folder: string, stem: string, suffix: string, content: string, mode: number): string {
  const file = join(folder, `${stem}-${digest(content)}${suffix}`);
  writeIfChanged(file, content, mode);
  return file;
}

function digest(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** Whole or not at all: a client may be reading the old one. */
function writeIfChanged(file: string, content: string | Uint8Array, mode: number): void {
  const bytes = Buffer.from(content);
  if (optional(() => readFileSync(file))?.equals(bytes) === true) return;
  const fresh = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(fresh, bytes, { mode, flag: 'wx' });
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
}

function isFile(path: string): boolean {
  return optional(() => statSync(path).isFile()) === true;
}
