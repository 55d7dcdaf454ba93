/** `keys/authorities.json`: all that the local authority is, in one file, so that it is replaced whole or not at all. */
import { X509Certificate } from 'node:crypto';
import { messageOf } from '../core/errors.ts';
import { makeAuthority, nameConstraintsDer, signerOf, type Signer } from './certificate.ts';
import { pem } from './der.ts';
import { unusable } from './private-files.ts';

interface StoredIssuing {
  names: string[];
  /** PEM. */
  certificate: string;
  key: string;
}

interface StoredAuthority {
  fingerprint: string;
  created: string;
  expires: string;
  /** `base` is the list built in at the time; `added` came by `ca add`. */
  kind: 'base' | 'added';
  root: string;
  issuing: StoredIssuing[];
}

export interface AuthorityState {
  version: 1;
  /** SHA-256 of roots that `ca rotate` replaced. */
  retired: string[];
  authorities: StoredAuthority[];
}

/** One issuing CA, ready to mint. */
export interface Issuer {
  names: ReadonlySet<string>;
  signer: Signer;
  /** PEM of the issuing certificate: the server sends it after the leaf. */
  chain: string;
}

export function newStoredAuthority(
  kind: StoredAuthority['kind'],
  groups: readonly (readonly string[])[],
  wall: number,
): StoredAuthority {
  const made = makeAuthority(groups, wall);
  const root = new X509Certificate(made.root);
  return {
    kind,
    fingerprint: root.fingerprint256,
    created: new Date(wall).toISOString(),
    expires: new Date(root.validTo).toISOString(),
    root: pem('CERTIFICATE', made.root),
    issuing: made.issuing.map(({ names, certificate, key }) => ({
      names: [...names],
      certificate: pem('CERTIFICATE', certificate),
      key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    })),
  };
}

export function serialiseState(state: AuthorityState): string {
  return `${JSON.stringify(state, null, 1)}\n`;
}

/** Throws ca_unusable, naming `path`, for what is damaged or does not belong together. Nothing is ever repaired. */
export function parseState(text: string, path: string): { state: AuthorityState; issuers: Issuer[] } {
  try {
    const state = checkState(JSON.parse(text));
    return { state, issuers: state.authorities.flatMap(readIssuers) };
  } catch (error) {
    throw unusable(
      `${path} is damaged (${reasonOf(error)}): restore it from a backup, or remove it together with certs/ca.pem for a new authority`,
      error,
    );
  }
}

function readIssuers(authority: StoredAuthority): Issuer[] {
  const root = new X509Certificate(authority.root);
  if (root.fingerprint256 !== authority.fingerprint) throw new Error('the root is not the one it was made with');
  return authority.issuing.map(({ names, certificate, key }) => {
    const issuing = new X509Certificate(certificate);
    if (!issuing.verify(root.publicKey)) throw new Error('an issuing certificate is not of its root');
    const signer = signerOf(issuing, key);
    if (!issuing.checkPrivateKey(signer.key)) throw new Error('a key does not fit its certificate');
    if (!issuing.raw.includes(nameConstraintsDer(names)))
      throw new Error('a list of names is not that of its certificate');
    return { names: new Set(names), signer, chain: certificate };
  });
}

function reasonOf(error: unknown): string {
  // A parser's message may quote what it read, and what it read holds keys.
  if (error instanceof SyntaxError) return 'not JSON';
  return messageOf(error);
}

/** By hand: a schema library cost the daemon 14 MB for this one file. Throws Error that names the place, not what is there. */
function checkState(value: unknown): AuthorityState {
  const state = fieldsOf(value, 'the top');
  if (state['version'] !== 1) throw new Error('wrong shape at version');
  return {
    version: 1,
    retired: listOf(state['retired'], 'retired', 0).map((item) => textOf(item, 'retired')),
    authorities: listOf(state['authorities'], 'authorities', 1).map(checkAuthority),
  };
}

function checkAuthority(value: unknown): StoredAuthority {
  const fields = fieldsOf(value, 'authorities');
  const text = (name: string): string => textOf(fields[name], `authorities.${name}`);
  const kind = text('kind');
  if (kind !== 'base' && kind !== 'added') throw new Error('wrong shape at authorities.kind');
  return {
    fingerprint: text('fingerprint'),
    created: text('created'),
    expires: text('expires'),
    kind,
    root: text('root'),
    issuing: listOf(fields['issuing'], 'authorities.issuing', 1).map(checkIssuing),
  };
}

function checkIssuing(value: unknown): StoredIssuing {
  const fields = fieldsOf(value, 'issuing');
  const names = listOf(fields['names'], 'issuing.names', 1).map((name) => textOf(name, 'issuing.names'));
  return {
    names,
    certificate: textOf(fields['certificate'], 'issuing.certificate'),
    key: textOf(fields['key'], 'issuing.key'),
  };
}

function fieldsOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`wrong shape at ${where}`);
  return value as Record<string, unknown>;
}

function listOf(value: unknown, where: string, atLeast: number): unknown[] {
  if (!Array.isArray(value) || value.length < atLeast) throw new Error(`wrong shape at ${where}`);
  return value;
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new Error(`wrong shape at ${where}`);
  return value;
}
