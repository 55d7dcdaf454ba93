// Rows -> one table per scenario, medians over the rounds, ratios against llm-proxy.

export function report({ rows, scenarios, command, machine }) {
  const lines = [
    '# Benchmarks',
    '',
    `Made by \`${command}\` on ${machine}. Medians over the rounds; every peer ran in each round. CPU is that of the whole process, all threads, from when connections are open and streams have begun (except where connecting is what is measured) until the process is idle again: work that was put off counts.`,
    '',
  ];
  const start = rows.filter((row) => row.scenario === 'start');
  if (start.length > 0) {
    lines.push('## Start', '', '| | ready after | RSS when idle |', '|---|---|---|');
    lines.push(`| llm-proxy | ${median(start, 'ready').toFixed(0)} ms | ${median(start, 'rss').toFixed(0)} MB |`, '');
  }
  for (const [key, { title }] of Object.entries(scenarios)) {
    const mine = rows.filter((row) => row.scenario === key);
    if (mine.length > 0) lines.push(`## ${title}`, '', ...table(key, mine), '');
  }
  const notes = new Map(rows.filter((row) => row.note !== undefined).map((row) => [row.peer, row.note]));
  if (notes.size > 0) lines.push('## Who was measured', '', ...[...notes].map(([peer, note]) => `- ${peer}: ${note}`));
  return `${lines.join('\n').trimEnd()}\n`;
}

function table(key, rows) {
  const names = [...new Set(rows.map((row) => row.peer))];
  const of = (name) => rows.filter((row) => row.peer === name && row.failed === undefined);
  const ours = median(of('llm-proxy'), 'cpu');
  const direct = of('direct');
  const columns = COLUMNS[key] ?? COLUMNS.json;
  const head = ['', ...columns.map((column) => column.title)];
  const body = names.map((name) => {
    const good = of(name);
    if (good.length === 0)
      return [name, `failed: ${rows.find((row) => row.peer === name).failed}`, ...columns.slice(1).map(() => '')];
    return [name, ...columns.map((column) => column.value(good, { ours, direct, name }))];
  });
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
}

const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const perCall = (unit) => [
  {
    title: `CPU µs per ${unit}`,
    value: (rows, { name }) => (name === 'direct' ? '–' : number(median(rows, 'cpu'), 0)),
  },
  {
    title: 'llm-proxy : this',
    value: (rows, { ours, name }) => (name === 'direct' ? '–' : number(ours / median(rows, 'cpu'), 2)),
  },
];
const rss = {
  title: 'peak RSS MB',
  value: (rows, { name }) => (name === 'direct' ? '–' : number(median(rows, 'rss'), 0)),
};
const added =
  (field) =>
  (rows, { direct, name }) =>
    name === 'direct' ? '–' : number(median(rows, field) - median(direct, field), 2);
const COLUMNS = {
  json: [
    ...perCall('call'),
    { title: 'calls/s', value: (rows) => number(median(rows, 'perSecond'), 0) },
    { title: 'p50 ms', value: (rows) => number(median(rows, 'p50'), 2) },
    { title: 'p99 ms', value: (rows) => number(median(rows, 'p99'), 2) },
    rss,
  ],
  latency: [
    { title: 'p50 ms', value: (rows) => number(median(rows, 'p50'), 2) },
    { title: 'p99 ms', value: (rows) => number(median(rows, 'p99'), 2) },
    { title: 'added p50', value: added('p50') },
    { title: 'added p99', value: added('p99') },
  ],
  ttft: [
    { title: 'p50 ms', value: (rows) => number(median(rows, 'p50'), 2) },
    { title: 'p99 ms', value: (rows) => number(median(rows, 'p99'), 2) },
    { title: 'added p50', value: added('p50') },
  ],
  big: [
    { title: 'MiB/s down', value: (rows) => number(median(rows, 'down'), 0) },
    { title: 'MiB/s up', value: (rows) => number(median(rows, 'up'), 0) },
    rss,
  ],
};
const sse = [
  ...perCall('event'),
  { title: 'event delay p50 ms', value: (rows) => number(median(rows, 'p50'), 2) },
  { title: 'p99 ms', value: (rows) => number(median(rows, 'p99'), 2) },
  rss,
];
Object.assign(COLUMNS, { ttftnew: COLUMNS.ttft, sse1: sse, sse100: sse, sse1000: sse, connect: COLUMNS.json });

function median(rows, field) {
  const values = rows
    .map((row) => row[field])
    .filter((value) => Number.isFinite(value))
    .toSorted((a, b) => a - b);
  return values.length === 0 ? NaN : values[Math.floor(values.length / 2)];
}
