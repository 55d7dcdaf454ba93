/**
 * Certificates of the local authority: root -> issuing CA -> leaf, all EC P-256, in the profile that every client
 * tried accepts (OpenSSL -x509_strict, Python >= 3.13, Go, Java, browsers; docs/decisions/0002). node-forge writes the
 * structure; keys and signatures are node:crypto's, for forge has no EC and its RSA would cost 30 ms a leaf.
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
  type X509Certificate,
} from 'node:crypto';
import {
  bits,
  boolean,
  decode,
  encode,
  integer,
  octets,
  oid,
  sequence,
  set,
  tagged,
  time,
  utf8,
  wrapped,
  type Node,
} from './der.ts';

const DAY = 86_400_000;
/** Clients whose clock is behind still accept what was minted a moment ago. */
export const BACKDATE_MS = 2 * DAY;
/** From notBefore to notAfter. Public leaves go down to 47 days in 2029: ours are not longer. */
export const LEAF_LIFE_MS = 45 * DAY;
/** From when it is made. */
export const AUTHORITY_LIFE_MS = 3650 * DAY;
/**
 * An authority is valid long before it was made: clients trust it still when the clock is set back, or when it was made
 * by a clock that was ahead.
 */
export const AUTHORITY_BACKDATE_MS = 730 * DAY;
/** RFC 5280, ub-common-name. */
const MAX_COMMON_NAME = 64;
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const POINT_BYTES = 65;
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

export interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** What signs leaves. */
export interface Signer {
  key: KeyObject;
  /** DER of the subject, as in the certificate. */
  subject: Buffer;
  keyId: Buffer;
  notBefore: number;
  notAfter: number;
}

/** The root's key exists nowhere any more. Certificates are DER. */
export interface NewAuthority {
  root: Buffer;
  issuing: { names: readonly string[]; certificate: Buffer; key: KeyObject }[];
}

export interface Leaf {
  der: Buffer;
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
}

interface Fields {
  subject: Node;
  issuer: Node;
  publicKey: KeyObject;
  signingKey: KeyObject;
  notBefore: number;
  notAfter: number;
  extensions: Node[];
}

