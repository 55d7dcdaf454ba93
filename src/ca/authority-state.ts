/** `keys/authorities.json`: all that the local authority is, in one file, so that it is replaced whole or not at all. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import { makeAuthority, nameConstraintsDer, signerOf, type Signer } from './certificate.ts';
import { pem } from './der.ts';
import { unusable } from './private-files.ts';

const issuingSchema = z.object({
  names: z.array(z.string()).min(1),
  certificate: z.string(),
  key: z.string(),
});

const authoritySchema = z.object({
  fingerprint: z.string(),
  created: z.string(),
  expires: z.string(),
  /** `base` is the list built in at the time; `added` came by `ca add`. */
  kind: z.enum(['base', 'added']),
  root: z.string(),
  issuing: z.array(issuingSchema).min(1),
});

const stateSchema = z.object({
  version: z.literal(1),
  /** SHA-256 of roots that `ca rotate` replaced. */
  retired: z.array(z.string()),
  authorities: z.array(authoritySchema).min(1),
});

export type AuthorityState = z.infer<typeof stateSchema>;
type StoredAuthority = AuthorityState['authorities'][number];

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
    const state = stateSchema.parse(JSON.parse(text));
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
  if (error instanceof z.ZodError) return `wrong shape at ${error.issues[0]?.path.join('.') ?? '?'}`;
  return messageOf(error);
}
