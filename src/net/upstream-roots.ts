import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { AppError, messageOf } from '../core/errors.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Debian and Alpine, Fedora, openSUSE, older Red Hat. Company roots are installed there. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
];

/**
 * The one context of all upstream connections: Node's roots, the system's, those of NODE_EXTRA_CA_CERTS and
 * SSL_CERT_FILE (as the program behind us would have trusted them), and the files of `--upstream-ca`.
 * Costs about 20 ms with a full list, so it is built once. Throws AppError `config_invalid` for a file of
 * `--upstream-ca` that cannot be read; the others are taken where they exist.
 */
export function upstreamContext(extraFiles: readonly string[], env: NodeJS.ProcessEnv): SecureContext {
  return createSecureContext({ ca: upstreamRoots(extraFiles, env) });
}

/** PEM of all authorities. @throws AppError `config_invalid` */
export function upstreamRoots(extraFiles: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const own = extraFiles.flatMap(readUpstreamCa);
  const found = [env['SSL_CERT_FILE'], env['NODE_EXTRA_CA_CERTS'], ...SYSTEM_BUNDLES].flatMap((file) =>
    readIfThere(file),
  );
  const unique = new Map([...rootCertificates, ...found, ...own].map((pem) => [pem.replace(/\s+/g, ''), pem]));
  return [...unique.values()];
}

function readUpstreamCa(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError('config_invalid', `upstream-ca ${file}: ${messageOf(error)}`, { cause: error });
  }
  const found = text.match(CERTIFICATE);
  if (found === null) throw new AppError('config_invalid', `upstream-ca ${file}: holds no PEM certificate`);
  return found;
}

function readIfThere(file: string | undefined): string[] {
  if (file === undefined || file === '') return [];
  try {
    return readFileSync(file, 'utf8').match(CERTIFICATE) ?? [];
  } catch {
    return [];
  }
}
