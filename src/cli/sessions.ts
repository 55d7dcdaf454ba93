/** `sessions` and `sessions ID`: from the daemon that runs, or from the store when none does. */
import {
  sessionList,
  type SessionList,
  type SessionQuery,
  type SessionSummary,
  sessionView,
  type SessionView,
} from '../admin/sessions.ts';
import type { CallRecord } from '../core/capture.ts';
import { AppError } from '../core/errors.ts';
import { escapeLine } from '../sinks/escape.ts';
import { formatDuration, formatStatus, modelOf } from '../sinks/figures.ts';
import {
  callCost,
  callDuration,
  callTokens,
  count,
  counted,
  estimatedSums,
  leastCost,
  tokenSum,
  totalCost,
} from './figures.ts';
import { print, printJson } from './print.ts';
import {
  accepted,
  askOrRead,
  colours,
  dim,
  NOT_FOUND,
  type ReadArguments,
  type Refused,
  room,
  shortId,
  shortTimeOf,
  timeOf,
  withCalls,
} from './read.ts';
import { type Column, formatTable } from './table.ts';

const REFUSALS = { accept: [400, 404, 409] };

export async function sessionsMain({ home, json, query }: ReadArguments & { query: SessionQuery }): Promise<number> {
  const page: SessionList = accepted(
    await askOrRead(home, '/api/sessions', query, (db) =>
      withCalls(db, (calls) => calls.ask((database) => sessionList(database, query))),
    ),
  );
  if (json) printJson(page);
  else if (page.sessions.length === 0) print('No sessions.');
  else {
    print(formatTable(SUMMARY, page.sessions, colours(), room()));
    if (page.next_cursor !== null) print(dim(`more: --cursor ${page.next_cursor}`));
  }
  return 0;
}

export async function sessionMain({
  home,
  json,
  id,
  query,
}: ReadArguments & { id: string; query: SessionQuery }): Promise<number> {
  const path = `/api/sessions/${encodeURIComponent(id)}`;
  const view = await askOrRead(home, path, query, (db) => storedView(db, id, query), REFUSALS);
  if ('error' in view) {
    if (view.error.type === 'bad_request') throw new AppError('config_invalid', view.error.message);
    const why =
      view.error.type === 'ambiguous' ? 'several sessions are named or begin' : 'no session is named or begins';
    process.stderr.write(`llm-proxy: ${why} ${escapeLine(id)}; llm-proxy sessions lists them\n`);
    return NOT_FOUND;
  }
  if (json) printJson(view);
  else show(view);
  return 0;
}

function storedView(db: string, id: string, query: SessionQuery): SessionView | Refused {
  const found = withCalls(db, (calls) => calls.ask((database) => sessionView(database, id, query)));
  return found === null || found === 'ambiguous' ? { error: { type: found ?? 'not_found', message: '' } } : found;
}

const FIGURES: Column<SessionSummary>[] = [
  { title: 'client', align: 'left', max: 24, least: 12, spare: 4, value: ({ client }) => client ?? '' },
  { title: 'calls', align: 'right', value: ({ calls }) => count(calls) },
  { title: 'errors', align: 'right', spare: 1, value: ({ errors }) => (errors === 0 ? '' : count(errors)) },
  { title: 'input', align: 'right', value: (session) => tokenSum(session.input_tokens, session) },
  { title: 'output', align: 'right', spare: 2, value: (session) => tokenSum(session.output_tokens, session) },
  { title: 'cost', align: 'right', value: totalCost, short: leastCost },
  { title: 'span', align: 'right', spare: 3, value: spanOf },
];

const SUMMARY: Column<SessionSummary>[] = [
  {
    title: 'last call',
    align: 'left',
    value: (session) => timeOf(session.last_call_at),
    short: (session) => shortTimeOf(session.last_call_at),
  },
  { title: 'id', align: 'left', value: ({ id }) => shortId(id) },
  ...FIGURES,
  { title: 'title', align: 'left', max: 60, least: 20, value: titleOf },
];

