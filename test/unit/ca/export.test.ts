import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Authority } from '../../../src/ca/authority.ts';
import { describeAuthorities, exportDer, exportPem, javaTrustStore } from '../../../src/ca/export.ts';
import { makeCa } from '../../support/certificates.ts';
import { caOptions, temporaryFolder } from '../../support/ca-home.ts';

const noKeytool = spawnSync('keytool', ['-help']).error !== undefined;
const noOpenssl = spawnSync('openssl', ['version']).error !== undefined;

describe('src/ca/export.ts', () => {
  it('exports roots as PEM and DER', async () => {
    const infos = (await Authority.open(caOptions(temporaryFolder()))).describe();
    expect(new X509Certificate(exportPem(infos)).fingerprint256).toBe(infos[0]?.fingerprint);
    expect(new X509Certificate(exportDer(infos[0]!)).fingerprint256).toBe(infos[0]?.fingerprint);
  });

  it('describes each root for people', async () => {
    const authority = await Authority.open(caOptions(temporaryFolder()));
    await authority.addHosts(['llm.corp.example']);
    const text = describeAuthorities(authority.describe());
    for (const info of authority.describe()) expect(text).toContain(info.fingerprint);
    expect(text).toMatch(/llm-proxy root [0-9a-f]{8}\n/);
    expect(text).toMatch(/llm-proxy root [0-9a-f]{8} \(added\)\n/);
    expect(text).toMatch(/only for {2}anthropic\.com, .* and \d{3} more/);
    expect(text).toContain('only for  llm.corp.example, and what is below');
  });

  it.skipIf(noOpenssl)('makes a PKCS#12 file that openssl reads (skipped without openssl)', () => {
    const file = join(temporaryFolder(), 'trust.p12');
    writeFileSync(file, javaTrustStore(makeCa().pem + makeCa().pem));
    const printed = execFileSync('openssl', ['pkcs12', '-in', file, '-nokeys', '-passin', 'pass:', '-nomacver'], {
      stdio: 'pipe',
    });
    expect(printed.toString().match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it.skipIf(noKeytool)(
    'makes trusted entries of every certificate in the eyes of Java (skipped without keytool)',
    () => {
      const file = join(temporaryFolder(), 'trust.p12');
      writeFileSync(file, javaTrustStore(makeCa().pem + makeCa().pem + makeCa().pem));
      const list = execFileSync('keytool', ['-list', '-keystore', file, '-storepass', 'changeit'], {
        stdio: 'pipe',
      }).toString();
      expect(list.match(/trustedCertEntry/g)).toHaveLength(3);
    },
  );
});
