import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { buildBundle, certificatesIn } from '../../../src/ca/bundle.ts';
import { makeCa, makeLeaf } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/ca-home.ts';

const [ours, system, corporate] = [makeCa('ours').pem, makeCa('system').pem, makeCa('corporate').pem];
const none = { files: [], fingerprints: new Set<string>() };

function file(content: string): string {
  const path = join(temporaryFolder(), 'bundle.pem');
  writeFileSync(path, content);
  return path;
}

describe('src/ca/bundle.ts', () => {
  it('holds the roots of the system, then those configured, then ours', () => {
    const env = { REQUESTS_CA_BUNDLE: file(corporate) };
    expect(buildBundle([ours], env, none, [file(system)])).toBe(system + corporate + ours);
  });

  it.each(['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE', 'GIT_SSL_CAINFO'])(
    'reads %s',
    (name) => {
      expect(buildBundle([ours], { [name]: file(corporate) }, none, [file(system)])).toContain(corporate);
    },
  );

  it('holds each certificate once, however it is laid out', () => {
    const oneLine = corporate.replace(/\n(?!-----END)(?=[A-Za-z0-9+/])/g, '\r\n');
    const env = { SSL_CERT_FILE: file(`# note\n${oneLine}${system}`), CURL_CA_BUNDLE: file(corporate) };
    expect(certificatesIn(buildBundle([ours], env, none, [file(system)]))).toHaveLength(3);
  });

  it('takes the roots of Node where the system has none', () => {
    const bundle = buildBundle([ours], {}, none, ['/nonexistent/bundle.pem']);
    expect(certificatesIn(bundle).length).toBe(rootCertificates.length + 1);
  });

  it('never takes a private key along', () => {
    const leaf = makeLeaf(makeCa(), { dns: ['example.com'] });
    const bundle = buildBundle([ours], { SSL_CERT_FILE: file(leaf.key + leaf.cert + leaf.key) }, none, [file(system)]);
    expect(bundle).not.toContain('PRIVATE');
    expect(certificatesIn(bundle)).toHaveLength(3);
  });

  it('skips what is missing, empty, broken or a folder', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const env = {
      SSL_CERT_FILE: '',
      CURL_CA_BUNDLE: '/nonexistent',
      PIP_CERT: file(broken),
      AWS_CA_BUNDLE: temporaryFolder(),
    };
    expect(buildBundle([ours], env, none, [file(system)])).toBe(system + ours);
    const cut = system.replace(/[A-Za-z0-9+/]{64}\n/, '');
    expect(buildBundle([ours], env, none, [file(broken + cut + system)])).toBe(system + ours);
  });

  it('leaves out its own file and roots of ours that were rotated away', () => {
    const retired = makeCa('retired').pem;
    const bundleFile = file(corporate);
    const own = { files: [bundleFile], fingerprints: new Set([new X509Certificate(retired).fingerprint256]) };
    const env = { SSL_CERT_FILE: bundleFile, CURL_CA_BUNDLE: file(retired) };
    expect(buildBundle([ours], env, own, [file(system)])).toBe(system + ours);
  });
});
