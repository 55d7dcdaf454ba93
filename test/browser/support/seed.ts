/** Homes with calls in them, made by the product itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * What `demo` records (eleven calls of three providers: streams, tools, a 429, a cut answer) and, of coding agents, some
 * sessions with tools, pictures, sub-agents and compactions. Give it to `startDaemon`, which removes it at the end.
 */
export function aHomeWithCalls(agents: { sessions: number; turns: number } | null = null): string {
  const home = mkdtempSync(join(tmpdir(), 'llm-proxy-browser-'));
  const env = { ...process.env, XDG_STATE_HOME: join(home, 'state') };
  const options = { cwd: root, env, timeout: 240_000, stdio: 'ignore' } as const;
  execFileSync(process.execPath, ['dist/cli.js', 'demo', '--home', home], options);
  if (agents !== null) {
    const size = ['--sessions', String(agents.sessions), '--turns', String(agents.turns)];
    const db = join(home, 'data', 'llm-proxy.db');
    const made = spawnSync(process.execPath, ['bench/agent-sessions.mjs', '--db', db, ...size], {
      ...options,
      stdio: 'pipe',
      encoding: 'utf8',
    });
    // Short sessions save less room than the report asks for: no failure here.
    if (!made.stdout.includes('rebuilt byte for byte')) throw new Error(made.stderr);
  }
  return home;
}

/** A month of calls in working hours, under titles that people give, and what `demo` records as the latest of them. */
export function aHomeOfAMonth(calls: number): string {
  const home = mkdtempSync(join(tmpdir(), 'llm-proxy-browser-'));
  const env = { ...process.env, XDG_STATE_HOME: join(home, 'state') };
  const options = { cwd: root, env, timeout: 240_000, stdio: 'ignore' } as const;
  const month = ['store', '--calls', String(calls), '--only', 'none', '--home', home, '--office'];
  execFileSync(process.execPath, ['bench/bench.mjs', ...month], options);
  execFileSync(process.execPath, ['dist/cli.js', 'demo', '--home', home], options);
  return home;
}
