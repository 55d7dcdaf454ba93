import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Daemon, startDaemon } from '../support/daemon.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
let folder: string;

/** What `npm ci --omit=dev` leaves, and the built program: the repository's own node_modules is out of reach. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-production-'));
  for (const name of ['dist', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(packages)) {
    if (dev === true || !/^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path)) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(root, path), join(folder, path));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an installation without the tools of development', () => {
  it('starts, and answers on its admin port', async () => {
    let daemon: Daemon | null = null;
    try {
      daemon = await startDaemon({ cli: join(folder, 'dist', 'cli.js') });
      const health = (await (await daemon.get('/health')).json()) as { status: string };
      expect(health.status).toBe('ok');
      expect((await daemon.get('/api/calls')).status).toBe(200);
    } finally {
      await daemon?.stop();
    }
  });
});
