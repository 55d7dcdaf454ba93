/** `stats --since …`: totals of a period, by what is asked. */
import type { PeriodGroup, PeriodStats } from '../core/ports.ts';
import type { StatsParameters } from '../core/stats-question.ts';
import { callDuration, count, estimatedSums, leastCost, tokenSum, totalCost } from './figures.ts';
import { print, printJson } from './print.ts';
import { accepted, askOrRead, colours, dim, type ReadArguments, room, timeOf, withCalls } from './read.ts';
import { type Column, fits, formatTable } from './table.ts';

const ANSWER_MS = 30_000;

export async function periodStatsMain({
  home,
  json,
  question,
}: ReadArguments & { question: StatsParameters }): Promise<number> {
  const stats = await answerTo(home, {
    ...question,
    group: question.group ?? 'model',
    zone: question.zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  if (json) printJson(stats);
  else show(stats);
  return 0;
}

async function answerTo(home: string | null, question: StatsParameters): Promise<PeriodStats> {
  const read = (db: string): PeriodStats => withCalls(db, (calls) => calls.stats(question));
  return accepted(await askOrRead(home, '/api/stats', question, read, { timeoutMs: ANSWER_MS }));
}

function show({ groups = [], group = '', ...all }: PeriodStats): void {
  if (groups.length === 0) {
    print('No calls in this time.');
    return;
  }
  const total: PeriodGroup = { ...all, key: 'total', requests: all.total_requests };
  const rows = groups.length === 1 ? groups : [...groups, total];
  const isEstimated = all.estimated.calls > 0;
  const beside = isEstimated && fits(columnsOf(group, true).filter(isNeeded), rows, room());
  print(formatTable(columnsOf(group, beside), rows, colours(), room()));
  if (isEstimated && !beside) print(dim(`estimated, not in these: ${estimatedSums(all)}`));
  for (const note of notesOf(all)) print(dim(note));
}

function notesOf({
  groups_left_out: leftOut = 0,
  whole_hours: isWidened,
  deleted_calls: deleted,
  since,
  until,
}: PeriodStats): string[] {
  return [
    deleted > 0 ? [`up to ${count(deleted)} deleted calls are missing: sums by two things are of stored calls`] : [],
    leftOut > 0 ? [`${count(leftOut)} that cost less are not shown`] : [],
    isWidened ? ['in whole hours: the calls of this time are no longer stored, their sums are'] : [],
    since === null ? [] : [`since ${timeOf(since)}`],
    until === null ? [] : [`until ${timeOf(until)}`],
  ].flat();
}

function isNeeded({ spare }: Column<PeriodGroup>): boolean {
  return spare === undefined;
}

type Cell = (row: PeriodGroup) => string;

function columnsOf(group: string, hasEstimates: boolean): Column<PeriodGroup>[] {
  const figures: [title: string, value: Cell, spare?: number][] = [
    ['calls', ({ requests }) => count(requests)],
    ['errors', ({ errors }) => (errors === 0 ? '' : count(errors))],
    ['input', (row) => tokenSum(row.input_tokens, row)],
    ['cached', (row) => tokenSum(row.cache_read_tokens, row), 0],
    ['output', (row) => tokenSum(row.output_tokens, row)],
    ['tools', (row) => count(row.tool_calls), 1],
    ['cost', totalCost],
    ['time p50', (row) => callDuration(row.duration_ms.p50), 2],
    ['p95', (row) => callDuration(row.duration_ms.p95), 4],
    ['first token p50', (row) => callDuration(row.ttft_ms.p50), 3],
    ['p95', (row) => callDuration(row.ttft_ms.p95), 5],
  ];
  return [
    { title: group, align: 'left', max: 50, least: 20, value: ({ key }) => keyText(key, group) },
    ...figures.map(([title, value, spare]) => ({
      title,
      align: 'right' as const,
      value,
      ...(spare === undefined ? {} : { spare }),
      ...(title === 'cost' ? { short: leastCost } : {}),
    })),
    ...(hasEstimates ? [{ title: 'estimated, not in these', align: 'left', value: estimatedSums } as const] : []),
  ];
}

function keyText(key: string | null, group: string): string {
  if (key === null) return '(not told)';
  return (group === 'hour' || group === 'minute') && key !== 'total' ? timeOf(key) : key;
}
