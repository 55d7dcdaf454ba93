// The part of docs/benchmarks.md that `npm run bench -- store` writes; `npm run bench` leaves it as it is.

const BEGIN = '<!-- store: begin -->';
const END = '<!-- store: end -->';

/** Empty when there is none. */
export function sectionOf(page) {
  const at = page.indexOf(BEGIN);
  return at === -1 ? '' : page.slice(at, page.indexOf(END) + END.length);
}

/** The page with this section in place of the one that it has. */
export function withSection(page, section) {
  const old = sectionOf(page);
  const rest = (old === '' ? page : page.replace(old, '')).trimEnd();
  return section === '' ? `${rest}\n` : `${rest}\n\n${section}\n`;
}

export function storeSection({ build, questions, ingest, proxy }, { command, machine }) {
  const lines = [
    BEGIN,
    `## The store, ${number(build.calls)} calls`,
    '',
    `Made by \`${command}\` on ${machine}. Calls of coding agents (sessions of up to 350 turns that resend their history, 60 at a time; one call in ten is a plain one) over 30 days, 9 models, written with the store's own writers as lists of blocks: the requests would be ${gigabytes(build.rawBytes)} on the wire.`,
    '',
    '| | |',
    '|---|---|',
    `| written in | ${build.seconds.toFixed(0)} s (${number(build.calls / build.seconds)} calls/s) |`,
    `| database | ${gigabytes(build.bytes)}: ${((build.bytes / build.rawBytes) * 100).toFixed(1)} % of the requests |`,
  ];
  if (build.index !== undefined)
    lines.push(
      `| search index | ${gigabytes(build.index.bytes)}, ${number(build.index.texts)} texts in ${build.index.seconds.toFixed(0)} s |`,
    );
  lines.push('');
  if (questions !== undefined) lines.push(...questionTable(questions));
  if (ingest !== undefined) lines.push(...ingestTable(ingest));
  if (proxy !== undefined) lines.push(...proxyTable(proxy));
  lines.push(END);
  return lines.join('\n');
}

function questionTable(questions) {
  return [
    '| question | bar ms | p50 ms | p95 ms | |',
    '|---|---|---|---|---|',
    ...questions.map(
      ({ name, bar, p50, p95, partial, asked }) =>
        `| ${name} | ${bar} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${partial > 0 ? `${partial} of ${asked} partial` : ''} |`,
    ),
    '',
    'Each was asked 30 times with different values, in this process, record and JSON included; `filter:` 12 times: as the first page, two pages deep, and within a tenth of the time. *Partial*: search and filters stop after 80 ms, say so and go on with the next page; facets say of which calls they are.',
    '',
  ];
}

function ingestTable(ingest) {
  return [
    '| into that database, search index kept up beside it | bar calls/s | calls/s | CPU µs per call | lost |',
    '|---|---|---|---|---|',
    ...ingest.map(
      ({ name, bar, perSecond, cpu, lost }) =>
        `| ${name} | ${number(bar)} | ${number(perSecond)} | ${number(cpu)} | ${lost} |`,
    ),
    '',
  ];
}

function proxyTable(proxy) {
  return [
    '| latency of the proxy at 200 calls/s | p50 ms | p99 ms |',
    '|---|---|---|',
    ...proxy.map(({ name, p50, p99 }) => `| ${name} | ${p50.toFixed(2)} | ${p99.toFixed(2)} |`),
    '',
  ];
}

function number(value) {
  return Math.round(value).toLocaleString('en-US');
}

function gigabytes(bytes) {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
}
