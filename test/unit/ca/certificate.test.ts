import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AUTHORITY_BACKDATE_MS,
  AUTHORITY_LIFE_MS,
  BACKDATE_MS,
  generateEcKey,
  isCertifiableName,
  keyIdOf,
  LEAF_LIFE_MS,
  makeAuthority,
  makeLeaf,
  nameConstraintsDer,
  signerOf,
} from '../../../src/ca/certificate.ts';
import { pem, time, encode } from '../../../src/ca/der.ts';
import { temporaryFolder } from '../../support/ca-home.ts';

const WALL = Math.floor(Date.now() / 1000) * 1000;
const DAY = 86_400_000;
const noOpenssl = spawnSync('openssl', ['version']).error !== undefined;
const LONG = `${'a'.repeat(60)}.openai.com`;

function authority(names: readonly string[] = ['openai.com', 'groq.com'], wall = WALL) {
  const made = makeAuthority([names], wall);
  const first = made.issuing[0];
  if (first === undefined) throw new Error('no issuing CA');
  const certificate = new X509Certificate(first.certificate);
  const key = first.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { root: new X509Certificate(made.root), issuing: certificate, signer: signerOf(certificate, key) };
}

function text(certificate: X509Certificate): string {
  return execFileSync('openssl', ['x509', '-noout', '-text'], { input: certificate.toString() }).toString();
}

/** As openssl prints them, in the order of the extensions: subject's, authority's. */
function identifiers(certificate: X509Certificate): string[] {
  return [...text(certificate).matchAll(/Key Identifier:\s+(?:keyid:)?([0-9A-F:]{59})/g)].map(
    (match) => match[1] ?? '',
  );
}

function colons(id: Buffer): string {
  return id
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$&:');
}

