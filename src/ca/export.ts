/** The public half of the authority in the forms that people and runtimes want. */
import { X509Certificate } from 'node:crypto';
import type { AuthorityInfo } from './authority.ts';
import { certificatesIn } from './bundle.ts';
import { bmpString, encode, integer, octets, oid, sequence, set, wrapped, type Node } from './der.ts';

const OID_DATA = '1.2.840.113549.1.7.1';
const OID_CERT_BAG = '1.2.840.113549.1.12.10.1.3';
const OID_X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const OID_FRIENDLY_NAME = '1.2.840.113549.1.9.20';
/** Oracle's mark: without it Java reads the certificate as part of no key's chain and ignores it. */
const OID_TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1';
const OID_ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';
const SHOWN_NAMES = 8;

export function exportPem(infos: readonly AuthorityInfo[]): string {
  return infos.map((info) => info.root_pem).join('');
}

/** DER of one root, for tools that take a single binary certificate (`certutil -addstore`, Android, iOS). */
export function exportDer(info: AuthorityInfo): Buffer {
  return new X509Certificate(info.root_pem).raw;
}

/** For `ca show`; one paragraph per root. */
export function describeAuthorities(infos: readonly AuthorityInfo[]): string {
  return infos.map(describeOne).join('\n\n');
}

function describeOne(info: AuthorityInfo): string {
  const { subject } = new X509Certificate(info.root_pem);
  const shown = info.names.slice(0, SHOWN_NAMES).join(', ');
  const more = info.names.length > SHOWN_NAMES ? ` and ${info.names.length - SHOWN_NAMES} more` : '';
  return [
    `${subject.split('\n').at(-1)?.replace(/^CN=/, '') ?? ''}${info.kind === 'added' ? ' (added)' : ''}`,
    `  SHA-256   ${info.fingerprint}`,
    `  valid     ${info.created.slice(0, 10)} to ${info.expires.slice(0, 10)}, ${info.days_left} days left`,
    `  only for  ${shown}${more}, and what is below them; never for an IP address`,
  ].join('\n');
}

/**
 * A PKCS#12 trust store of every certificate in `pem`. Java's trust store replaces its own roots, so give it the whole
 * bundle. Neither encrypted nor sealed with a MAC: it holds public certificates alone, every Java reads it with any
 * password or none, and a MAC with a well-known password would protect nothing.
 */
export function javaTrustStore(pem: string): Buffer {
  const bags = certificatesIn(pem).map(certificateBag);
  const contents = sequence(dataContent(encode(sequence(...bags))));
  return encode(sequence(integer(Uint8Array.of(3)), dataContent(encode(contents))));
}

function dataContent(der: Buffer): Node {
  return sequence(oid(OID_DATA), wrapped(0, octets(der)));
}

function certificateBag(certificate: X509Certificate): Node {
  // Java keeps one entry per alias.
  const alias = certificate.fingerprint256.replaceAll(':', '').slice(0, 32).toLowerCase();
  return sequence(
    oid(OID_CERT_BAG),
    wrapped(0, sequence(oid(OID_X509_CERTIFICATE), wrapped(0, octets(certificate.raw)))),
    set(
      sequence(oid(OID_FRIENDLY_NAME), set(bmpString(alias))),
      sequence(oid(OID_TRUSTED_KEY_USAGE), set(oid(OID_ANY_EXTENDED_KEY_USAGE))),
    ),
  );
}
