// Whom we measure, and how each is started. A peer that is not installed is left out with a notice.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const HOST = 'api.openai.com';

/** @returns {Promise<null | {pids: number[], route: object, stop(): void, note?: string}>} */
export const peers = {
  async direct(env) {
    return { pids: [], route: { host: 'localhost', port: env.port, caFile: env.caFile }, stop() {} };
  },

  'llm-proxy': (env) => daemon(env, {}),

  'llm-proxy-strict': (env) =>
    daemon(env, {
      variables: { LLM_PROXY_STORE__DURABILITY: 'strict' },
      note: 'as llm-proxy, with store.durability = "strict": an answer ends when its call is committed',
    }),

  async nginx(env) {
    if (spawnSync('nginx', ['-v']).status !== 0) return null;
    const port = await freePort();
    const folder = join(env.folder, 'nginx');
    mkdirSync(folder, { recursive: true });
    const module = '/usr/lib/nginx/modules/ngx_stream_module.so';
    if (!existsSync(module)) return null;
    const conf = `load_module ${module};\ndaemon off;\nworker_processes 1;\npid ${folder}/pid;\nerror_log ${folder}/error.log;\nevents { worker_connections 4096; }\nstream { server { listen 127.0.0.1:${port} ssl; ssl_certificate ${env.certFile}; ssl_certificate_key ${env.keyFile}; proxy_pass 127.0.0.1:${env.port}; proxy_ssl on; proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_trusted_certificate ${env.caFile}; } }\n`;
    writeFileSync(join(folder, 'nginx.conf'), conf);
    const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await accepting(port);
    return {
      pids: [child.pid],
      route: { host: 'localhost', port, caFile: env.caFile },
      stop: () => child.kill('SIGTERM'),
      note: 'bare TLS relay, captures nothing',
    };
  },

  'http-mitm-proxy': (env) =>
    nodePeer(env, 'peer-http-mitm-proxy.mjs', {
      note: 'with its option `keepAlive`; as its README starts it, it ends the connection of the client after each call',
    }),

  async mockttp(env) {
    if (!existsSync(join(here, 'node_modules', 'mockttp'))) return null;
    return nodePeer(env, 'peer-mockttp.mjs', { note: 'passes all through; nothing is written' });
  },

  async mitmproxy(env) {
    if (spawnSync('mitmdump', ['--version']).status !== 0) return null;
    const port = await freePort();
    const conf = join(env.folder, 'mitmproxy');
    const child = spawn(
      'mitmdump',
      [
        '-q',
        '--listen-host',
        '127.0.0.1',
        '-p',
        String(port),
        '--set',
        `confdir=${conf}`,
        '--set',
        `ssl_verify_upstream_trusted_ca=${env.caFile}`,
        '--set',
        'stream_large_bodies=1m',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    await accepting(port);
    const version = spawnSync('mitmdump', ['--version']).stdout.toString().split('\n')[0];
    return {
      pids: [child.pid],
      route: { host: 'localhost', proxy: port, connectPort: env.port, caFile: join(conf, 'mitmproxy-ca-cert.pem') },
      stop: () => child.kill('SIGTERM'),
      note: version,
    };
  },
};

const EVERYTHING = 'everything on: meter, prices, console, text logs with full bodies, SQLite, metrics';

async function daemon(env, { variables = {}, note = EVERYTHING }) {
  const home = env.home ?? join(env.folder, `home-${Date.now()}`);
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      // As npm start does (src/cli/collector.ts).
      '--single-threaded-gc',
      '--max-semi-space-size=2',
      '--no-allocation-site-pretenuring',
      join(root, 'dist', 'cli.js'),
      'start',
      '--home',
      home,
      '--port',
      '0',
      '--admin-port',
      '0',
      '--upstream-ca',
      env.caFile,
      '--connect-to',
      `${HOST}:443:127.0.0.1:${env.port}`,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, XDG_STATE_HOME: join(home, 'state'), ...variables },
    },
  );
  await firstLine(child, /"msg":"ready"/);
  const ready = performance.now() - started;
  const {
    proxy_url: url,
    ca_file: caFile,
    admin_url: admin,
  } = JSON.parse(readFileSync(join(home, 'run', 'daemon.json'), 'utf8'));
  return {
    pids: [child.pid],
    ready,
    admin,
    home,
    route: { host: HOST, proxy: Number(new URL(url).port), connectPort: 443, caFile },
    stop: () => child.kill('SIGTERM'),
    note,
  };
}

async function nodePeer(env, script, { note, ...variables }) {
  const folder = join(env.folder, `${script.replace('.mjs', '')}-${Object.keys(variables).length}`);
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [join(here, script)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: env.caFile, FOLDER: folder, ...variables },
  });
  const line = JSON.parse(await firstLine(child, /^\{/));
  return {
    pids: [child.pid],
    route: { host: 'localhost', proxy: line.port, connectPort: env.port, caFile: line.caFile },
    stop: () => child.kill('SIGTERM'),
    note,
  };
}

function firstLine(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('not ready within 20 s')), 20_000);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const line = text.split('\n').find((candidate) => pattern.test(candidate));
      if (line === undefined) return;
      clearTimeout(timer);
      text = '';
      resolve(line);
    });
  });
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function accepting(port) {
  const { connect } = await import('node:net');
  for (const until = Date.now() + 20_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.on('error', () => resolve(false));
    });
    if (open) return;
  }
  throw new Error(`nothing listens on ${port}`);
}
