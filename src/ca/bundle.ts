/** `bundle.pem`: what a client trusts that can be given one file only. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { pem } from './der.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Debian and Alpine, Fedora, openSUSE, older Red Hat, BSD and macOS. Company roots are installed there. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];
/** Variables by which people already told their programs whom to trust. */
const CONFIGURED = [
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'AWS_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'HTTPLIB2_CA_CERTS',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE',
  'CODEX_CA_CERTIFICATE',
  'DENO_CERT',
  'NIX_SSL_CERT_FILE',
];

/** What is ours and must not come back in by a variable that points at an older file of ours. */
export interface OwnFiles {
  files: readonly string[];
  /** SHA-256 of roots, today's and retired ones. */
  fingerprints: ReadonlySet<string>;
}

/** Every certificate of a PEM text; keys and whatever else stands there are left. Broken blocks are skipped. */
export function certificatesIn(text: string): X509Certificate[] {
  return (text.match(CERTIFICATE) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/**
 * Public roots (the system's, else Node's) + bundles named in `env` + `roots`, each certificate once. PEM.
 * A bundle that cannot be read is skipped: its programs could not have used it either.
 */
export function buildBundle(
  roots: readonly string[],
  env: NodeJS.ProcessEnv,
  own: OwnFiles,
  systemBundles: readonly string[] = SYSTEM_BUNDLES,
): string {
  const system = firstReadable(systemBundles) ?? { path: null, text: rootCertificates.join('\n') };
  const seen = new Set([...own.files.map(realPath), ...(system.path === null ? [] : [realPath(system.path)])]);
  const configured: Uint8Array[] = [];
  for (const name of CONFIGURED) {
    const path = env[name];
    if (path === undefined || path === '' || seen.has(realPath(path))) continue;
    seen.add(realPath(path));
    configured.push(...certificatesIn(readOr(path, '')).map(({ raw }) => raw));
  }
  const unique = new Map<string, string>();
  for (const der of [...framedIn(system.text), ...configured]) {
    const fingerprint = fingerprintOf(der);
    if (!own.fingerprints.has(fingerprint)) unique.set(fingerprint, pem('CERTIFICATE', der));
  }
  return [...unique.values(), ...roots].join('');
}

/**
 * The system's own certificates, by their frame alone: to parse 150 of them takes longer than all else that the
 * authority does at a start, and what the system trusts is not ours to judge.
 */
function framedIn(text: string): Uint8Array[] {
  return (text.match(CERTIFICATE) ?? []).flatMap((block) => {
    const der = Buffer.from(block.slice(block.indexOf('\n'), block.lastIndexOf('-----END')), 'base64');
    return isOneSequence(der) ? [der] : [];
  });
}

/** DER: SEQUENCE, a length of two bytes (of any certificate), and just so many bytes. */
function isOneSequence(der: Uint8Array): boolean {
  return der[0] === 0x30 && der[1] === 0x82 && der.length === 4 + (der[2] ?? 0) * 256 + (der[3] ?? 0);
}

/** As X509Certificate.fingerprint256. */
function fingerprintOf(der: Uint8Array): string {
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase();
  return (hex.match(/../g) ?? []).join(':');
}

function firstReadable(paths: readonly string[]): { path: string; text: string } | null {
  for (const path of paths) {
    const text = readOr(path, '');
    if (text !== '') return { path, text };
  }
  return null;
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