function show({ session, descendants, with_children: all, calls, next_cursor: next, edges }: SessionView): void {
  print(escapeLine(titleOf(session)));
  print(
    dim(
      escapeLine(
        [session.id, session.client_session_id ?? '', session.host, session.models.join(', ')]
          .filter((text) => text !== '')
          .join('  '),
      ),
    ),
  );
  print('');
  const depths = depthsOf(session, descendants);
  const tree = treeOf(session, descendants);
  print(
    formatTable<SessionSummary>(
      [
        {
          title: 'session',
          align: 'left',
          max: 70,
          least: 24,
          value: (row) => `${'  '.repeat(depths.get(row.id) ?? 0)}${shortId(row.id)}  ${titleOf(row)}`,
        },
        ...FIGURES,
      ],
      tree,
      colours(),
      room(),
    ),
  );
  if (descendants.length > 0)
    print(
      `with its sub-agents: ${counted(all.calls, 'call')}, ${tokenSum(all.input_tokens, all)} in, ${tokenSum(all.output_tokens, all)} out, ${totalCost(all)}`,
    );
  if (estimatedSums(all) !== '') print(dim(`estimated, not in these: ${estimatedSums(all)}`));
  print('');
  const how = new Map(edges.map(({ from, to, type }) => [`${to}\n${type}`, from]));
  print(formatTable<CallRecord>(timeline(how), calls, colours(), room()));
  if (next !== null) print(dim(`more: --cursor ${next}`));
}

function timeline(edges: ReadonlyMap<string, string>): Column<CallRecord>[] {
  return [
    {
      title: 'time',
      align: 'left',
      value: (call) => timeOf(call.started_at),
      short: (call) => shortTimeOf(call.started_at),
    },
    { title: 'call', align: 'left', value: (call) => shortId(call.id) },
    { title: 'turn', align: 'right', value: ({ agent_facts: facts }) => (facts === null ? '' : count(facts.turn)) },
    { title: 'how', align: 'left', value: (call) => howOf(call, edges) },
    { title: 'model', align: 'left', max: 30, least: 14, value: modelOf },
    { title: 'status', align: 'right', least: 8, value: formatStatus },
    { title: 'in', align: 'right', value: (call) => callTokens(call, call.usage.input_tokens) },
    { title: 'out', align: 'right', value: (call) => callTokens(call, call.usage.output_tokens) },
    { title: 'cost', align: 'right', value: callCost },
    { title: 'took', align: 'right', spare: 1, value: (call) => callDuration(call.duration_ms) },
    {
      title: 'tools',
      align: 'left',
      max: 40,
      least: 8,
      value: (call) => call.tool_calls.map(({ name }) => name).join(' '),
    },
  ];
}

/** `continues` goes without saying; a lost cache does not. */
function howOf({ id, agent_facts: facts }: CallRecord, edges: ReadonlyMap<string, string>): string {
  if (facts === null) return '';
  const { follows, changes } = facts;
  const from = follows === null ? undefined : edges.get(`${id}\n${follows.how}`);
  const link =
    follows === null ? 'begins' : follows.how === 'continues' ? '' : `${follows.how} ${shortId(from ?? follows.call)}`;
  const missed = changes?.cache_missed_by ?? null;
  const cache =
    missed === null ? '' : `cache lost: ${missed}${changes?.first_message == null ? '' : ` ${changes.first_message}`}`;
  return [link, cache].filter((text) => text !== '').join(', ');
}

/** Each below its parent, in the order of time. */
function treeOf(root: SessionSummary, descendants: readonly SessionSummary[]): SessionSummary[] {
  const below = new Map<string, SessionSummary[]>();
  for (const row of descendants) {
    const parent = row.parent_session_id ?? '';
    below.set(parent, [...(below.get(parent) ?? []), row]);
  }
  const tree: SessionSummary[] = [];
  const queue = [root];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    tree.push(next);
    queue.push(...(below.get(next.id) ?? []).toReversed());
    below.delete(next.id);
  }
  return tree;
}

function depthsOf(root: SessionSummary, descendants: readonly SessionSummary[]): Map<string, number> {
  const depths = new Map([[root.id, 0]]);
  for (const { id, parent_session_id: parent } of descendants) depths.set(id, (depths.get(parent ?? '') ?? 0) + 1);
  return depths;
}

function titleOf({ title, agent }: SessionSummary): string {
  return [agent === null ? '' : `[${agent}]`, title ?? ''].filter((text) => text !== '').join(' ');
}

function spanOf({ started_at: from, last_call_at: to }: SessionSummary): string {
  const span = Date.parse(to) - Date.parse(from);
  return span <= 0 ? '' : formatDuration(span);
}
