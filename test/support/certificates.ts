import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import forge from 'node-forge';

type Asn1 = forge.asn1.Asn1;

const { asn1 } = forge;
// @types/node-forge 1.3 does not know getTBSCertificate.
const pki = forge.pki as typeof forge.pki & { getTBSCertificate(certificate: forge.pki.Certificate): Asn1 };
const DAY = 86_400_000;

export interface TestCa {
  pem: string;
  key: KeyObject;
  subject: forge.pki.CertificateField[];
  keyId: Buffer;
}

export interface TestLeaf {
  cert: string;
  key: string;
}

export interface LeafOptions {
  dns?: readonly string[];
  ip?: readonly string[];
  notBefore?: Date;
  days?: number;
}

/** A self-signed EC authority; takes about 2 ms. */
export function makeCa(name = 'test authority'): TestCa {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = [{ shortName: 'CN', value: `${name} ${randomBytes(4).toString('hex')}` }];
  const extensions = [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    keyIdentifier(pair.publicKey),
  ];
  const pem = build({
    subject,
    issuer: subject,
    publicKey: pair.publicKey,
    signer: pair.privateKey,
    days: 30,
    extensions,
  });
  return { pem, key: pair.privateKey, subject, keyId: keyId(pair.publicKey) };
}

export function makeLeaf(ca: TestCa, options: LeafOptions): TestLeaf {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = [
    ...(options.dns ?? []).map((value) => ({ type: 2, value })),
    ...(options.ip ?? []).map((ip) => ({ type: 7, ip })),
  ];
  const extensions = [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    keyIdentifier(pair.publicKey),
    { name: 'subjectAltName', altNames: names },
  ];
  const cert = build({
    subject: [{ shortName: 'CN', value: options.dns?.[0] ?? 'leaf' }],
    issuer: ca.subject,
    publicKey: pair.publicKey,
    signer: ca.key,
    days: options.days ?? 10,
    ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
    extensions,
  });
  return { cert, key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

interface BuildOptions {
  subject: forge.pki.CertificateField[];
  issuer: forge.pki.CertificateField[];
  publicKey: KeyObject;
  signer: KeyObject;
  days: number;
  notBefore?: Date;
  extensions: object[];
}

/** node-forge has no EC keys: it writes the structure, node:crypto the key and the signature. */
function build(options: BuildOptions): string {
  const certificate = pki.createCertificate();
  certificate.serialNumber = `1${randomBytes(15).toString('hex')}0`;
  certificate.validity.notBefore = options.notBefore ?? new Date(Date.now() - 2 * DAY);
  certificate.validity.notAfter = new Date(certificate.validity.notBefore.getTime() + options.days * DAY);
  certificate.setSubject(options.subject);
  certificate.setIssuer(options.issuer);
  certificate.publicKey = pki.setRsaPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'));
  const rsa = pki.oids['sha256WithRSAEncryption'] ?? '';
  certificate.signatureOid = rsa;
  certificate.siginfo.algorithmOid = rsa;
  certificate.setExtensions(options.extensions);
  const tbs = pki.getTBSCertificate(certificate);
  const fields = tbs.value as Asn1[];
  const algorithm = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer('1.2.840.10045.4.3.2').getBytes()),
  ]);
  fields[2] = algorithm;
  fields[6] = asn1.fromDer(options.publicKey.export({ type: 'spki', format: 'der' }).toString('binary'));
  const der = Buffer.from(asn1.toDer(tbs).getBytes(), 'binary');
  const signature = `\0${sign('sha256', der, options.signer).toString('binary')}`;
  const whole = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    tbs,
    algorithm,
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, signature),
  ]);
  const base64 = Buffer.from(asn1.toDer(whole).getBytes(), 'binary').toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${(base64.match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** SHA-1 of the public point, as RFC 5280 4.2.1.2 (1) has it. */
function keyId(key: KeyObject): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' });
  return createHash('sha1').update(spki.subarray(-65)).digest();
}

function keyIdentifier(key: KeyObject): object {
  const value = asn1
    .toDer(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, keyId(key).toString('binary')))
    .getBytes();
  return { id: '2.5.29.14', critical: false, value };
}
