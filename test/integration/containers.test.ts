import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { clientVariables } from '../../src/cli/client-env.ts';
import { OPTIONS, variableOf } from '../../src/config/options.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const compose = read('llm-services-compose.yml');
const dockerfile = read('docker/Dockerfile');
const docs = read('docs/containers.md');

/** The lines below `key:` that are indented deeper than it. */
function block(text: string, key: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trimStart().startsWith(`${key}:`));
  if (start === -1) throw new Error(`no ${key} in the file`);
  const depth = indent(lines[start]!);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && indent(line) <= depth);
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

function indent(line: string): number {
  return line.length - line.trimStart().length;
}

/** `NAME: value` lines, with what `&anchor` names put where `*anchor` stands. */
function mapping(text: string): Record<string, string> {
  const entries = [...text.matchAll(/^ +(\w+): (?:&(\w+) )?(.*)$/gm)];
  const anchors = new Map(entries.map(([, , anchor, value = '']) => [`*${anchor}`, value]));
  return Object.fromEntries(
    entries.map(([, name, , value = '']) => [name, (anchors.get(value) ?? value).replace(/^"(.*)"$/, '$1')]),
  );
}

function service(name: string): string {
  return block(block(compose, 'services'), name);
}

function volumesOf(name: string): string[] {
  const list = /^ +volumes: (\[.*\])$/m.exec(service(name))?.[1];
  return JSON.parse(list ?? '[]') as string[];
}

describe('llm-services-compose.yml', () => {
  it('sets for its clients what `env` sets, less what needs files of this machine', () => {
    const variables = clientVariables({
      proxyUrl: 'http://llm-proxy:8080',
      caFile: '/certs/ca.pem',
      bundleFile: '/certs/bundle.pem',
      env: {},
      platform: 'linux',
      merge: () => null,
      nodePreload: null,
      pythonFolder: null,
      wgetrc: null,
      javaTrustStore: null,
    });
    const expected = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    expect(mapping(block(compose, 'x-llm-proxy-client'))).toStrictEqual(expected);
    expect(service('llm-service')).toContain('<<: *llm-proxy-client');
  });

  it('mounts private state into the proxy and its init alone, and certificates read-only into the service', () => {
    expect(volumesOf('llm-proxy')).toStrictEqual(['state:/state', 'certs:/certs', './logs:/logs']);
    expect(volumesOf('llm-proxy-init')).toStrictEqual(volumesOf('llm-proxy'));
    expect(volumesOf('llm-service')).toStrictEqual(['certs:/certs:ro']);
    expect(compose.match(/state:\/state/g)).toHaveLength(2);
  });

  it('publishes the admin port on loopback, and not the proxy port', () => {
    const published = [...compose.matchAll(/^ +- "([^"]+:\d+)"$/gm)].map(([, port]) => port);
    expect(published).toStrictEqual(['127.0.0.1:8081:8081', '127.0.0.1:8000:8000']);
  });

  it('takes every right from the proxy that it does not need', () => {
    for (const line of ['read_only: true', 'cap_drop: [ALL]', 'no-new-privileges:true', 'tmpfs: [/tmp]'])
      expect(service('llm-proxy')).toContain(line);
    expect(service('llm-proxy')).not.toContain('cap_add');
  });
});

describe('docker/Dockerfile', () => {
  it('names only variables that the daemon knows, and only mounted folders', () => {
    const named = [...dockerfile.matchAll(/\b(LLM_PROXY_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
    const known = new Set<string>(['LLM_PROXY_HOME', ...OPTIONS.map(variableOf)]);
    expect(named.filter(([name]) => !known.has(name!))).toStrictEqual([]);
    expect(named.map(([, folder]) => `${folder}`)).toStrictEqual(['/state', '/certs', '/logs']);
    expect(dockerfile).toContain('VOLUME ["/state", "/certs", "/logs"]');
  });

  it('ends as a user, with a healthcheck and a stop signal', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER 65532:65532$/m);
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(last).toMatch(/^HEALTHCHECK .* CMD \["node", "\/app\/healthcheck.mjs"\]$/m);
    expect(last).not.toMatch(/^COPY (?!--from=build |docker\/healthcheck.mjs )/m);
  });

  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) => names!.split(' '));

  it('gets from the build context only what the build reads', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(allowed.toSorted()).toStrictEqual(copied.toSorted());
    expect(read('.dockerignore').split('\n')[0]).toBe('**');
  });

  it('finds all that it copies in the folder in which docker/try-sidecar.sh builds it', () => {
    const [, there = ''] = /cp -r (.+) "\$app\/"/.exec(read('docker/try-sidecar.sh')) ?? [];
    expect(there.split(' ')).toEqual(expect.arrayContaining(copied.map((name) => name.split('/')[0])));
  });
});

describe('docs/containers.md', () => {
  it('names every mount, port and variable of the compose file', () => {
    const variables = [...compose.matchAll(/\$\{(LLM_PROXY_\w+)/g)].map(([, name]) => name!);
    const mounts = ['`state`', '`certs`', '`./logs`', '8080', '8081', '*llm-proxy-client'];
    expect([...variables, ...mounts].filter((name) => !docs.includes(name))).toStrictEqual([]);
  });

  it('names only options that exist', () => {
    const known = ['LLM_PROXY_UID', 'LLM_PROXY_GID', 'LLM_PROXY_BASE_IMAGE', ...OPTIONS.map(variableOf)];
    const named = [...docs.matchAll(/\bLLM_PROXY_[A-Z_]*[A-Z]\b/g)].map(([name]) => name);
    expect(named.filter((name) => !known.includes(name))).toStrictEqual([]);
  });
});

describe('docker/try-sidecar.sh', () => {
  it('says what is missing and succeeds on a machine without podman', () => {
    const { status, stdout } = spawnSync('/bin/bash', [join(root, 'docker/try-sidecar.sh')], {
      env: { PATH: '/nonexistent' },
      encoding: 'utf8',
    });
    expect({ status, stdout }).toStrictEqual({
      status: 0,
      stdout: expect.stringMatching(/^SKIPPED: .*podman is missing/),
    });
  });
});
