import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLI } from '../support/daemon.ts';

/** util-linux: runs a command on a terminal of its own. */
const hasScript = spawnSync('script', ['--version']).status === 0;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasScript)('a daemon whose terminal goes away', () => {
  it('ends, though it can say nothing any more', async () => {
    const home = mkdtempSync(join(tmpdir(), 'llm-proxy-terminal-'));
    const start = `exec '${process.execPath}' '${CLI}' start --home '${home}' --port 0 --admin-port 0`;
    const terminal = spawn('script', ['-qfc', start, '/dev/null'], {
      stdio: 'ignore',
      env: { ...process.env, XDG_STATE_HOME: join(home, 'state') },
    });
    const file = join(home, 'run', 'daemon.json');
    await expect.poll(() => existsSync(file)).toBe(true);
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
    terminal.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    rmSync(home, { recursive: true, force: true });
  });
});
