import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import { withLock } from '../core/file-lock.ts';
import { isIpAddress, normaliseHost } from '../core/hosts.ts';
import { makeFolder } from '../core/make-folder.ts';
import { newStoredAuthority, parseState, serialiseState, type AuthorityState, type Issuer } from './authority-state.ts';
import { buildBundle, certificatesIn } from './bundle.ts';
import { isCertifiableName } from './certificate.ts';
import { BASE_GROUPS, isTooWide, isUnder } from './covered-names.ts';
import {
  ensurePrivateFolder,
  publishPrivateFile,
  readPrivateFile,
  removeTemporaries,
  replacePrivateFile,
  replacePublicFile,
  unusable,
} from './private-files.ts';

const DAY = 86_400_000;
const EXPIRY_WARNING_DAYS = 60;

export interface AuthorityOptions {
  /** Private half: 0700, made when missing. */
  keysDir: string;
  /** Public half: `ca.pem`, `bundle.pem`. */
  certsDir: string;
  clock: Clock;
  /** Where bundles that are already configured (SSL_CERT_FILE and its kind) are looked for. */
  env: NodeJS.ProcessEnv;
}

/** One root, as people are shown it. */
export interface AuthorityInfo {
  kind: 'base' | 'added';
  /** SHA-256 of the root, `AB:CD:…`. */
  fingerprint: string;
  /** ISO 8601. */
  created: string;
  expires: string;
  days_left: number;
  /** Each with all below it. */
  names: string[];
  root_pem: string;
}

type PublicFile = readonly [path: string, content: string];

/** The local authority on disk: loaded, or made when there is none. Changes are seen by other processes on `reload`. */
export class Authority {
  readonly caFile: string;
  readonly bundleFile: string;
  readonly #options: AuthorityOptions;
  #state: AuthorityState;
  #issuers: readonly Issuer[];
  #unwritten: string | null = null;
  #text: string;

  private constructor(options: AuthorityOptions, text: string) {
    this.#options = options;
    this.caFile = join(options.certsDir, 'ca.pem');
    this.bundleFile = join(options.certsDir, 'bundle.pem');
    const { state, issuers } = parseState(text, stateFile(options));
    this.#state = state;
    this.#issuers = issuers;
    this.#text = text;
  }

