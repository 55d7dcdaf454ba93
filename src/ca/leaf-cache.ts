import { constants, randomBytes, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import { isIpAddress, normaliseHost } from '../core/hosts.ts';
import type { Issuer } from './authority-state.ts';
import { generateEcKey, isCertifiableName, makeLeaf } from './certificate.ts';
import { isUnder } from './covered-names.ts';
import { pem } from './der.ts';

const DEFAULT_MAX = 500;
/** Node's own default, 300 s, makes an idle agent do a full handshake after each pause. */
const SESSION_SECONDS = 7200;

export interface LeafCacheOptions {
  /** Asked on each use, so that a reload after `ca add` or `ca rotate` needs no other call. */
  authority: { readonly issuers: readonly Issuer[] };
  clock: Clock;
  /** Contexts held at most. */
  max?: number;
}

interface Entry {
  context: SecureContext;
  notBefore: number;
  notAfter: number;
}

/** TLS contexts with a certificate for one host each, minted on first use and again before they end. */
export class LeafCache {
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, Entry>;
  /** One key for all leaves of a process: it never touches the disk. */
  readonly #publicKey: KeyObject;
  readonly #keyPem: string;
  /** Shared, so that a client resumes its session after its host's context was minted anew. */
  readonly #ticketKeys = randomBytes(48);
  readonly #authority: LeafCacheOptions['authority'];
  /** Of whom the held contexts are. */
  #issuers: readonly Issuer[];

  constructor(options: LeafCacheOptions) {
    const pair = generateEcKey();
    this.#clock = options.clock;
    this.#authority = options.authority;
    this.#issuers = options.authority.issuers;
    this.#entries = new LRUCache({ max: options.max ?? DEFAULT_MAX });
    this.#publicKey = pair.publicKey;
    this.#keyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    // The first mint of a process takes 7 ms instead of 1.3 (code not compiled yet): better now than in a call.
    const [first] = this.#issuers;
    const [name] = first?.names ?? [];
    if (name !== undefined) this.contextFor(name);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** False for names outside the constraints of every issuing CA, for IP addresses and for what is no name. */
  covers(host: string): boolean {
    const name = certifiable(host);
    return name !== null && this.#issuerOf(name) !== undefined;
  }

  /** Synchronous; about 1.3 ms when the host is new. Throws RangeError for a host that `covers` denies. */
  contextFor(host: string): SecureContext {
    const name = certifiable(host);
    const issuer = name === null ? undefined : this.#issuerOf(name);
    if (name === null || issuer === undefined) throw new RangeError('no authority covers this host');
    const wall = this.#clock.wall();
    const entry = this.#entries.get(name);
    if (entry !== undefined && isFresh(entry, wall)) return entry.context;
    // Outside the time of the issuing CA nothing better can be minted.
    if (entry !== undefined && (wall > issuer.signer.notAfter || wall < issuer.signer.notBefore)) return entry.context;
    const minted = this.#mint(name, issuer, wall);
    this.#entries.set(name, minted);
    return minted.context;
  }

  #mint(name: string, issuer: Issuer, wall: number): Entry {
    const leaf = makeLeaf(issuer.signer, name, this.#publicKey, wall);
    const context = createSecureContext({
      key: this.#keyPem,
      cert: pem('CERTIFICATE', leaf.der) + issuer.chain,
      minVersion: 'TLSv1.2',
      // A TLS 1.2 client may otherwise renegotiate without limit, at our cost.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
      sessionIdContext: 'llm-proxy',
      sessionTimeout: SESSION_SECONDS,
      ticketKeys: this.#ticketKeys,
    });
    return { context, notBefore: leaf.notBefore, notAfter: leaf.notAfter };
  }

  /** The oldest first: when `ca add` names a wider domain, what clients trusted before goes on under its old root. */
  #issuerOf(name: string): Issuer | undefined {
    const { issuers } = this.#authority;
    if (issuers !== this.#issuers) {
      this.#issuers = issuers;
      this.#entries.clear();
    }
    return issuers.find((issuer) => isUnder(name, issuer.names));
  }
}

/** At least a third of its life is left, and it is not of a future that a corrected clock took back. */
function isFresh(entry: Entry, wall: number): boolean {
  return wall >= entry.notBefore && entry.notAfter - wall > (entry.notAfter - entry.notBefore) / 3;
}

function certifiable(host: string): string | null {
  const name = normaliseHost(host);
  return name !== null && !isIpAddress(name) && isCertifiableName(name) ? name : null;
}
