import type { Hono } from 'hono';
import type { CallRecord } from '../core/capture.ts';
import { AppError } from '../core/errors.ts';
import type { Database } from '../store/driver.ts';
import {
  callsOfTrace,
  edgesOfTrace,
  getTrace,
  listTasks,
  listTraces,
  type Trace,
  type TraceFilter,
  type TraceStatus,
} from '../store/traces.ts';
import { refuse } from './access.ts';
import { timeOf } from './times.ts';

export interface TracesDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
}

const DEFAULT_LIMIT = 10;
/** A trace is mostly wanted whole. */
const DEFAULT_CALLS = 1000;
const STATUSES: readonly TraceStatus[] = ['running', 'completed', 'failed'];
const KINDS: readonly Trace['kind'][] = ['task', 'trace', 'run', 'session'];

/** `GET /api/traces`, `/api/traces/:id`, `/api/tasks`: in the shapes of Anton's dashboard. */
export function tracesRoutes(app: Hono, { calls }: TracesDeps): void {
  app.get('/api/traces', (context) => {
    const { limit, cursor } = context.req.query();
    const filter = filterOf(context.req.query());
    const page = calls.ask((database) => listTraces(database, filter, limitOf(limit, DEFAULT_LIMIT), cursor));
    return context.json({ traces: page.traces, next_cursor: page.nextCursor });
  });
  app.get('/api/traces/:id', (context) => {
    const id = context.req.param('id');
    const { limit, cursor } = context.req.query();
    const size = limitOf(limit, DEFAULT_CALLS);
    const found = calls.ask((database) => {
      const trace = getTrace(database, id);
      return trace === null
        ? null
        : { trace, page: callsOfTrace(database, id, size, cursor), edges: edgesOfTrace(database, id) };
    });
    if (found === null) return refuse(context, 404, 'not_found', 'there is no such trace');
    const { trace, page, edges } = found;
    return context.json({
      ...trace,
      call_count: trace.calls,
      calls: page.calls.map(withAntonNames),
      edges,
      next_cursor: page.nextCursor,
    });
  });
  app.get('/api/tasks', (context) => {
    const limit = limitOf(context.req.query('limit'), DEFAULT_LIMIT);
    return context.json({ tasks: calls.ask((database) => listTasks(database, limit)) });
  });
}

function filterOf(query: Record<string, string>): TraceFilter {
  const given = (name: string): string | undefined => (query[name] === '' ? undefined : query[name]);
  const [task, status, kind, q] = ['task_id', 'status', 'kind', 'q'].map(given);
  const [since, until] = ['since', 'until'].map((name) => {
    const time = given(name);
    return time === undefined ? undefined : timeOf(name, time);
  });
  return {
    task,
    status: status === undefined ? undefined : oneOf('status', status, STATUSES),
    kinds: kind?.split(',').map((one) => oneOf('kind', one, KINDS)),
    since,
    until,
    q,
  };
}

function oneOf<T extends string>(name: string, given: string, known: readonly T[]): T {
  const found = known.find((one) => one === given);
  if (found === undefined) throw new AppError('config_invalid', `${name} must be one of ${known.join(', ')}`);
  return found;
}

/** The names under which the dashboards of that program look. `error` stays our object; bodies have routes of their own. */
function withAntonNames(record: CallRecord): object {
  return {
    ...record,
    call_id: record.id,
    parent_id: record.agent_facts?.follows?.call ?? null,
    created_at: record.started_at,
    model: record.response_model ?? record.request_model,
    tokens_input: record.usage.input_tokens,
    tokens_output: record.usage.output_tokens,
    finish_reason: record.stop_reason,
    agent_name: record.agent,
  };
}

function limitOf(given: string | undefined, otherwise: number): number {
  const limit = given === undefined ? otherwise : Number(given);
  if (!Number.isInteger(limit) || limit < 1)
    throw new AppError('config_invalid', 'limit must be a whole number above 0');
  return limit;
}
