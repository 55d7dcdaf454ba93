/** What `run` asks of the daemon's admin server. */
import { readFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import type { OpenRun, RunSummary } from '../core/ports.ts';
import { AppError, codeOf } from '../core/errors.ts';
import type { DaemonInfo } from './daemon-files.ts';

/** A listener of its own for one run; it lives as long as the process `pid`. */
export async function openRun(daemon: DaemonInfo, pid: number): Promise<OpenRun> {
  const answer = await askDaemon(daemon, 'POST', '/api/runs', { pid }, 5000);
  if (typeof answer !== 'object' || answer === null || !('run_id' in answer) || !('proxy_url' in answer)) {
    throw new AppError('not_running', `the daemon at ${daemon.admin_url} gave no run`);
  }
  const { local_servers: servers = [] } = answer as Partial<OpenRun>;
  return { run_id: String(answer.run_id), proxy_url: String(answer.proxy_url), local_servers: servers };
}

/** Ends the run and gives its exact sums. The daemon waits up to 5 s for connections that the program left open. */
export async function closeRun(daemon: DaemonInfo, runId: string): Promise<RunSummary> {
  return (await askDaemon(daemon, 'DELETE', `/api/runs/${encodeURIComponent(runId)}`, null, 10_000)) as RunSummary;
}

/** Whether the daemon answers at all. Never rejects. */
export async function isAnswering(daemon: DaemonInfo, timeoutMs: number): Promise<boolean> {
  try {
    await askDaemon(daemon, 'GET', '/health', null, timeoutMs);
    return true;
  } catch {
    return false;
  }
}

/** JSON. @param body JSON lines where it is a text. @param accept statuses beside 200 and 201. Rejects as `ask` does. */
export async function askDaemon(
  daemon: DaemonInfo,
  method: string,
  path: string,
  body: object | string | null,
  timeoutMs: number,
  accept: readonly number[] = [],
): Promise<unknown> {
  return JSON.parse((await ask(daemon, method, path, body, timeoutMs, accept)).bytes.toString());
}

/** Plain text; null = 404. */
export async function askText(daemon: DaemonInfo, path: string, timeoutMs: number): Promise<string | null> {
  const { status, bytes } = await ask(daemon, 'GET', path, null, timeoutMs, [404]);
  return status === 404 ? null : bytes.toString();
}

/** Whatever it is, with its headers. @param accept statuses beside 200 */
export function askBytes(
  daemon: DaemonInfo,
  path: string,
  timeoutMs: number,
  accept: readonly number[],
): Promise<Answer> {
  return ask(daemon, 'GET', path, null, timeoutMs, accept);
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** @param timeoutMs for the whole answer. Rejects with AppError `not_running`, also when the status is none of `accept`. */
function ask(
  daemon: DaemonInfo,
  method: string,
  path: string,
  body: object | string | null,
  timeoutMs: number,
  accept: readonly number[],
): Promise<Answer> {
  const url = new URL(path, daemon.admin_url);
  const payload = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body);
  const headers: Record<string, string | number> = { 'content-length': Buffer.byteLength(payload) };
  if (body !== null) headers['content-type'] = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
  const token = path === '/health' ? null : tokenOf(daemon);
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(unanswered(daemon, error, timeoutMs));
    // No agent: it must go directly even where the environment names a proxy.
    const outgoing = request(
      url,
      { method, headers, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const status = incoming.statusCode ?? 0;
          if ([200, 201, ...accept].includes(status)) resolve({ status, headers: incoming.headers, bytes });
          else
            reject(
              new AppError(
                'not_running',
                `${method} ${url.href} was answered ${status}: ${bytes.toString('utf8', 0, 200)}`,
              ),
            );
        });
      },
    );
    outgoing.on('error', fail);
    outgoing.end(payload);
  });
}

function unanswered({ pid, admin_url: url }: DaemonInfo, error: Error, timeoutMs: number): AppError {
  // As Node calls the reason of `AbortSignal.timeout`, on its own or as the cause of the abort.
  const isLate = [error, error.cause].some((one) => one instanceof Error && one.name === 'TimeoutError');
  const why = isLate ? `did not answer within ${timeoutMs / 1000} s` : `cannot be asked: ${error.message}`;
  return new AppError('not_running', `llm-proxy (pid ${pid}) at ${url} ${why}`, { cause: error });
}

/** Null = there is none: with `admin.auth = "none"` nobody is asked for it. */
export function tokenOf({ home }: DaemonInfo): string | null {
  try {
    return readFileSync(join(home, 'run', 'admin-token'), 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