/** What `openssl verify -x509_strict` says, errors included. */
function verify(made: ReturnType<typeof authority>, leaf: Buffer, ...args: string[]): string {
  const folder = temporaryFolder();
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const chain = ['-CAfile', file('root', made.root.toString()), '-untrusted', file('issuing', made.issuing.toString())];
  try {
    const end = file('leaf', pem('CERTIFICATE', leaf));
    return execFileSync('openssl', ['verify', '-x509_strict', ...args, ...chain, end], { stdio: 'pipe' }).toString();
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

describe('src/ca/certificate.ts', () => {
  it.skipIf(noOpenssl)('makes a chain that openssl verifies strictly', () => {
    const made = authority();
    const { publicKey } = generateEcKey();
    const leaf = makeLeaf(made.signer, 'api.openai.com', publicKey, WALL);
    expect(verify(made, leaf.der, '-verify_hostname', 'api.openai.com')).toMatch(/: OK/);
    expect(verify(made, makeLeaf(made.signer, 'openai.com', publicKey, WALL).der)).toMatch(/: OK/);
    expect(verify(made, makeLeaf(made.signer, LONG, publicKey, WALL).der, '-verify_hostname', LONG)).toMatch(/: OK/);
  });

  it.skipIf(noOpenssl)('cannot speak for a name outside its constraints, nor for what only ends alike', () => {
    const made = authority();
    const { publicKey } = generateEcKey();
    for (const host of ['www.example.com', 'notopenai.com', 'openai.com.example.org']) {
      expect(verify(made, makeLeaf(made.signer, host, publicKey, WALL).der)).toMatch(/permitted subtree violation/);
    }
  });

  it.skipIf(noOpenssl)('gives root and issuing CA the agreed extensions', () => {
    const { root, issuing } = authority();
    expect(text(root)).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:1\n/);
    expect(text(issuing)).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    for (const one of [root, issuing]) {
      expect(text(one)).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
      expect(text(one)).toMatch(/Name Constraints: critical\s+Permitted:\s+DNS:openai.com\s+DNS:groq.com\s+Excluded:/);
      expect(text(one)).toContain('IP:0.0.0.0/0.0.0.0');
      expect(text(one)).toContain('IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0');
      expect(text(one)).toContain('id-ecPublicKey');
      expect(text(one)).toContain('prime256v1');
    }
    expect(text(issuing)).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/);
  });

  it.skipIf(noOpenssl)('gives a leaf the agreed extensions', () => {
    const made = authority();
    const leaf = new X509Certificate(makeLeaf(made.signer, 'api.openai.com', generateEcKey().publicKey, WALL).der);
    expect(text(leaf)).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text(leaf)).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text(leaf)).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/);
    expect(leaf.subjectAltName).toBe('DNS:api.openai.com');
    expect(leaf.subject).toBe('CN=api.openai.com');
    expect(leaf.issuer).toBe(made.issuing.subject);
  });

  it.skipIf(noOpenssl)('names the key of the signer byte for byte', () => {
    const made = authority();
    const pair = generateEcKey();
    const leaf = new X509Certificate(makeLeaf(made.signer, 'groq.com', pair.publicKey, WALL).der);
    expect(identifiers(leaf)).toEqual([colons(keyIdOf(pair.publicKey)), colons(keyIdOf(made.issuing.publicKey))]);
    const [issuingId, rootId] = identifiers(made.issuing);
    expect([issuingId, rootId]).toEqual([
      colons(keyIdOf(made.issuing.publicKey)),
      colons(keyIdOf(made.root.publicKey)),
    ]);
    expect(identifiers(made.root)).toEqual([rootId]);
  });

  it.skipIf(noOpenssl)(
    'leaves the subject empty and marks the name critical when it is too long for a common name',
    () => {
      const made = authority();
      const leaf = new X509Certificate(makeLeaf(made.signer, LONG, generateEcKey().publicKey, WALL).der);
      expect(leaf.subject ?? '').toBe('');
      expect(text(leaf)).toContain('Subject Alternative Name: critical');
    },
  );

  it('dates an authority two years back, a leaf two days and 45 days at most', () => {
    const made = authority();
    const leaf = makeLeaf(made.signer, 'groq.com', generateEcKey().publicKey, WALL);
    expect(leaf.notBefore).toBe(WALL - BACKDATE_MS);
    expect(leaf.notAfter - leaf.notBefore).toBe(LEAF_LIFE_MS);
    expect(made.signer.notBefore).toBe(WALL - AUTHORITY_BACKDATE_MS);
    expect(made.signer.notAfter).toBe(WALL + AUTHORITY_LIFE_MS);
    const later = makeLeaf(made.signer, 'groq.com', generateEcKey().publicKey, WALL + 10 * DAY);
    expect(later.notBefore).toBe(WALL + 8 * DAY);
  });

  it('never dates a leaf beyond its signer', () => {
    const made = authority();
    const leaf = makeLeaf(made.signer, 'groq.com', generateEcKey().publicKey, made.signer.notAfter - DAY);
    expect(leaf.notAfter).toBe(made.signer.notAfter);
    const early = makeLeaf(made.signer, 'groq.com', generateEcKey().publicKey, made.signer.notBefore);
    expect(early.notBefore).toBe(made.signer.notBefore);
  });

  it('writes years from 2050 as GeneralizedTime', () => {
    expect(encode(time(Date.UTC(2049, 11, 31, 23, 59, 59))).toString('latin1')).toBe('\u0017\u000d491231235959Z');
    expect(encode(time(Date.UTC(2050, 0, 1))).toString('latin1')).toBe('\u0018\u000f20500101000000Z');
  });

  it('gives every certificate another positive serial number of at most 16 octets', () => {
    const made = authority();
    const { publicKey } = generateEcKey();
    const serials = new Set<string>();
    for (let round = 0; round < 500; round++) {
      const { serialNumber } = new X509Certificate(makeLeaf(made.signer, 'groq.com', publicKey, WALL).der);
      expect(serialNumber).toMatch(/^[0-9A-F]{32}$/);
      expect(Number.parseInt(serialNumber.slice(0, 2), 16)).toBeLessThan(0x80);
      serials.add(serialNumber);
    }
    expect(serials.size).toBe(500);
  });

  it('gives every authority another name', () => {
    expect(authority().root.subject).not.toBe(authority().root.subject);
  });

  it.each([
    ['upper case', 'API.openai.com'],
    ['a trailing dot', 'openai.com.'],
    ['an underscore', 'a_b.openai.com'],
    ['a hyphen in front', '-a.openai.com'],
    ['a wildcard', '*.openai.com'],
    ['a path', '../../openai.com'],
    ['a line break', 'openai.com\n'],
    ['NUL', 'openai.com\0.example.com'],
    ['an empty label', 'a..openai.com'],
    ['a label over 63', `${'a'.repeat(64)}.openai.com`],
    ['a name over 253', `${'a.'.repeat(122)}openai.com`],
    ['nothing', ''],
  ])('refuses %s', (_, host) => {
    expect(isCertifiableName(host)).toBe(false);
    expect(() => makeLeaf(authority().signer, host, generateEcKey().publicKey, WALL)).toThrow(TypeError);
  });

  it('accepts a name of 253 characters', () => {
    const host = `${'a.'.repeat(120)}bc.openai.com`;
    expect(host).toHaveLength(253);
    expect(isCertifiableName(host)).toBe(true);
    expect(isCertifiableName(`a${host}`)).toBe(false);
  });

  it('writes constraints that can be found again in the certificate', () => {
    const { issuing } = authority(['openai.com', 'groq.com']);
    expect(issuing.raw.includes(nameConstraintsDer(['openai.com', 'groq.com']))).toBe(true);
    expect(issuing.raw.includes(nameConstraintsDer(['openai.com']))).toBe(false);
  });
});
