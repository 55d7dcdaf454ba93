import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../support/run-in-process.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-start-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

type Run = typeof runCli | typeof runInProcess;

interface How {
  /** In process what is refused before a thread of the daemon is started: those need the built program. */
  run?: Run;
  folder?: string;
  env?: NodeJS.ProcessEnv;
}

/** `start` on free ports unless told otherwise; it must end by itself. */
async function start(args: readonly string[], { run = runCli, folder = home, env = {} }: How = {}): Promise<CliResult> {
  const ports = ['--port', '--admin-port'].flatMap((flag) => (args.includes(flag) ? [] : [flag, '0']));
  const own = { HOME: home, XDG_STATE_HOME: join(home, 's'), XDG_CONFIG_HOME: join(home, 'c') };
  const result = await run(['start', '--home', folder, ...ports, ...args], { ...own, ...env });
  return { ...result, stderr: result.stderr.replaceAll(home, '~') };
}

const file = (text: string): string => {
  const path = join(home, 'given.toml');
  writeFileSync(path, text);
  return path;
};

async function busyPort(): Promise<{ port: number; free: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    free: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('start', () => {
  it.each([
    ['an unknown option', ['--prot', '1'], /unknown option --prot.*did you mean --port/, runInProcess],
    ['an option of a later version', ['--setup'], /--setup is not in this version/, runInProcess],
    ['a mode without its target', ['--mode', 'target'], /mode target needs a target: --target-url/, runCli],
    ['a port that is none', ['--port', '70000'], /--port must be a port/, runInProcess],
    ['a file that is not there', ['--config', '/nowhere/x.toml'], /\/nowhere\/x\.toml/, runInProcess],
    ['a CA file that is not there', ['--upstream-ca', '/nowhere/ca.pem'], /\/nowhere\/ca\.pem/, runCli],
  ] as [string, string[], RegExp, Run][])('refuses %s in one line, with exit code 2', async (_, args, message, run) => {
    const { code, stderr } = await start(args, { run });
    expect(stderr).toMatch(/^llm-proxy: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    // Nothing was begun that would have to be taken back.
    for (const folder of ['keys', 'certs', 'data', 'logs']) expect(existsSync(join(home, folder)), folder).toBe(false);
  });

  it('says the same whatever language the terminal speaks', async () => {
    const args = ['--prot', '1'];
    expect(await start(args, { env: { LC_ALL: 'de_DE.UTF-8' } })).toEqual(await start(args, { run: runInProcess }));
  });

  it('names file and line of an unknown key and of what is no TOML', async () => {
    const unknown = await start(['--config', file('port = 0\n\n[logs]\nbodis = "new"\n')]);
    expect(unknown).toEqual({
      code: 2,
      stdout: '',
      stderr: 'llm-proxy: ~/given.toml:4: unknown key logs.bodis; did you mean logs.bodies?\n',
    });
    const broken = await start(['--config', file('port = 0\nhost = \n')], { run: runInProcess });
    expect(broken.stderr).toMatch(/^llm-proxy: ~\/given\.toml:2: [^\n]+\n$/);
    expect(broken.code).toBe(2);
  });

  it.each(['--port', '--admin-port'])('says which port of %s is busy, and ends', async (flag) => {
    const busy = await busyPort();
    const url = `http://127.0.0.1:${busy.port}`;
    // As if the daemon of another home had it.
    mkdirSync(join(home, 's', 'llm-proxy'), { recursive: true });
    writeFileSync(join(home, 's', 'llm-proxy', 'daemon'), join(home, 'daemon.json'));
    const daemon = { pid: process.pid, home: '/other', proxy_url: url, admin_url: url };
    writeFileSync(join(home, 'daemon.json'), JSON.stringify(daemon));
    const { code, stderr } = await start([flag, String(busy.port)]);
    await busy.free();
    expect(stderr).toMatch(new RegExp(`^llm-proxy: [^\\n]*127\\.0\\.0\\.1:${busy.port} is in use[^\\n]*\\n$`));
    expect(stderr).toContain(`llm-proxy serves /other already, pid ${process.pid}, ${url}; llm-proxy stop ends it`);
    expect(code).toBe(1);
  });

  it('refuses keys that others may read, or that are a link, saying which', async () => {
    mkdirSync(join(home, 'keys'));
    chmodSync(join(home, 'keys'), 0o755);
    const loose = await start([]);
    expect(loose.stderr).toMatch(/^llm-proxy: [^\n]*~\/keys[^\n]*\n$/);
    expect(loose.code).toBe(1);
    rmSync(join(home, 'keys'), { recursive: true });
    mkdirSync(join(home, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(home, 'elsewhere'), join(home, 'keys'));
    const link = await start([]);
    expect(link.stderr).toMatch(/^llm-proxy: [^\n]*~\/keys[^\n]*\n$/);
    expect(link.code).toBe(1);
  });

  it('refuses a home that cannot be one, and two of them', async () => {
    writeFileSync(join(home, 'taken'), '');
    const taken = await start([], { folder: join(home, 'taken') });
    expect(taken.stderr).toMatch(/^llm-proxy: [^\n]*~\/taken[^\n]*\n$/);
    expect(taken.code).toBe(1);
    const twice = await start(['--home', join(home, 'other')], { run: runInProcess });
    expect(twice).toEqual({ code: 2, stdout: '', stderr: 'llm-proxy: --home is given twice\n' });
  });
});
