import { describe, expect, it } from 'vitest';
import {
  BACKUP_VARIABLE,
  backupValue,
  clientVariables,
  hidingExemptions,
  restoreOf,
  withoutClientEnv,
  type ClientEnvInput,
} from '../../../src/cli/client-env.ts';

function input(over: Partial<ClientEnvInput> = {}): ClientEnvInput {
  return {
    proxyUrl: 'http://127.0.0.1:8080',
    caFile: '/home/ca.pem',
    bundleFile: '/home/bundle.pem',
    env: {},
    platform: 'linux',
    merge: (existing) => `/merged${existing}`,
    nodePreload: '/dist/node-proxy.cjs',
    pythonFolder: '/run/python',
    wgetrc: '/run/wgetrc',
    javaTrustStore: { file: '/run/trust.p12', password: 'changeit' },
    ...over,
  };
}

function values(over: Partial<ClientEnvInput> = {}): Record<string, string> {
  return Object.fromEntries(clientVariables(input(over)).map(({ name, value }) => [name, value]));
}

describe('cli/client-env', () => {
  it('names the proxy in both cases', () => {
    const set = values();
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) {
      expect(set[name], name).toBe('http://127.0.0.1:8080');
    }
    expect(set['NODE_USE_ENV_PROXY']).toBe('1');
  });

  it('sets upper-case names alone on Windows, where names have no case', () => {
    const names = Object.keys(values({ platform: 'win32' }));
    expect(new Set(names.map((name) => name.toUpperCase())).size).toBe(names.length);
  });

  it('keeps the exemptions of the user and adds loopback and the metadata addresses', () => {
    const set = values({ env: { NO_PROXY: 'corp.example, 10.0.0.1', no_proxy: '.lan,localhost' } });
    const entries = (set['NO_PROXY'] ?? '').split(',');
    expect(entries).toEqual(expect.arrayContaining(['corp.example', '10.0.0.1', '.lan', '127.0.0.1', '::1']));
    expect(entries).toEqual(expect.arrayContaining(['169.254.169.254', 'metadata.google.internal', '100.100.100.200']));
    expect(entries.filter((entry) => entry === 'localhost')).toHaveLength(1);
    // httpx makes every client fail on an address in brackets.
    expect(entries.filter((entry) => entry.includes('['))).toEqual([]);
    expect(set['no_proxy']).toBe(set['NO_PROXY']);
  });

  it('gives our roots to what adds, and the bundle to what replaces', () => {
    const set = values();
    for (const name of ['NODE_EXTRA_CA_CERTS', 'DENO_CERT', 'CODEX_CA_CERTIFICATE'])
      expect(set[name]).toBe('/home/ca.pem');
    const replacing = clientVariables(input()).filter(({ kind }) => kind === 'ca-replaces');
    expect(replacing.map(({ name }) => name)).toEqual([
      'SSL_CERT_FILE',
      'REQUESTS_CA_BUNDLE',
      'CURL_CA_BUNDLE',
      'AWS_CA_BUNDLE',
      'PIP_CERT',
      'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
      'GIT_SSL_CAINFO',
      'HTTPLIB2_CA_CERTS',
      'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE',
      'NIX_SSL_CERT_FILE',
    ]);
    expect(new Set(replacing.map(({ value }) => value))).toEqual(new Set(['/home/bundle.pem']));
  });

  it('merges with a bundle that the user has configured, per variable', () => {
    const set = values({
      env: { NODE_EXTRA_CA_CERTS: '/corp.pem', REQUESTS_CA_BUNDLE: '/other.pem', SSL_CERT_FILE: '' },
    });
    expect(set['NODE_EXTRA_CA_CERTS']).toBe('/merged/corp.pem');
    expect(set['REQUESTS_CA_BUNDLE']).toBe('/merged/other.pem');
    expect(set['SSL_CERT_FILE']).toBe('/home/bundle.pem');
  });

  it('falls back on our files when what is configured cannot be read', () => {
    const set = values({ env: { NODE_EXTRA_CA_CERTS: '/gone', CURL_CA_BUNDLE: '/gone' }, merge: () => null });
    expect(set['NODE_EXTRA_CA_CERTS']).toBe('/home/ca.pem');
    expect(set['CURL_CA_BUNDLE']).toBe('/home/bundle.pem');
  });

  it('extends NODE_OPTIONS, PYTHONPATH and JAVA_TOOL_OPTIONS rather than replacing them', () => {
    const set = values({
      env: { NODE_OPTIONS: '--max-old-space-size=99', PYTHONPATH: '/mine', JAVA_TOOL_OPTIONS: '-Xmx1g' },
    });
    expect(set['NODE_OPTIONS']).toBe('--max-old-space-size=99 --require=/dist/node-proxy.cjs');
    expect(set['PYTHONPATH']).toBe('/run/python:/mine');
    expect(set['JAVA_TOOL_OPTIONS']).toMatch(/^-Xmx1g -Dhttp\.proxyHost=127\.0\.0\.1 -Dhttp\.proxyPort=8080 /);
  });

  it('quotes a path with spaces as Node and the JVM unquote it', () => {
    const set = values({
      nodePreload: String.raw`C:\My Files\x.cjs`,
      javaTrustStore: { file: '/my files/t.p12', password: 'changeit' },
    });
    expect(set['NODE_OPTIONS']).toBe(String.raw`--require="C:\\My Files\\x.cjs"`);
    expect(set['JAVA_TOOL_OPTIONS']).toContain('"-Djavax.net.ssl.trustStore=/my files/t.p12"');
  });

  it('leaves Java alone where it has a trust store of its own', () => {
    expect(values({ env: { JAVA_TOOL_OPTIONS: '-Djavax.net.ssl.trustStore=/corp.p12' } })).not.toHaveProperty(
      'JAVA_TOOL_OPTIONS',
    );
    expect(values({ javaTrustStore: null })).not.toHaveProperty('JAVA_TOOL_OPTIONS');
  });

  it('translates exemptions into the patterns of Java', () => {
    const java = values({ env: { NO_PROXY: '.corp.example' } })['JAVA_TOOL_OPTIONS'] ?? '';
    const hosts = /-Dhttp\.nonProxyHosts=([^" ]*)/.exec(java)?.[1]?.split('|');
    expect(hosts).toEqual(
      expect.arrayContaining(['corp.example', '*.corp.example', 'localhost', '127.*', '169.254.169.254']),
    );
  });

  it.each(['api.anthropic.com', '.anthropic.com', 'anthropic.com', '*.openai.com', '*', 'API.OPENAI.COM:443'])(
    'says that %s in NO_PROXY hides calls',
    (entry) => {
      expect(hidingExemptions({ NO_PROXY: entry })).toEqual([entry]);
    },
  );

  it('sees no harm in exemptions of other hosts', () => {
    expect(hidingExemptions({ NO_PROXY: 'evilanthropic.com,10.0.0.0/8,corp.example', no_proxy: 'com.' })).toEqual([]);
  });

  it('puts back exactly what was there before', () => {
    const before = { PATH: '/bin', NODE_OPTIONS: '--x', SSL_CERT_FILE: '' };
    const variables = clientVariables(input({ env: before }));
    const inside = {
      ...before,
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      [BACKUP_VARIABLE]: backupValue(variables, before),
    };
    expect(withoutClientEnv(inside)).toEqual(before);
  });

  it('leaves alone what was changed after it was set', () => {
    const variables = clientVariables(input());
    const env = { HTTPS_PROXY: 'http://other:1', [BACKUP_VARIABLE]: backupValue(variables, {}) };
    expect(withoutClientEnv(env)).toEqual({ HTTPS_PROXY: 'http://other:1' });
  });

  it.each(['', 'garbage', 'bnVsbA==', Buffer.from('{"before":1,"set":{}}').toString('base64')])(
    'restores nothing from the spoiled backup %j',
    (packed) => {
      const restore = restoreOf({ HTTPS_PROXY: 'x', [BACKUP_VARIABLE]: packed });
      expect(Object.keys(restore).filter((name) => name !== BACKUP_VARIABLE)).toEqual([]);
    },
  );
});
