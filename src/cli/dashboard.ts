/** `dashboard`: lets a browser in to the running daemon, or serves the store, read-only, where none runs. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { serve, type ServerType } from '@hono/node-server';
import { Calls } from '../admin/calls.ts';
import { DashboardFiles } from '../admin/dashboard-files.ts';
import { Live } from '../admin/live.ts';
import { readOnlyError, withoutDaemon } from '../admin/read-only.ts';
import { SearchLoop } from '../admin/search-loop.ts';
import { Search } from '../admin/search.ts';
import { createAdminApp } from '../admin/server.ts';
import { lifeOf } from '../config/life.ts';
import { destinationNames } from '../delivery-config.ts';
import { type Config, isLoopbackName, type LoadedConfig } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { formatAuthority, normaliseHost } from '../core/hosts.ts';
import type { PolicyAnswer } from '../core/ports.ts';
import { explain } from '../net/explain.ts';
import { loadHosts, loadRegistry } from '../providers/registry.ts';
import { adminToken, type DaemonInfo } from './daemon-files.ts';
import { databaseOf, loadedOf } from './home-config.ts';
import { openBrowser } from './open-browser.ts';
import { print } from './print.ts';
import { ANSWER_MS, running } from './read.ts';
import { askDaemon } from './run-api.ts';
import { version } from './version.ts';

export interface DashboardArguments {
  home: string | null;
  /** Opens a browser. */
  open: boolean;
  /** Of the server that is started where no daemon runs; null = as the daemon's admin port. */
  host: string | null;
  port: number | null;
}

/** Resolves with the exit code: at once where a daemon runs, else when it is told to end. */
export async function dashboardMain(given: DashboardArguments): Promise<number> {
  const daemon = await running(given.home);
  if (daemon === null) return serveStore(given);
  if (given.port !== null || given.host !== null)
    process.stderr.write(
      `llm-proxy: a daemon runs and serves it at ${daemon.admin_url}: --host and --port are for when none does\n`,
    );
  await show(await loginUrl(daemon), given.open);
  return 0;
}

async function loginUrl(daemon: DaemonInfo): Promise<string> {
  const answer = await askDaemon(daemon, 'POST', '/api/login-codes', {}, ANSWER_MS);
  if (typeof answer === 'object' && answer !== null && 'url' in answer && typeof answer.url === 'string')
    return answer.url;
  throw new AppError('not_running', `the daemon at ${daemon.admin_url} gave no address`);
}

async function show(url: string, open: boolean): Promise<void> {
  print(url);
  const isOpen = open && (await openBrowser(url, process.platform, process.env));
  if (!isOpen) print('Open it in a browser within a minute; it lets one in, once.');
}

async function serveStore(given: DashboardArguments): Promise<number> {
  const loaded = loadedOf(given.home);
  const { config } = loaded;
  const server = await startReadOnly(loaded, databaseOf(given.home), given);
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  print(`No daemon runs: this is what ${config.db} holds, read-only, until Ctrl-C.`);
  await show(await server.loginUrl(), given.open);
  await ended;
  await server.stop();
  return 0;
}

export interface ReadOnlyServer {
  url: string;
  /** Lets one browser in, once, within a minute. */
  loginUrl(): Promise<string>;
  stop(): Promise<void>;
}

/** Rejects with AppError `port_in_use` or `config_invalid`. */
export async function startReadOnly(
  { config, settings }: Pick<LoadedConfig, 'config' | 'settings'>,
  db: string,
  { host: givenHost, port: givenPort }: Pick<DashboardArguments, 'host' | 'port'>,
): Promise<ReadOnlyServer> {
  const host = givenHost ?? config.admin_host;
  const search = new Search({ db });
  const calls = new Calls(db, search);
  const token = tokenOf(config, host);
  const began = performance.now();
  const app = createAdminApp({
    access: { token, host, allowedHosts: config.admin.allowed_hosts },
    version: version(),
    clock: systemClock,
    house: {
      settings,
      db,
      logDir: config.log_dir,
      life: lifeOf(config),
      destinations: destinationNames(config),
    },
    dashboard: new DashboardFiles(fileURLToPath(new URL('../dashboard', import.meta.url))),
    caFile: join(config.certs_dir, 'ca.pem'),
    calls,
    directory: () => loadRegistry({ localServers: config.local, own: config.provider }),
    live: new Live(() => {}),
    bedrockRegion: null,
    tracing: { enabled: false },
    search,
    indexing: new SearchLoop(search),
    readOnly: true,
    send: () => Promise.reject(readOnlyError()),
    ...withoutDaemon({ calls, uptimeMs: () => performance.now() - began, explain: policyOf(config) }),
  });
  const bind = (port: number): Promise<ServerType> => listen(app.fetch, host, port);
  const server = await bind(givenPort ?? config.admin_port).catch((error: unknown) => {
    // Nobody asked for this port: any other does as well.
    if (givenPort === null && codeOf(error) === 'EADDRINUSE') return bind(0);
    throw new AppError(
      'port_in_use',
      `${formatAuthority({ host, port: givenPort ?? config.admin_port })}: ${messageOf(error)}`,
    );
  });
  const authority = formatAuthority({ host: nearest(host), port: (server.address() as AddressInfo).port });
  return {
    url: `http://${authority}`,
    loginUrl: async () => {
      const headers = { host: authority, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
      const answer = await app.request('/api/login-codes', { method: 'POST', headers });
      return ((await answer.json()) as { url: string }).url;
    },
    stop: () => end(server, calls),
  };
}

/** As a daemon with this configuration would decide; which names its authority covers is not known here. */
function policyOf(config: Config): (url: string) => Promise<PolicyAnswer> {
  return async (url) => {
    const hosts = await loadHosts({ localServers: config.local, own: config.provider });
    const [intercept, tunnel] = [config.intercept, config.tunnel].map((patterns) => patterns.map(lowerCase));
    return explain(url, { hosts, intercept: intercept ?? [], tunnel: tunnel ?? [], leaves: { covers: () => true } });
  };
}

function lowerCase(pattern: string): string {
  return (pattern.includes('*') ? null : normaliseHost(pattern)) ?? pattern.toLowerCase();
}

/** Beyond this machine everybody is asked for it, whatever the configuration says of the daemon. */
function tokenOf({ admin, home }: Config, host: string): string | null {
  return admin.auth === 'none' && isLoopbackName(host) ? null : adminToken(home);
}

/** Rejects with what the system says, e.g. EADDRINUSE. */
function listen(fetch: Parameters<typeof serve>[0]['fetch'], host: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, () => resolve(server));
    server.once('error', reject);
  });
}

/** Browsers keep their connections; what streams never ends of itself. */
async function end(server: ServerType, calls: Calls): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  if ('closeAllConnections' in server) server.closeAllConnections();
  await ended;
  calls.close();
}

/** An address of this machine for a listener that may be on all of them. */
function nearest(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
