import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const app = resolve(dirname(fileURLToPath(import.meta.url)), '../../dashboard/src');
const daemon = resolve(app, '../../src');

const PIECES = ['api', 'url', 'format', 'keyboard', 'kit'];
/** Room -> rooms that it may import, itself always. dashboard/README.md says why. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  api: [],
  url: [],
  format: ['api'],
  keyboard: ['kit'],
  kit: ['api', 'format', 'keyboard', 'url'],
  frame: PIECES,
  call: PIECES,
  settings: PIECES,
  overview: [...PIECES, 'settings'],
  calls: [...PIECES, 'call', 'settings'],
  sessions: [...PIECES, 'call'],
  compare: [...PIECES, 'call'],
};

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function imports(): Import[] {
  return readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/gm),
      ].map(([, type, specifier = '']) => ({
        from: file,
        to: resolve(dirname(file), specifier),
        typeOnly: type !== undefined,
      })),
    );
}

const roomOf = (file: string): string => relative(app, file).split('/')[0] ?? '';
const isInside = (folder: string, file: string): boolean => !relative(folder, file).startsWith('..');

describe('dashboard/src', () => {
  it('has only the rooms that its README names, and follows the arrows between them', () => {
    const wrong = imports()
      .filter(({ from, to }) => isInside(app, to) && relative(app, from).includes('/'))
      .filter(({ from, to }) => roomOf(from) !== roomOf(to) && MAY_IMPORT[roomOf(from)]?.includes(roomOf(to)) !== true)
      .map(({ from, to }) => `${relative(app, from)} -> ${relative(app, to)}`);
    expect(wrong).toEqual([]);
  });

  it('takes types from the daemon and nothing that runs', () => {
    const wrong = imports()
      .filter(({ to, typeOnly }) => isInside(daemon, to) && !typeOnly)
      .map(({ from, to }) => `${relative(app, from)} -> src/${relative(daemon, to)}`);
    expect(wrong).toEqual([]);
  });

  it('begins with no part of a screen: one line that imports it brings half of the scripts', () => {
    const all = imports().filter(({ typeOnly }) => !typeOnly);
    const first = new Set([join(app, 'main.tsx')]);
    // What is added on the way is gone through as well.
    for (const file of first) for (const { from, to } of all) if (from === file) first.add(to);
    const screens = ['call', 'overview', 'sessions', 'compare', 'settings'];
    expect(first.size).toBeGreaterThan(20);
    expect([...first].filter((file) => screens.includes(roomOf(file))).map((file) => relative(app, file))).toEqual([]);
  });

  it('sets HTML in one place only', () => {
    const setters = readdirSync(app, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) =>
        /dangerouslySetInnerHTML|\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write/.test(
          readFileSync(file, 'utf8'),
        ),
      );
    expect(setters.map((file) => relative(app, file))).toEqual([]);
  });
});
