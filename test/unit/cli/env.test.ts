import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printEnv, type EnvDeps } from '../../../src/cli/env.ts';
import { leastOf } from '../../support/async.ts';
import { startFakeDaemon, type FakeDaemon } from './fake-daemon.ts';

let fake: FakeDaemon;
let printed: string;
let said: string[];
beforeEach(async () => {
  fake = await startFakeDaemon();
  printed = '';
  said = [];
});
afterEach(() => fake.close());

function deps(over: Partial<EnvDeps> = {}): EnvDeps {
  return {
    env: { HOME: fake.daemon.home },
    platform: 'linux',
    findDaemon: () => fake.daemon,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    out: (text) => void (printed += text),
    say: (line) => void said.push(line),
    ...over,
  };
}

const BASH = { shell: 'bash', unset: false, baseUrl: false, json: false } as const;

/** What a shell's environment is after `script`. */
function environmentAfter(script: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const text = execFileSync('bash', ['-c', `${script}\nexec env -0`], { env, encoding: 'utf8' });
  const entries = text.split('\0').filter((line) => line !== '');
  const noise = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD']);
  return Object.fromEntries(
    entries
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
      .filter(([name = '']) => !noise.has(name)),
  );
}

describe('cli/env', () => {
  it('sets base URLs instead, and takes back the proxy of before', async () => {
    const before = { PATH: process.env['PATH'] ?? '', HOME: fake.daemon.home, OPENAI_BASE_URL: 'https://mine' };
    await printEnv(BASH, deps({ env: before }));
    const proxied = environmentAfter(printed, before);
    printed = '';
    await printEnv({ ...BASH, baseUrl: true }, deps({ env: proxied }));
    const inside = environmentAfter(printed, proxied);
    expect(inside).toMatchObject({
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:7000/anthropic',
      OPENAI_BASE_URL: 'http://127.0.0.1:7000/openai/v1',
      GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:7000/google',
    });
    expect(Object.keys(inside).filter((name) => /proxy$/i.test(name) || name.includes('CA_'))).toEqual([]);
    printed = '';
    await printEnv({ ...BASH, unset: true }, deps({ env: inside }));
    expect(environmentAfter(printed, inside)).toEqual(before);
  });

  it('sets up a shell, and undoes it without a daemon', async () => {
    const before = {
      PATH: process.env['PATH'] ?? '',
      HOME: fake.daemon.home,
      NO_PROXY: "it's,mine",
      NODE_OPTIONS: '--trace-warnings',
    };
    await printEnv(BASH, deps({ env: before }));
    const inside = environmentAfter(printed, before);
    expect(inside).toMatchObject({
      HTTPS_PROXY: 'http://127.0.0.1:7000',
      no_proxy: expect.stringContaining("it's,mine,localhost") as string,
    });
    printed = '';
    await printEnv({ ...BASH, unset: true }, deps({ env: inside, findDaemon: () => null }));
    expect(environmentAfter(printed, inside)).toEqual(before);
  });

  it('gives the same when it is called twice', async () => {
    const before = { PATH: process.env['PATH'] ?? '', HOME: fake.daemon.home, NODE_OPTIONS: '--trace-warnings' };
    await printEnv(BASH, deps({ env: before }));
    const once = environmentAfter(printed, before);
    printed = '';
    await printEnv(BASH, deps({ env: once }));
    expect(environmentAfter(printed, once)).toEqual(once);
  });

  it('prints nothing when no daemon is known', async () => {
    await printEnv(BASH, deps({ findDaemon: () => null }));
    expect([printed, said]).toEqual(['', []]);
  });

  it('sets nothing, soon, when the daemon hangs, and tells scripts too', async () => {
    fake.hangs = true;
    const took = await leastOf(1500, async () => {
      const started = performance.now();
      await printEnv(BASH, deps({ answerMs: 100 }));
      return performance.now() - started;
    });
    expect(printed).toBe('');
    expect(took).toBeLessThan(1500);
    expect(said[0]).toBe(`llm-proxy: the daemon (pid ${process.pid}) does not answer; nothing is set`);
  });

  it('prints nothing when the daemon files cannot be used', async () => {
    await printEnv(BASH, deps({ findDaemon: () => ({ ...fake.daemon, ca_file: '/no/such' }) }));
    expect(printed).toBe('');
  });

  it('tells a person, not a script, why there is nothing', async () => {
    await printEnv(BASH, deps({ findDaemon: () => null, stderrIsTerminal: true }));
    expect(said).toEqual(['llm-proxy: no daemon is running (`llm-proxy start`)']);
  });

  it('prints one object as JSON', async () => {
    await printEnv({ ...BASH, json: true }, deps());
    expect(JSON.parse(printed)).toMatchObject({
      HTTPS_PROXY: 'http://127.0.0.1:7000',
      SSL_CERT_FILE: fake.daemon.bundle_file,
    });
  });

  it('undoes nothing in a shell that was never set up', async () => {
    await printEnv({ ...BASH, unset: true }, deps({ env: { HTTPS_PROXY: 'http://corp:3128' } }));
    expect(printed).toBe('');
  });
});
