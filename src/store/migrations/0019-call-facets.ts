/**
 * Frozen once released: a change is a new migration. What calls are filtered by, in 70 bytes a call: names as numbers, so
 * that a million calls are looked through in the time in which 40,000 whole rows are. `facet_names` has the names; a name
 * that is NULL stands for all that are too many or too long to be kept. A task has an index as
 * runs and traces have. The index that held some of this for pages is paid back for it.
 */
interface Named {
  column: string;
  kind: string;
  /** The column of `llm_calls` that it is made of. */
  told: string;
  value: string;
}

const named = (kind: string, ...columns: string[]): Named[] =>
  columns.map((column) => ({ column, kind, told: column, value: column }));

/** Of which JSON cannot be read there are none. */
const TOOLS = `CASE WHEN json_valid(tool_calls) THEN (SELECT json_group_array(DISTINCT json_extract(value, '$.name')) FROM json_each(tool_calls)) END`;

const FLAGS = [
  `stream = 1`,
  `outcome NOT IN ('client_aborted', 'shutdown', 'interrupted') AND (error_type IS NOT NULL OR status >= 400 OR outcome IN ('upstream_aborted', 'upstream_error', 'refused'))`,
  `outcome IN ('client_aborted', 'upstream_aborted')`,
  `usage_estimated IS NOT NULL`,
  `coalesce(retry_count, 0) > 0`,
  `billing = 'subscription'`,
  `steer_rule IS NOT NULL`,
  `leg = 'shadow'`,
]
  .map((sql, bit) => `((${sql}) IS 1) * ${1 << bit}`)
  .join(' + ');

const NAMES: readonly Named[] = [
  ...named('provider', 'provider'),
  ...named('model', 'request_model', 'response_model'),
  ...named('operation', 'operation'),
  ...named('host', 'host'),
  ...named('path', 'path'),
  ...named('client', 'client'),
  ...named('agent', 'agent'),
  ...named('section', 'section', 'section_path'),
  ...named('customer', 'customer_id'),
  ...named('tenant', 'tenant_id'),
  ...named('stop', 'stop_reason'),
  ...named('error', 'error_type', 'error_message'),
  ...named('status', 'status'),
  { column: 'flags', kind: 'flags', told: '1', value: `(${FLAGS})` },
  { column: 'tools', kind: 'tools', told: 'tool_calls', value: TOOLS },
];

const NUMBERS = ['cost_nanos', 'ttft_ms', 'duration_ms', 'input_tokens', 'output_tokens'];

/** Unix ms. Exact: the fractions of SQLite's own functions are not. */
const started = (column: string): string =>
  `coalesce(CAST(strftime('%s', ${column}) AS INTEGER) * 1000 + CAST(substr(${column}, 21, 3) AS INTEGER), 0)`;

const COLUMNS = [...NAMES.map(({ column }) => column), ...NUMBERS];
const OLD_NAMES = NAMES.map(({ column }) => `OLD.${column}`).join(', ');

const MOST_NAMES = 10_000;
const LONGEST_NAME = 500;

const KINDS = [...new Set(NAMES.map(({ kind }) => kind))];
const columnsOf = (kind: string): Named[] => NAMES.filter((one) => one.kind === kind);

/** All names of all calls, each combination once: whole rows are read once for it. */
const COMBINATIONS = `CREATE TEMP TABLE named_calls AS SELECT ${NAMES.map(({ column, value }) => `${value} AS ${column}`).join(', ')}, count(*) AS calls
FROM llm_calls GROUP BY ${NAMES.map((_, at) => at + 1).join(', ')};`;

/** A call counts once, also where two of its columns have the same name. */
const namesOf = (kind: string): string => {
  const [first, second] = columnsOf(kind).map(({ column }) => column);
  const values = [
    `SELECT ${first} AS name, calls FROM named_calls`,
    ...(second === undefined ? [] : [`SELECT ${second}, calls FROM named_calls WHERE ${second} IS NOT ${first}`]),
  ].join(' UNION ALL ');
  return `INSERT INTO facet_names (kind, name, calls) SELECT '${kind}', name, sum(calls) FROM (${values})
WHERE name IS NOT NULL AND length(name) <= ${LONGEST_NAME} GROUP BY name ORDER BY 3 DESC LIMIT ${MOST_NAMES};
INSERT INTO facet_names (kind, name, calls) VALUES ('${kind}', NULL, 0);`;
};

const idOf = ({ kind, value, told }: Named): string =>
  `CASE WHEN ${told} IS NOT NULL THEN coalesce((SELECT id FROM facet_names WHERE kind = '${kind}' AND name = ${value}),
(SELECT id FROM facet_names WHERE kind = '${kind}' AND name IS NULL)) END`;

const othersOf = (kind: string): string => {
  const uses = columnsOf(kind).map(({ column }) => `${column} = facet_names.id`);
  return `UPDATE facet_names SET calls = (SELECT count(*) FROM call_facets WHERE ${uses.join(' OR ')})
WHERE kind = '${kind}' AND name IS NULL;`;
};

export const callFacets = `
CREATE TABLE facet_names (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT,
  calls INTEGER NOT NULL
);
CREATE INDEX facet_names_kind ON facet_names (kind, name);

CREATE TABLE call_facets (
  started INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  ${COLUMNS.join(', ')},
  PRIMARY KEY (started, seq)
) WITHOUT ROWID;

${COMBINATIONS}
${KINDS.map(namesOf).join('\n')}
DROP TABLE named_calls;
INSERT INTO call_facets SELECT ${[started('started_at'), 'seq', ...NAMES.map(idOf), ...NUMBERS].join(', ')}
FROM llm_calls ORDER BY started_at, id;
${KINDS.map(othersOf).join('\n')}
DELETE FROM facet_names WHERE calls = 0;

CREATE TRIGGER call_facets_out AFTER DELETE ON llm_calls BEGIN
  DELETE FROM call_facets WHERE started = ${started('OLD.started_at')} AND seq = OLD.seq;
END;
CREATE TRIGGER call_facets_priced AFTER UPDATE OF cost_nanos ON llm_calls BEGIN
  UPDATE call_facets SET cost_nanos = NEW.cost_nanos WHERE started = ${started('OLD.started_at')} AND seq = OLD.seq;
END;
CREATE TRIGGER facet_names_out AFTER DELETE ON call_facets BEGIN
  UPDATE facet_names SET calls = calls - 1 WHERE id IN (${OLD_NAMES});
  DELETE FROM facet_names WHERE id IN (${OLD_NAMES}) AND calls <= 0;
END;

CREATE INDEX llm_calls_task ON llm_calls (task_id) WHERE task_id IS NOT NULL;
DROP INDEX llm_calls_page;
CREATE INDEX llm_calls_started ON llm_calls (started_at, id);
`;