  /** Any number of processes may do this at once on an empty home: all end with the same authority. Throws ca_unusable. */
  static async open(options: AuthorityOptions): Promise<Authority> {
    ensurePrivateFolder(options.keysDir);
    const text = readPrivateFile(stateFile(options)) ?? (await create(options));
    const authority = new Authority(options, text);
    if (authority.#publicFiles().some(([path, content]) => readPublic(path) !== content)) {
      // Under the lock, or what `ca add` writes meanwhile could be overwritten with what was read before.
      await locked(options, () => {
        authority.reload();
        authority.#writePublicFiles();
      }).catch((error: unknown) => authority.#serveUnwritten(error));
    }
    return authority;
  }

  get issuers(): readonly Issuer[] {
    return this.#issuers;
  }

  /** Why the bundle is not up to date; null = it is. */
  get unwritten(): string | null {
    return this.#unwritten;
  }

  /** @param host normalised. */
  covers(host: string): boolean {
    return this.#issuers.some((issuer) => isUnder(host, issuer.names));
  }

  describe(): AuthorityInfo[] {
    const wall = this.#options.clock.wall();
    return this.#state.authorities.map((authority) => ({
      kind: authority.kind,
      fingerprint: authority.fingerprint,
      created: authority.created,
      expires: authority.expires,
      days_left: Math.floor((Date.parse(authority.expires) - wall) / DAY),
      names: authority.issuing.flatMap((issuing) => issuing.names),
      root_pem: authority.root,
    }));
  }

  /** Roots that end within 60 days; the remedy is `rotate`. */
  expiring(): AuthorityInfo[] {
    return this.describe().filter((info) => info.days_left < EXPIRY_WARNING_DAYS);
  }

  /**
   * Makes one more root, for those of `hosts` that none covers yet. The roots that clients trust stay as they are.
   * Returns the names that are new. Throws ca_unusable for what must not have an authority (addresses, public
   * suffixes, whole clouds).
   */
  async addHosts(hosts: readonly string[]): Promise<string[]> {
    const wanted = new Set(hosts.map(nameToAdd));
    const fresh: string[] = [];
    await this.#change((state, issuers) => {
      for (const name of wanted) if (!issuers.some((issuer) => isUnder(name, issuer.names))) fresh.push(name);
      if (fresh.length === 0) return null;
      const added = newStoredAuthority('added', [fresh], this.#options.clock.wall());
      return { ...state, authorities: [...state.authorities, added] };
    });
    return fresh;
  }

  /** One new root over today's built-in list and all added names. The old state is kept beside it, under `retired-`. */
  async rotate(): Promise<void> {
    const wall = this.#options.clock.wall();
    const stamp = new Date(wall).toISOString().replace(/[:.]/g, '-');
    await this.#change((state, _, text) => {
      const base = new Set(BASE_GROUPS.flat());
      const added = state.authorities
        .flatMap((authority) => authority.issuing.flatMap((issuing) => issuing.names))
        .filter((name) => !isUnder(name, base));
      const groups = added.length === 0 ? BASE_GROUPS : [...BASE_GROUPS, [...new Set(added)]];
      const kept = join(this.#options.keysDir, `retired-${stamp}.json`);
      if (!publishPrivateFile(kept, text)) throw unusable(`${kept} exists already`);
      const retired = [...state.retired, ...state.authorities.map((authority) => authority.fingerprint)];
      return { ...state, retired, authorities: [newStoredAuthority('base', groups, wall)] };
    });
  }

  /** Reads what another process changed (`ca add`, `ca rotate`). True when something did. Throws ca_unusable. */
  reload(): boolean {
    const text = readPrivateFile(stateFile(this.#options));
    if (text === null) throw unusable(`${stateFile(this.#options)} is gone`);
    if (text === this.#text) return false;
    this.#adopt(text);
    return true;
  }

  /** The disk takes nothing, but what clients trust is there: an older list of public roots must not end all calls. */
  #serveUnwritten(error: unknown): void {
    const [[, roots]] = this.#publicFiles();
    if (readPublic(this.caFile) !== roots || readPublic(this.bundleFile) === null) throw error;
    this.#unwritten = messageOf(error);
  }

  async #change(
    next: (state: AuthorityState, issuers: readonly Issuer[], text: string) => AuthorityState | null,
  ): Promise<void> {
    await locked(this.#options, () => {
      this.reload();
      removeTemporaries(this.#options.keysDir);
      const state = next(this.#state, this.#issuers, this.#text);
      if (state === null) return;
      const text = serialiseState(state);
      replacePrivateFile(stateFile(this.#options), text);
      this.#adopt(text);
      this.#writePublicFiles();
    });
  }

  #adopt(text: string): void {
    const { state, issuers } = parseState(text, stateFile(this.#options));
    this.#state = state;
    this.#issuers = issuers;
    this.#text = text;
  }

  #publicFiles(): readonly [ca: PublicFile, bundle: PublicFile] {
    const roots = this.#state.authorities.map((authority) => authority.root);
    const ours = [...this.#state.retired, ...this.#state.authorities.map(({ fingerprint }) => fingerprint)];
    const own = { files: [this.caFile, this.bundleFile], fingerprints: new Set(ours) };
    return [
      [this.caFile, roots.join('')],
      [this.bundleFile, buildBundle(roots, this.#options.env, own)],
    ];
  }

  #writePublicFiles(): void {
    this.#checkCaFile();
    try {
      makeFolder(this.#options.certsDir, 0o755);
    } catch (error) {
      throw unusable(`cannot create ${this.#options.certsDir}: ${messageOf(error)}`, error);
    }
    for (const [path, content] of this.#publicFiles()) {
      if (readPublic(path) !== content) replacePublicFile(path, content);
    }
  }

  /** A root in ca.pem that the keys know nothing of: clients trust something whose key is lost or in another place. */
  #checkCaFile(): void {
    const known = new Set([...this.#state.retired, ...this.#state.authorities.map(({ fingerprint }) => fingerprint)]);
    for (const found of certificatesIn(readPublic(this.caFile) ?? '')) {
      if (!known.has(found.fingerprint256)) {
        throw unusable(
          `${this.caFile} and ${stateFile(this.#options)} belong to different authorities: ` +
            'restore the one that is wrong, or remove ca.pem to have it written anew',
        );
      }
    }
  }
}

function stateFile(options: AuthorityOptions): string {
  return join(options.keysDir, 'authorities.json');
}

function lockFile(options: AuthorityOptions): string {
  return join(options.keysDir, 'lock');
}

function locked<T>(options: AuthorityOptions, work: () => T): Promise<T> {
  return withLock(lockFile(options), work, { code: 'ca_unusable' });
}

/** Returns the text of whichever state is on disk in the end. */
async function create(options: AuthorityOptions): Promise<string> {
  const path = stateFile(options);
  return locked(options, () => {
    const existing = readPrivateFile(path);
    if (existing !== null) return existing;
    const caFile = join(options.certsDir, 'ca.pem');
    if (readPublic(caFile) !== null) {
      throw unusable(
        `${caFile} exists, but its keys (${path}) do not: restore them, or remove ca.pem for a new authority`,
      );
    }
    removeTemporaries(options.keysDir);
    const authorities = [newStoredAuthority('base', BASE_GROUPS, options.clock.wall())];
    const text = serialiseState({ version: 1, retired: [], authorities });
    if (publishPrivateFile(path, text)) return text;
    const winner = readPrivateFile(path);
    if (winner === null) throw unusable(`${path} disappears while it is read`);
    return winner;
  });
}

function nameToAdd(host: string): string {
  const name = normaliseHost(host);
  if (name === null) throw unusable(`${JSON.stringify(host)} is not a host name`);
  if (isIpAddress(name)) throw unusable(`${name} is an address; only names are intercepted over TLS`);
  if (!isCertifiableName(name)) throw unusable(`${name} cannot stand in a certificate`);
  if (isTooWide(name)) throw unusable(`${name} is shared by strangers; name the host itself`);
  return name;
}

function readPublic(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw unusable(`cannot read ${path}: ${messageOf(error)}`, error);
  }
}
