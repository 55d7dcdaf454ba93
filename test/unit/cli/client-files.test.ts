import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareClientFiles } from '../../../src/cli/client-files.ts';
import type { ClientEnvInput } from '../../../src/cli/client-env.ts';

function pem(name: string): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(name).toString('base64')}\n-----END CERTIFICATE-----\n`;
}
const KEY = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-files-'));
  writeFileSync(join(folder, 'ca.pem'), pem('ours'));
  writeFileSync(join(folder, 'bundle.pem'), pem('public') + pem('ours'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function prepare(env: ClientEnvInput['env'] = {}): Promise<ClientEnvInput> {
  return prepareClientFiles({
    daemon: {
      home: folder,
      proxyUrl: 'http://127.0.0.1:1',
      caFile: join(folder, 'ca.pem'),
      bundleFile: join(folder, 'bundle.pem'),
    },
    env: { HOME: folder, ...env },
    platform: 'linux',
  });
}

describe('cli/client-files', () => {
  it('merges what a configured file trusts with our roots, and copies no key', async () => {
    const corp = join(folder, 'corp.pem');
    writeFileSync(corp, pem('corp') + KEY);
    const merged = (await prepare()).merge(corp) ?? '';
    expect(readFileSync(merged, 'utf8')).toBe(pem('corp') + pem('ours'));
    expect(readFileSync(corp, 'utf8')).toContain('PRIVATE KEY');
  });

  it('merges a folder of certificates', async () => {
    const certs = join(folder, 'certs');
    mkdirSync(certs);
    writeFileSync(join(certs, 'a.pem'), pem('a'));
    writeFileSync(join(certs, 'notes.txt'), pem('no'));
    expect(readFileSync((await prepare()).merge(certs) ?? '', 'utf8')).toBe(pem('a') + pem('ours'));
  });

  it('leaves a file alone that trusts us already', async () => {
    const bundle = join(folder, 'bundle.pem');
    expect((await prepare()).merge(bundle)).toBe(bundle);
  });

  it.each(['missing.pem', 'empty.pem'])('gives null for %s', async (name) => {
    writeFileSync(join(folder, 'empty.pem'), 'nothing here');
    expect((await prepare()).merge(join(folder, name))).toBeNull();
  });

  it('gives different settings different files, and the same settings the same one', async () => {
    for (const name of ['x', 'y']) writeFileSync(join(folder, `${name}.pem`), pem(name));
    const first = await prepare();
    const x = first.merge(join(folder, 'x.pem'));
    expect((await prepare()).merge(join(folder, 'x.pem'))).toBe(x);
    expect(first.merge(join(folder, 'y.pem'))).not.toBe(x);
  });

  it("keeps the user's wgetrc, private as it may hold passwords, and merges its CA", async () => {
    writeFileSync(join(folder, 'corp.pem'), pem('corp'));
    writeFileSync(
      join(folder, '.wgetrc'),
      `tries = 3\nca_certificate = ${join(folder, 'corp.pem')}\npassword = hunter2\n`,
    );
    const file = (await prepare()).wgetrc ?? '';
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^tries = 3\npassword = hunter2\nca_certificate = /);
    expect(readFileSync(/ca_certificate = (.*)\n$/.exec(text)?.[1] ?? '', 'utf8')).toContain(pem('corp'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('makes a trust store once per bundle', async () => {
    const file = (await prepare()).javaTrustStore?.file ?? '';
    const { ino } = statSync(file);
    expect((await prepare()).javaTrustStore?.file).toBe(file);
    expect(statSync(file).ino).toBe(ino);
    writeFileSync(join(folder, 'bundle.pem'), pem('public'));
    expect((await prepare()).javaTrustStore?.file).not.toBe(file);
  });

  it('leaves no temporary file behind', async () => {
    await prepare();
    await prepare();
    expect(readdirSync(join(folder, 'run', 'clients')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.skipIf(spawnSync('python3', ['-V']).status !== 0)(
    'puts a sitecustomize on the path that lets the hidden one run',
    async () => {
      const mine = join(folder, 'mine');
      mkdirSync(mine);
      writeFileSync(join(mine, 'sitecustomize.py'), 'import sys\nsys.hidden_ran = True\n');
      const env = { ...process.env, PYTHONPATH: `${(await prepare()).pythonFolder}:${mine}` };
      const printed = execFileSync('python3', ['-c', 'import sys; print(sys.hidden_ran)'], { env, encoding: 'utf8' });
      expect(printed.trim()).toBe('True');
    },
  );
});
