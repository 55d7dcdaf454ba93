import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const wanted = process.env['LLM_PROXY_TEST_SIDECAR'] === '1';
const MINUTES = 60_000;

if (!wanted) {
  console.warn(
    'SKIPPED: the sidecar is brought up only with LLM_PROXY_TEST_SIDECAR=1 (root, podman, one to five minutes)',
  );
}

describe('docker/try-sidecar.sh', () => {
  it.runIf(wanted)(
    'brings the sidecar up and meters a call, or says what it misses',
    ({ skip }) => {
      const { status, stdout, stderr } = spawnSync('bash', ['docker/try-sidecar.sh'], { cwd: root, encoding: 'utf8' });
      const missing = /^SKIPPED: .*/m.exec(stdout)?.[0];
      if (missing !== undefined) {
        console.warn(missing);
        skip(missing);
      }
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toMatch(/^== PASSED/m);
    },
    10 * MINUTES,
  );
});