export function generateEcKey(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** RFC 5280 4.2.1.2 (1): SHA-1 of the public point. */
export function keyIdOf(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha1').update(spki.subarray(-POINT_BYTES)).digest();
}

/** True for what may stand in a dNSName: letters, digits, hyphens, dots; lower case; not longer than DNS allows. */
export function isCertifiableName(host: string): boolean {
  return HOST.test(host);
}

/**
 * A root held to all names, and below it one issuing CA for each group of names. Java ignores the constraints of a
 * trust anchor, so the issuing CAs carry them too; all exclude every IP address. In groups, because the issuing
 * certificate goes over the wire with each handshake and is parsed into each context: 515 names cost 210 kB and 1.5 ms
 * a context, 64 names a fraction. Takes about 8 ms.
 */
export function makeAuthority(groups: readonly (readonly string[])[], wall: number): NewAuthority {
  // The suffix keeps two installs (or two rotations) apart: NSS refuses issuer + serial seen with another key.
  const suffix = randomBytes(4).toString('hex');
  const root = generateEcKey();
  const issuer = distinguishedName(`llm-proxy root ${suffix}`);
  const madeAt = wholeSeconds(wall);
  const dated = {
    issuer,
    signingKey: root.privateKey,
    notBefore: madeAt - AUTHORITY_BACKDATE_MS,
    notAfter: madeAt + AUTHORITY_LIFE_MS,
  };
  const rootDer = build({
    ...dated,
    subject: issuer,
    publicKey: root.publicKey,
    extensions: [
      ...authorityExtensions(1),
      subjectKeyId(root.publicKey),
      extension('2.5.29.30', true, nameConstraints(groups.flat())),
    ],
  });
  const issuing = groups.map((names, index) => {
    const pair = generateEcKey();
    const certificate = build({
      ...dated,
      subject: distinguishedName(`llm-proxy issuing ${suffix}-${index + 1}`),
      publicKey: pair.publicKey,
      extensions: [
        ...authorityExtensions(0),
        serverAuth(),
        subjectKeyId(pair.publicKey),
        authorityKeyId(keyIdOf(root.publicKey)),
        extension('2.5.29.30', true, nameConstraints(names)),
      ],
    });
    return { names, certificate, key: pair.privateKey };
  });
  return { root: rootDer, issuing };
}

/** The signer of an issuing certificate that was read back. */
export function signerOf(certificate: X509Certificate, keyPem: string): Signer {
  return {
    key: createPrivateKey(keyPem),
    subject: subjectOf(certificate.raw),
    keyId: keyIdOf(certificate.publicKey),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
}

/**
 * A server certificate for exactly `host` (lower case). Never valid outside its signer's own time. Takes about 0.5 ms.
 * Throws TypeError for what is no DNS name.
 */
export function makeLeaf(signer: Signer, host: string, publicKey: KeyObject, wall: number): Leaf {
  if (!isCertifiableName(host)) throw new TypeError('not a name that a certificate can hold');
  const notBefore = Math.max(wholeSeconds(wall) - BACKDATE_MS, signer.notBefore);
  const notAfter = Math.min(notBefore + LEAF_LIFE_MS, signer.notAfter);
  const named = host.length <= MAX_COMMON_NAME;
  const der = build({
    subject: named ? sequence(attribute('2.5.4.3', host)) : sequence(),
    issuer: decode(signer.subject),
    publicKey,
    signingKey: signer.key,
    notBefore,
    notAfter,
    extensions: [
      extension('2.5.29.19', true, sequence()),
      extension('2.5.29.15', true, bits(Uint8Array.of(0x80), 7)),
      serverAuth(),
      subjectKeyId(publicKey),
      authorityKeyId(signer.keyId),
      // RFC 5280 4.2.1.6: critical when the subject is empty; Python's strict mode checks it.
      extension('2.5.29.17', !named, sequence(tagged(2, Buffer.from(host)))),
    ],
  });
  return { der, notBefore, notAfter };
}

/** The value of the constraints extension, to check that a certificate carries exactly these names. */
export function nameConstraintsDer(names: readonly string[]): Buffer {
  return encode(nameConstraints(names));
}

/**
 * Permitted names (each with all below it), and every IP address excluded: without the latter a leaf that has only an
 * address would pass, since a name constraint says nothing of other kinds of names.
 */
function nameConstraints(names: readonly string[]): Node {
  const permitted = names.map((name) => sequence(tagged(2, Buffer.from(name))));
  const everyIpv4 = sequence(tagged(7, new Uint8Array(8)));
  const everyIpv6 = sequence(tagged(7, new Uint8Array(32)));
  return sequence(wrapped(0, ...permitted), wrapped(1, everyIpv4, everyIpv6));
}

/** X.509 has no smaller unit; what is told of a certificate is what stands in it. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function build(fields: Fields): Buffer {
  const algorithm = sequence(oid(ECDSA_SHA256));
  const tbs = sequence(
    wrapped(0, integer(Uint8Array.of(2))),
    integer(serial()),
    algorithm,
    fields.issuer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    decode(fields.publicKey.export({ type: 'spki', format: 'der' })),
    wrapped(3, sequence(...fields.extensions)),
  );
  const signature = sign('sha256', encode(tbs), fields.signingKey);
  return encode(sequence(tbs, algorithm, bits(signature)));
}

/** 127 random bits, positive, minimal as DER wants it. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = Math.max(1, (bytes[0] ?? 0) & 0x7f);
  return bytes;
}

function distinguishedName(commonName: string): Node {
  return sequence(attribute('2.5.4.10', 'llm-proxy'), attribute('2.5.4.3', commonName));
}

function attribute(type: string, value: string): Node {
  return set(sequence(oid(type), utf8(value)));
}

function extension(id: string, critical: boolean, value: Node): Node {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(encode(value)));
}

function authorityExtensions(pathLength: number): Node[] {
  return [
    extension('2.5.29.19', true, sequence(boolean(true), integer(Uint8Array.of(pathLength)))),
    // keyCertSign, cRLSign
    extension('2.5.29.15', true, bits(Uint8Array.of(0x06), 1)),
  ];
}

function serverAuth(): Node {
  return extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1')));
}

function subjectKeyId(publicKey: KeyObject): Node {
  return extension('2.5.29.14', false, octets(keyIdOf(publicKey)));
}

function authorityKeyId(keyId: Buffer): Node {
  return extension('2.5.29.35', false, sequence(tagged(0, keyId)));
}

/** Steps over the fields before the subject; parsing all of a 20 kB certificate would cost 3 ms of every start. */
function subjectOf(certificate: Buffer): Buffer {
  let at = contentOf(certificate, contentOf(certificate, 0).start).start;
  // version, serial, algorithm, issuer, validity
  for (let field = 0; field < 5; field++) at = contentOf(certificate, at).end;
  return certificate.subarray(at, contentOf(certificate, at).end);
}

function contentOf(der: Buffer, at: number): { start: number; end: number } {
  const first = der.readUInt8(at + 1);
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const lengthBytes = first & 0x7f;
  const start = at + 2 + lengthBytes;
  return { start, end: start + der.readUIntBE(at + 2, lengthBytes) };
}
