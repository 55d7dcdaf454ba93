import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeFakeIdentity } from '../../src/cli/demo/fake-identity.ts';
import { startFakeProviders, type FakeProviders } from '../../src/cli/demo/fake-providers.ts';

/** `npm test` builds before it runs. */
const PRELOAD = fileURLToPath(new URL('../../dist/cli/preload/node-proxy.cjs', import.meta.url));
const GET_LISTING = `https://api.openai.com/v1/models`;
/** Stands in front of every program: prints what an answer or a failure was. */
const SAY = `const say = (p) => p.then((t) => console.log(t), (e) => console.log('failed', e.cause?.code ?? e.code ?? e.message));
const https = require('node:https');
const get = (options) => new Promise((ok, no) => https.get('${GET_LISTING}', options, (r) => {
  let text = ''; r.on('data', (d) => (text += d)); r.on('end', () => ok(text)); }).on('error', no));\n`;

/** Makes a direct connection fail before a name is looked up. */
const LOOKUP = `lookup: (h, o, done) => done(Object.assign(new Error(), { code: 'DIRECT' }))`;

describe('cli/preload/node-proxy', () => {
  let folder: string;
  let fakes: FakeProviders;
  let proxy: Server;
  let connects: string[] = [];
  /** What the proxy answers to CONNECT; null = it opens the tunnel. */
  let refusal: string | null = null;

  beforeAll(async () => {
    if (!existsSync(PRELOAD)) throw new Error('dist is missing: npm run build');
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy preload '));
    const identity = makeFakeIdentity(Date.now());
    writeFileSync(join(folder, 'ca.pem'), identity.cert);
    fakes = await startFakeProviders(identity);
    proxy = createServer((_, response) => response.end('plain'));
    proxy.on('connect', (request, client) => {
      connects.push(request.url ?? '');
      if (refusal !== null) return void client.end(refusal);
      const upstream = connect(fakes.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await fakes.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    connects = [];
    refusal = null;
  });

  /** Resolves with what the program printed; what hangs is killed. */
  function run(code: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Promise<string> {
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, [...args, '-e', code], {
      env: {
        PATH: process.env['PATH'],
        NODE_OPTIONS: `--require="${PRELOAD}"`,
        NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
        HTTPS_PROXY: url,
        NO_PROXY: 'localhost,127.0.0.1',
        NODE_USE_ENV_PROXY: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 90_000,
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return new Promise((resolve) => child.once('close', () => resolve(text.trim())));
  }

  const LISTING = '{"object":"list","data":[]}';

  it.each([
    ['global fetch', `say(fetch('${GET_LISTING}').then((r) => r.text()))`],
    ['https with the global agent', 'say(get({}))'],
    ['https without an agent', 'say(get({ agent: false }))'],
    [
      'a keep-alive agent of its own',
      'say(get({ agent: new https.Agent({ keepAlive: true }) }).finally(() => setImmediate(() => process.exit())))',
    ],
    [
      'an agent class that wants its socket at once',
      `class Own extends https.Agent { createConnection(o, done) { const s = super.createConnection(o, done); s.setTimeout(5000); return s; } }
       say(get({ agent: new Own() }))`,
    ],
  ])('sends %s through the proxy', async (_, code) => {
    expect(await run(SAY + code)).toBe(LISTING);
    expect(connects).toEqual(['api.openai.com:443']);
  });

  it('sends fetch in a worker thread through the proxy', async () => {
    const code = `fetch('${GET_LISTING}').then((r) => r.text()).then(console.log)`;
    const printed = await run(`new (require('node:worker_threads').Worker)(${JSON.stringify(code)}, { eval: true })`);
    // Node 22 says so before the first line of a worker thread runs.
    expect(printed.replace(/^\(node:\d+\) \[UNDICI-EHPA\].*\n\(Use `node --trace-warnings.*\n/, '')).toBe(LISTING);
    expect(connects).toEqual(['api.openai.com:443']);
  });

  it('reads an ES module program too', async () => {
    const code = `import https from 'node:https'; https.get('${GET_LISTING}', (r) => r.pipe(process.stdout))`;
    expect(await run(code, {}, ['--input-type=module'])).toBe(LISTING);
    expect(connects).toHaveLength(1);
  });

  it.each(['api.openai.com', '.openai.com', '*.openai.com', 'openai.com:443', '*'])(
    'goes directly for NO_PROXY=%s',
    async (entry) => {
      // An agent of the program's: where Node gives its global one a proxy, it reads NO_PROXY in its own way.
      const code = `${SAY}say(get({ agent: new https.Agent(), ${LOOKUP} }))`;
      expect(await run(code, { NO_PROXY: entry })).toBe('failed DIRECT');
      expect(connects).toEqual([]);
    },
  );

  it('goes directly with the global agent too for a host of NO_PROXY', async () => {
    expect(await run(`${SAY}say(get({ ${LOOKUP} }))`, { NO_PROXY: 'api.openai.com' })).toBe('failed DIRECT');
    expect(connects).toEqual([]);
  });

  it.each([
    ['the global agent', ''],
    ['an agent of its own', 'agent: new https.Agent(), '],
    ['no agent', 'agent: false, '],
  ])('leaves a program alone that settled its own CA list, with %s', async (_, agent) => {
    expect(await run(`${SAY}say(get({ ca: 'x', ${agent}${LOOKUP} }))`)).toBe('failed DIRECT');
    expect(connects).toEqual([]);
  });

  it('leaves a program alone that brings its own socket', async () => {
    const socket =
      "socket: new (require('node:stream').Duplex)({ read() { this.destroy(Object.assign(new Error(), { code: 'OWN' })); }, write() {} })";
    expect(await run(`${SAY}say(get({ ${socket} }))`)).toBe('failed OWN');
    expect(connects).toEqual([]);
  });

  it('leaves a dispatcher alone that the program sets', async () => {
    const slot = "Symbol.for('undici.globalDispatcher.1')";
    const code = `${SAY}globalThis[${slot}] = { dispatch() { throw Object.assign(new Error(), { code: 'OWN' }); } }; say(fetch('${GET_LISTING}'))`;
    expect(await run(code)).toBe('failed OWN');
  });

  it('tells the program why the proxy refused', async () => {
    refusal = 'HTTP/1.1 403 loop\r\ncontent-length: 0\r\n\r\n';
    expect(await run(`${SAY}get({ agent: new https.Agent() }).catch((e) => console.log(e.message))`)).toMatch(
      /refused CONNECT api\.openai\.com:443: 403 loop/,
    );
  });

  it('tells the program that the proxy is gone', async () => {
    expect(await run(`${SAY}say(get({ agent: new https.Agent() }))`, { HTTPS_PROXY: 'http://127.0.0.1:1' })).toBe(
      'failed ECONNREFUSED',
    );
  });

  it('does nothing without a proxy variable, and keeps quiet', async () => {
    expect(await run("console.log('ok')", { HTTPS_PROXY: '', NODE_USE_ENV_PROXY: '' })).toBe('ok');
    expect(await run('0')).toBe('');
  });
});
