import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const assets = fileURLToPath(new URL('../../dist/dashboard/assets/', import.meta.url));

describe('dist/dashboard', () => {
  it('takes 300 kB at most, all scripts and styles, gzip', () => {
    const files = readdirSync(assets).filter((name) => /\.(?:js|css)$/.test(name));
    expect(files.length).toBeGreaterThan(5);
    const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(assets + name)).length, 0);
    expect(bytes).toBeLessThanOrEqual(300_000);
  });

  it('asks for nothing that is not beside it', () => {
    const page = readFileSync(`${assets}../index.html`, 'utf8');
    const asked = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(asked.filter((path) => !path.startsWith('./'))).toEqual([]);
    expect(page).not.toMatch(/<style|<script(?![^>]*\bsrc=)/);
  });
});
