/** Where `prune`, `purge` and `pin` are asked for: the daemon, or its routes over the files when none runs. */
import { existsSync } from 'node:fs';
import { Hono } from 'hono';
import { Calls } from '../admin/calls.ts';
import { lifeRoutes } from '../admin/life-routes.ts';
import { Search } from '../admin/search.ts';
import { lifeOf } from '../config/life.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { silentLogger } from '../core/log.ts';
import type { StoreSpace } from '../core/ports.ts';
import { StoreLife } from '../recorder/store-life.ts';
import { openStore } from '../store/open.ts';
import { searchFileOf } from '../store/search/index-file.ts';
import { emptyWal, rebuild, spaceOf } from '../store/space.ts';
import type { DaemonInfo } from './daemon-files.ts';
import { configOf, answeringDaemon, noDatabase } from './home-config.ts';
import { askDaemon } from './run-api.ts';

export interface Desk {
  /** Rejects with AppError `config_invalid` when the question means nothing. */
  ask(method: string, path: string, body: object | null): Promise<unknown>;
  /** Null = there is no such thing. */
  find(method: string, path: string): Promise<Record<string, unknown> | null>;
  /** Writes the database anew; null = a daemon has it. */
  rebuild: (() => StoreSpace) | null;
  close(): void;
}

/** A slice is a second of work, and what holds it up. */
const SLICE_MS = 60_000;
const PATIENT_MS = 5000;

type Answer = { status: number; body: Record<string, unknown> };

/** Rejects with AppError `store_unusable` where there is nothing. */
export async function openDesk(home: string | null): Promise<Desk> {
  const daemon = await answeringDaemon(home, PATIENT_MS);
  if (daemon !== null)
    return { ...questions((method, path, body) => askOver(daemon, method, path, body)), rebuild: null, close() {} };
  return localDesk(home);
}

function localDesk(home: string | null): Desk {
  const config = configOf(home);
  const { db: path } = config;
  if (!existsSync(path)) throw noDatabase(path);
  const { database } = openStore(path, systemClock.wall());
  const life = new StoreLife({
    ...lifeOf(config),
    path,
    use: (work) => work(database),
    clock: systemClock,
    log: silentLogger,
    isAlone: true,
  });
  const calls = new Calls(path);
  const search = existsSync(searchFileOf(path)) ? new Search({ db: path }) : null;
  const app = new Hono();
  app.onError((error) => {
    throw error;
  });
  lifeRoutes(app, {
    calls,
    search,
    live: { forget() {} },
    recorder: () => ({
      prune: (limits) => life.prune(limits),
      purge: (target, cursor) => life.purge(target, cursor),
      pin: async (kind, id, on) => Promise.resolve(life.pin(kind, id, on)),
    }),
  });
  return {
    ...questions(async (method, route, body) => {
      const response = await app.request(route, { method, ...(body === null ? {} : { body: JSON.stringify(body) }) });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    }),
    rebuild: () => {
      calls.close();
      search?.close();
      rebuild(database);
      // Until then the file holds what it held before.
      emptyWal(database);
      return spaceOf(database, path);
    },
    close: () => {
      calls.close();
      search?.close();
      // @photostructure/sqlite leaves the log unmerged when prepared statements are alive at close.
      emptyWal(database);
      database.close();
    },
  };
}

async function askOver(daemon: DaemonInfo, method: string, path: string, body: object | null): Promise<Answer> {
  const answer = (await askDaemon(daemon, method, path, body, SLICE_MS, [400, 404, 409])) as Answer['body'];
  const type = (answer['error'] as { type?: string } | undefined)?.type;
  return { status: type === undefined ? 200 : (STATUS[type] ?? 400), body: answer };
}

const STATUS: Readonly<Record<string, number>> = { not_found: 404, ambiguous: 409 };

function questions(
  ask: (method: string, path: string, body: object | null) => Promise<Answer>,
): Pick<Desk, 'ask' | 'find'> {
  const checked = async (method: string, path: string, body: object | null): Promise<Answer> => {
    const answer = await ask(method, path, body);
    if (answer.status === 200 || answer.status === 404) return answer;
    const { message } = answer.body['error'] as { message?: string };
    throw new AppError('config_invalid', message ?? `${path} says ${answer.status}`);
  };
  return {
    ask: async (method, path, body) => (await checked(method, path, body)).body,
    find: async (method, path) => {
      const { status, body } = await checked(method, path, null);
      return status === 404 ? null : body;
    },
  };
}
