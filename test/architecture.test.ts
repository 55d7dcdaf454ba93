import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = resolve(dirname(fileURLToPath(import.meta.url)), '../src');

/** Room -> rooms it may import (itself and core always). src/README.md draws it. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  wire: [],
  config: [],
  ca: [],
  decoders: [],
  pricing: [],
  session: [],
  store: [],
  handover: [],
  providers: [],
  gateway: ['config', 'providers', 'decoders'],
  usage: ['decoders', 'providers'],
  net: ['wire', 'ca', 'config', 'gateway', 'providers', 'handover'],
  sinks: ['config', 'store'],
  // Conversations are read of what the store has, not of what passes.
  delivery: ['config', 'store', 'interchange', 'decoders', 'providers'],
  recorder: ['interchange', 'decoders', 'providers', 'usage', 'pricing', 'session', 'sinks', 'store', 'handover'],
  // Interchange reads conversations of any dialect for files; the dashboard shows them. Providers: their registry.
  admin: ['store', 'config', 'session', 'interchange', 'providers', 'delivery'],
  interchange: ['decoders', 'providers', 'store', 'usage'],
  cli: [
    'interchange',
    'main.ts',
    'recorder-config.ts',
    'delivery-config.ts',
    'delivery',
    'core',
    'config',
    'ca',
    'net',
    'admin',
    'store',
    'sinks',
    'recorder',
    'providers',
    'handover',
    'usage',
    'pricing',
    'session',
  ],
};

/** Built-ins that a pure room never touches. */
const PURE = ['wire', 'decoders', 'gateway', 'providers', 'usage', 'pricing', 'session'];
const IMPURE_MODULES = [
  'node:net',
  'node:http',
  'node:https',
  'node:tls',
  'node:http2',
  'node:dgram',
  'node:child_process',
];

interface Import {
  from: string;
  specifier: string;
  typeOnly: boolean;
}

function sources(): string[] {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found: Import[] = [];
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  for (const match of text.matchAll(pattern)) {
    found.push({ from: file, specifier: match[2] ?? match[3] ?? '', typeOnly: match[1] !== undefined });
  }
  return found;
}

function roomOf(file: string): string {
  const path = relative(src, file);
  return path.includes('/') ? (path.split('/')[0] ?? '') : path;
}

function targetOf(entry: Import): string | null {
  return entry.specifier.startsWith('.') ? resolve(dirname(entry.from), entry.specifier) : null;
}

/** `@scope/name/part` -> `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Everything that `entry` loads at run time, static and dynamic, ours and not. */
function reach(entry: string): Set<string> {
  const seen = new Set<string>();
  const queue = [join(src, entry)];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    seen.add(file);
    for (const found of importsOf(file)) {
      if (found.typeOnly) continue;
      const target = targetOf(found);
      if (target === null) seen.add(found.specifier);
      else queue.push(target);
    }
  }
  return seen;
}

describe('src', () => {
  it('has only the rooms that the design names', () => {
    const rooms = readdirSync(src, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted();
    expect(rooms.filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('follows the arrows between rooms', () => {
    const wrong: string[] = [];
    for (const file of sources()) {
      const room = roomOf(file);
      if (room.endsWith('.ts')) continue;
      for (const found of importsOf(file)) {
        const target = targetOf(found);
        if (target === null) continue;
        const to = roomOf(target);
        if (to === room || to === 'core' || MAY_IMPORT[room]?.includes(to)) continue;
        wrong.push(`${relative(src, file)} -> ${relative(src, target)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keeps sockets out of the pure rooms', () => {
    const wrong = sources()
      .filter((file) => PURE.includes(roomOf(file)))
      .flatMap(importsOf)
      .filter((found) => IMPURE_MODULES.includes(found.specifier))
      .map((found) => `${relative(src, found.from)} imports ${found.specifier}`);
    expect(wrong).toEqual([]);
  });

  it('imports only what an installation without the tools of development has', () => {
    const { dependencies } = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const strangers = sources()
      .flatMap(importsOf)
      .filter(({ specifier, typeOnly }) => !typeOnly && !/^(?:\.|node:)/.test(specifier))
      .filter(({ specifier }) => !(packageOf(specifier) in dependencies))
      .map((found) => `${relative(src, found.from)} imports ${found.specifier}`);
    expect(strangers).toEqual([]);
  });

  it('lets only the front door import http-mitm-proxy', () => {
    const users = sources()
      .flatMap(importsOf)
      .filter((found) => found.specifier === 'http-mitm-proxy')
      .map((found) => relative(src, found.from));
    expect(users).toEqual(['net/front-door.ts']);
  });

  it('keeps SQLite, prices and decoders out of the net thread', () => {
    const loaded = [...reach('main.ts')].map((file) => (file.startsWith('/') ? relative(src, file) : file));
    const heavy = loaded.filter((name) =>
      /sqlite|genai-prices|prom-client|^decoders\/|^store\/|^sinks\/|^usage\//.test(name),
    );
    expect(heavy).toEqual([]);
  });

  it('lets only the recorder thread count tokens, with a table of 40 MB that it loads when it must', () => {
    const users = sources().filter((file) => readFileSync(file, 'utf8').includes('gpt-tokenizer/'));
    expect(users.map((file) => relative(src, file))).toEqual(['usage/tokenizer.ts']);
    const loading = ['main.ts', 'admin/worker.ts', 'recorder/worker.ts'].filter((entry) =>
      reach(entry).has(join(src, 'usage/tokenizer.ts')),
    );
    expect(loading).toEqual(['recorder/worker.ts']);
  });

  it('keeps the net room out of the recorder and reader threads', () => {
    for (const entry of ['recorder/worker.ts', 'admin/worker.ts']) {
      const loaded = [...reach(entry)].map((file) => (file.startsWith('/') ? relative(src, file) : file));
      expect(loaded.filter((name) => /^net\/|http-mitm-proxy|node-forge/.test(name))).toEqual([]);
    }
  });

  it('has a newcomer page of at most 40 lines that names every room', () => {
    const page = readFileSync(join(src, 'README.md'), 'utf8');
    expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    const rooms = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rooms.map((room) => room.name).filter((name) => !page.includes(`${name}/`))).toEqual([]);
  });
});
