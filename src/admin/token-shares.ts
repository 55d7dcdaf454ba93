/** Where the tokens of a session or a trace went, about: the shares of its calls added up. Format: docs/api.md. */
import type { MeterDirectory } from '../interchange/answer-of.ts';
import { exchangeView, type ExchangeView } from '../interchange/conversation/exchange-view.ts';
import type { Shares } from '../interchange/conversation/shares.ts';
import { messageReader } from '../interchange/stored-messages.ts';
import { storedCallOf } from '../store/call-row.ts';
import type { Database, SqlRow } from '../store/driver.ts';

type Input = NonNullable<Shares['input']>;
type Output = NonNullable<Shares['output']>;

/** Sums over some calls; all tokens are estimates: shares of what the provider stated. */
export interface TokenShares {
  /** Looked at. */
  calls: number;
  /** Of these, in no sum: what was said is not stored, or the provider stated no count. */
  unread: number;
  unstated: number;
  input: Input;
  /** Of the input of calls of which it is known: what was said for the first time; and all of their input. */
  new: number;
  known_input: number;
  output: Output;
  /** Of `input.tool_results`, by the name of the tool (`''` = unknown). */
  tool_results: Record<string, number>;
  /** Give it as `after` for the calls behind. */
  after: number;
  more: boolean;
}

/** Pieces of a second: other questions wait meanwhile. */
const BUDGET_MS = 400;
const PAGE = 20;

/** @param of the calls, as a condition of ours with one value */
export async function tokenShares(
  ask: <T>(question: (database: Database) => T) => T,
  of: { where: string; value: string },
  after: number,
  directory: MeterDirectory,
  now: () => number,
): Promise<TokenShares> {
  const sum = emptyShares(after);
  const until = now() + BUDGET_MS;
  do {
    // Each page by itself: the database may be another one by the next.
    const { rows, read } = ask((database) => ({
      rows: pageOf(database, of, sum.after),
      // A body that the file no longer gives is one that is not stored.
      read: messageReader(database, () => {}),
    }));
    for (const row of rows) {
      const seq = Number(row['seq']);
      add(sum, await exchangeView({ record: storedCallOf(row).record, ...read(seq) }, directory));
      sum.after = seq;
      if (now() > until) break;
    }
    sum.more = rows.length === PAGE || Number(rows.at(-1)?.['seq'] ?? sum.after) > sum.after;
  } while (sum.more && now() <= until);
  return sum;
}

function pageOf(database: Database, { where, value }: { where: string; value: string }, after: number): SqlRow[] {
  return database
    .prepare(`SELECT * FROM llm_calls WHERE ${where} AND inference = 1 AND seq > ? ORDER BY seq LIMIT ${PAGE}`)
    .all(value, after);
}

function emptyShares(after: number): TokenShares {
  return {
    calls: 0,
    unread: 0,
    unstated: 0,
    input: { system: 0, tools: 0, user: 0, assistant: 0, thinking: 0, tool_calls: 0, tool_results: 0, media: 0 },
    new: 0,
    known_input: 0,
    output: { text: 0, thinking: 0, tool_calls: 0 },
    // Names are the model's: one of them may be that of a member of Object.
    tool_results: Object.create(null) as Record<string, number>,
    after,
    more: false,
  };
}

function add(sum: TokenShares, { body, request, tokens }: ExchangeView): void {
  sum.calls += 1;
  const { input, output } = tokens;
  if (body === undefined || request.messages.length === 0) {
    sum.unread += 1;
    return;
  }
  if (input === null) sum.unstated += 1;
  addTo(sum.output, output);
  addTo(sum.input, input);
  if (input === null) return;
  if (tokens.new !== null) {
    sum.new += tokens.new;
    sum.known_input += totalOf(input);
  }
  for (const { parts } of request.messages) {
    for (const part of parts) {
      if (part.type !== 'tool_result') continue;
      const name = part.name ?? '';
      sum.tool_results[name] = (sum.tool_results[name] ?? 0) + (part.tokens ?? 0);
    }
  }
}

function addTo<T extends string>(sum: Record<T, number>, more: Record<T, number> | null): void {
  if (more === null) return;
  for (const name of Object.keys(sum) as T[]) sum[name] += more[name];
}

function totalOf(input: Input): number {
  return Object.values(input).reduce((total, tokens) => total + tokens, 0);
}
