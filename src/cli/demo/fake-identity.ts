import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import { FAKE_HOSTS } from './fake-providers.ts';

const HOUR_MS = 3_600_000;

/** A key and a self-signed certificate for the fake hosts; good for a day, trusted by nobody but who is told to. */
export function makeFakeIdentity(wall: number): { key: string; cert: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signer = forge.pki.privateKeyFromPem(key);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.rsa.setPublicKey(signer.n, signer.e);
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(wall - HOUR_MS);
  certificate.validity.notAfter = new Date(wall + 24 * HOUR_MS);
  const name = [{ name: 'commonName', value: 'llm-proxy demo' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'subjectAltName', altNames: FAKE_HOSTS.map((value) => ({ type: 2, value })) },
  ]);
  certificate.sign(signer, forge.md.sha256.create());
  return { key, cert: forge.pki.certificateToPem(certificate) };
}
