/** The admin app over a store of which no daemon is there: reads work, what changes says why it does not. */
import { AppError } from '../core/errors.ts';
import type { NetControl, PolicyAnswer, RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import { loadTotals, statsOf } from '../store/queries.ts';
import type { Calls } from './calls.ts';

export interface WithoutDaemon {
  calls: Pick<Calls, 'ask'>;
  uptimeMs: () => number;
  /** As a daemon would decide. */
  explain: (url: string) => Promise<PolicyAnswer>;
}

const READ_ONLY = 'no daemon runs, so nothing can be changed here; llm-proxy start';

/** Each of their methods rejects with AppError `read_only`, but for what the store knows as well. */
export function withoutDaemon({ calls, uptimeMs, explain }: WithoutDaemon): {
  recorder: () => Remote<RecorderService>;
  net: Remote<NetControl>;
} {
  const recorder = refusing<Remote<RecorderService>>({
    stats: () =>
      Promise.resolve(
        calls.ask((database) => {
          const { models, since } = loadTotals(database);
          return statsOf(models, since);
        }),
      ),
  });
  const net = refusing<Remote<NetControl>>({
    explain,
    status: () => Promise.resolve({ connections: 0, in_flight: 0, uptime_ms: Math.round(uptimeMs()) }),
  });
  return { recorder: () => recorder, net };
}

export function readOnlyError(): AppError {
  return new AppError('read_only', READ_ONLY);
}

function refusing<T extends object>(answered: Partial<T>): T {
  return new Proxy({} as T, {
    get: (_, method) => Reflect.get(answered, method) ?? (() => Promise.reject(readOnlyError())),
  });
}
