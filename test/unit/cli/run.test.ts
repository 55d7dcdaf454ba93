import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram, type RunDeps } from '../../../src/cli/run.ts';
import { startFakeDaemon, type FakeDaemon } from './fake-daemon.ts';

let fake: FakeDaemon;
let said: string[];
beforeEach(async () => {
  fake = await startFakeDaemon();
  said = [];
});
afterEach(() => fake.close());

function deps(over: Partial<RunDeps> = {}): RunDeps {
  return {
    env: { PATH: process.env['PATH'], HOME: fake.daemon.home },
    platform: 'linux',
    interactive: false,
    daemon: () => Promise.resolve({ daemon: fake.daemon, started: false }),
    say: (line) => void said.push(line),
    ...over,
  };
}

function run(
  script: string,
  over: Partial<RunDeps> = {},
  quiet = false,
  jsonFile: string | null = null,
): Promise<number> {
  return runProgram({ command: ['sh', '-c', script], quiet, jsonFile }, deps(over));
}

describe('cli/run', () => {
  it('opens a run for its own process and closes it after the program', async () => {
    expect(await run('exit 3')).toBe(3);
    expect(fake.asked).toEqual([`POST /api/runs {"pid":${process.pid}}`, 'DELETE /api/runs/run_7']);
    expect(said.join('\n')).toContain('no LLM calls were seen');
  });

  it("sends the program to the run's own listener, not to the daemon's", async () => {
    const file = join(fake.daemon.home, 'seen');
    await run(`printf '%s %s %s' "$HTTPS_PROXY" "$http_proxy" "$SSL_CERT_FILE" > '${file}'`);
    const proxy = 'http://127.0.0.1:7007';
    expect(readFileSync(file, 'utf8')).toBe(`${proxy} ${proxy} ${fake.daemon.bundle_file}`);
  });

  it.each([
    ['kill -TERM $$', 143],
    ['kill -INT $$', 130],
    ['kill -KILL $$', 137],
    ['exit 255', 255],
  ])('reports %s as a shell does', async (script, exitCode) => {
    expect(await run(script)).toBe(exitCode);
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const)('passes %s on', async (signal) => {
    const ready = join(fake.daemon.home, 'ready');
    const ended = run(`trap 'exit 42' ${signal.slice(3)}; : > '${ready}'; while :; do sleep 0.02; done`);
    await expect.poll(() => isThere(ready)).toBe(true);
    process.emit(signal);
    expect(await ended).toBe(42);
  });

  it('leaves Ctrl-C to the terminal, which reaches the program by itself', async () => {
    const ready = join(fake.daemon.home, 'ready');
    const ended = run(`trap 'exit 42' INT; trap 'exit 43' TERM; : > '${ready}'; while :; do sleep 0.02; done`, {
      interactive: true,
    });
    await expect.poll(() => isThere(ready)).toBe(true);
    process.emit('SIGINT');
    process.emit('SIGTERM');
    expect(await ended).toBe(43);
  });

  it('ends with 127 for a program that is not there, and closes its run', async () => {
    expect(await runProgram({ command: ['llm-proxy-no-such'], quiet: false, jsonFile: null }, deps())).toBe(127);
    expect(said).toEqual(['llm-proxy: llm-proxy-no-such: command not found']);
    expect(fake.asked.at(-1)).toBe('DELETE /api/runs/run_7');
  });

  it.runIf(process.getuid?.() !== 0)('does so where a folder of the PATH may not be looked into, too', async () => {
    const shut = join(fake.daemon.home, 'shut');
    mkdirSync(shut, { mode: 0 });
    const env = { PATH: `${process.env['PATH']}:${shut}`, HOME: fake.daemon.home };
    const command = ['llm-proxy-no-such'];
    expect(await runProgram({ command, quiet: false, jsonFile: null }, deps({ env }))).toBe(127);
  });

  it('ends with 126 for a file that cannot be executed', async () => {
    const command = [fake.daemon.ca_file];
    expect(await runProgram({ command, quiet: false, jsonFile: null }, deps())).toBe(126);
  });

  it('does not start the program when there is no daemon', async () => {
    const file = join(fake.daemon.home, 'seen');
    const exitCode = await run(`: > '${file}'`, { daemon: () => Promise.reject(new Error('no port')) });
    expect([exitCode, isThere(file), said]).toEqual([125, false, ['llm-proxy: no port']]);
  });

  it('keeps the exit code of the program when the summary cannot be had', async () => {
    const file = join(fake.daemon.home, 'run', 'admin-token');
    expect(await run(`echo wrong > '${file}'; exit 5`)).toBe(5);
    expect(said.join('\n')).toContain('no summary');
  });

  it('says nothing when quiet, and writes the summary as JSON', async () => {
    const file = join(fake.daemon.home, 'summary.json');
    await run('exit 0', {}, true, file);
    expect(said).toEqual([]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ run_id: 'run_7', totals: { requests: 0 } });
  });

  it('tells the summary where its file cannot be written', async () => {
    const file = join(fake.daemon.home, 'nowhere', 'summary.json');
    expect(await run('exit 0', {}, false, file)).toBe(0);
    expect(said).toEqual([
      expect.stringContaining('no LLM calls were seen'),
      expect.stringMatching(/the summary could not be written: ENOENT/),
    ]);
  });

  it('warns when NO_PROXY hides a provider', async () => {
    await run('exit 0', { env: { PATH: process.env['PATH'], NO_PROXY: '.openai.com' } });
    expect(said.join('\n')).toContain('NO_PROXY exempts .openai.com');
  });

  it('leaves no signal listener behind', async () => {
    const before = process.listenerCount('SIGTERM');
    await run('exit 0');
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});

function isThere(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}
