/** `start`: the daemon in the foreground. */
import { existsSync } from 'node:fs';
import pc from 'picocolors';
import { type Config, loadConfig, type LoadedConfig } from '../config/load.ts';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import { createLogger, type Logger, type LogOptions } from '../core/log.ts';
import { withPlace } from './config-place.ts';
import { type DaemonInfo, findOtherDaemon, removeDaemonFiles, writeDaemonFiles } from './daemon-files.ts';
import { rememberStart } from './home-config.ts';
import { HomeFiles, makeHome } from './home-files.ts';
import { collectOnOwnThread } from './collector.ts';
import { announceStart } from './start-daemon.ts';
import { version } from './version.ts';

/** By option key; `home` and `config` beside them. */
export type StartFlags = Readonly<Record<string, unknown>>;

/** Resolves with the exit code when the daemon has ended. Rejects with AppError when it cannot start. */
export async function startMain(flags: StartFlags): Promise<number> {
  const loaded = loadConfig({ flags, env: process.env, cwd: process.cwd() });
  const { config } = loaded;
  await checkPrices(config);
  hideArguments();
  const { isTTY: pretty, columns } = process.stdout;
  const terminal = { pretty, colour: pretty && pc.isColorSupported, ...(columns > 0 ? { columns } : {}) };
  const logOptions: LogOptions = { level: config.log_level, fd: 1, ...terminal };
  const log = createLogger(logOptions);
  tell(loaded, log);
  const other = findOtherDaemon(config.home, process.env, process.cwd());
  makeHome(config.home);
  const isThere = announceStart(config.home);
  const files = new HomeFiles(log);
  collectOnOwnThread(process.execArgv);
  // Loaded here and not above: no other command needs a proxy in its memory.
  const { startDaemon } = await import('../main.ts');
  const ended = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    onStop = () => resolve('stop');
  });
  const daemon = await startDaemon({
    config,
    settings: loaded.settings,
    version: version(),
    adminToken: config.admin.auth === 'none' ? null : files.adminToken(config.home),
    env: process.env,
    log,
    logOptions,
    onStop: () => onStop(),
  }).catch((error: unknown) => {
    isThere();
    throw withPlace(withOther(error, other), loaded);
  });
  surviveErrors(log);
  if (other !== null) {
    log.warn(
      { pid: other.pid, proxy: other.proxy_url },
      'another daemon serves this home; commands will ask this one from now on',
    );
  }
  const info = infoOf(config, daemon);
  files.write(() => {
    rememberStart(loaded, flags, process.env);
    writeDaemonFiles(info, process.env, (error) => warnUnpointed(log, config.home, error));
  });
  isThere();
  log.info({ proxy: info.proxy_url, admin: info.admin_url, home: info.home, ca: info.ca_file, pid: info.pid }, 'ready');
  const reason = await ended;
  log.info({ reason }, 'stopping: live calls get 30 s, a second signal ends them now');
  files.remove(() => removeDaemonFiles(info, process.env));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void daemon.stop());
  await daemon.stop();
  log.info({}, 'stopped');
  await log.close();
  return 0;
}

/** A fault in a price file is said now; later it could only be logged. */
async function checkPrices({ prices }: Config): Promise<void> {
  if (!existsSync(prices.overrides) && !existsSync(prices.table)) return;
  const { readOverrides, readStoredTable } = await import('../pricing/price-files.ts');
  readOverrides(prices.overrides);
  readStoredTable(prices.table);
}

let onStop = (): void => {};

function tell({ file, warnings }: LoadedConfig, log: Logger): void {
  if (file !== null) log.debug({ file }, 'configuration read');
  for (const warning of warnings) log.warn({ warning }, 'configuration');
}

/** A busy port is most often our own: that of the daemon of this home, or of the one that was started last. */
function withOther(error: unknown, other: DaemonInfo | null): unknown {
  if (codeOf(error) !== 'port_in_use') return error;
  const message = messageOf(error);
  const latest = other ?? findOtherDaemon(null, process.env, process.cwd());
  const isThere = [latest?.proxy_url, latest?.admin_url].some((url) =>
    message.includes(`${url?.slice('http://'.length)} is in use`),
  );
  if (latest === null || !(isThere || other !== null)) return error;
  const which = other === null ? latest.home : 'this home';
  const words = `llm-proxy serves ${which} already, pid ${latest.pid}, ${latest.proxy_url}; llm-proxy stop ends it`;
  return new AppError('port_in_use', `${message} (${words})`, { cause: error });
}

function warnUnpointed(log: Logger, home: string, error: unknown): void {
  const hint = `llm-proxy COMMAND --home ${home}, or LLM_PROXY_HOME`;
  log.warn({ error: messageOf(error), hint }, 'commands find this daemon only where they are told its home');
}

/** What slipped through everything else: the calls under way are worth more than a clean end. */
function surviveErrors(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'])
    process.on(event, (error: unknown) => {
      const stack = error instanceof Error ? { stack: error.stack } : {};
      log.error({ error, ...stack }, 'internal error; traffic goes on');
    });
}

function infoOf(
  config: Config,
  daemon: { proxyUrl: string; adminUrl: string; caFile: string; bundleFile: string },
): DaemonInfo {
  return {
    pid: process.pid,
    proxy_url: daemon.proxyUrl,
    admin_url: daemon.adminUrl,
    ca_file: daemon.caFile,
    bundle_file: daemon.bundleFile,
    home: config.home,
    version: version(),
    log_dir: config.log_dir,
    db: config.db,
  };
}

/** A password in `--upstream-proxy` would stay readable for everybody in `ps`. */
function hideArguments(): void {
  try {
    process.title = 'llm-proxy start';
  } catch (error) {
    process.emitWarning(`the process title cannot be set: ${messageOf(error)}`);
  }
}
