/**
 * What a filter says of a row of `call_facets`. Names are looked up first: there are thousands of them at most, and a
 * million calls are then compared by number.
 */
import type { Database, SqlValue } from '../driver.ts';
import { kindOf, type NameKind } from '../facet-columns.ts';

export interface Meaning {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** True of all calls that meet a condition; of others perhaps, where their names are too many to be known. */
export type FacetTerm = (database: Database) => Meaning;

/** No call can meet it. */
export const NO_CALL: Meaning = { sql: '0', values: [] };

/**
 * @param columns of `llm_calls`, any of which may match
 * @param match about `name`
 * @returns null = the table does not have all of them
 */
export function namedTerm(columns: readonly string[], match: Meaning, negated = false): FacetTerm | null {
  const kinds = columns.map(kindOf);
  if (kinds.includes(undefined)) return null;
  return (database) => {
    const ids = new Map<NameKind, string>();
    for (const kind of kinds)
      if (kind !== undefined && !ids.has(kind)) ids.set(kind, idsOf(database, kind, match, negated));
    const found = columns.flatMap((column, at) => {
      const list = ids.get(kinds[at] as NameKind) ?? '';
      return list === '' ? [] : [`${column} IN (${list})`];
    });
    if (negated)
      return found.length === 0 ? { sql: '1', values: [] } : { sql: `(${found.join(' OR ')}) IS NOT 1`, values: [] };
    return found.length === 0 ? NO_CALL : { sql: `(${found.join(' OR ')})`, values: [] };
  };
}

export function statusTerm({ min, max }: { min: number; max: number }, negated = false): FacetTerm | null {
  return namedTerm(['status'], { sql: 'CAST(name AS INTEGER) BETWEEN ? AND ?', values: [min, max] }, negated);
}

/** Numbers with commas between. The name NULL stands for names that are not known: they may match, and may not. */
function idsOf(database: Database, kind: NameKind, { sql, values }: Meaning, negated: boolean): string {
  const scope = negated ? `(${sql})` : `(name IS NULL OR ${sql})`;
  const row = database
    .prepare(`SELECT group_concat(id) AS ids FROM facet_names WHERE kind = ? AND ${scope}`)
    .get(kind, ...values);
  return String(row?.['ids'] ?? '');
}

/** As it is said of `llm_calls`: the table has these columns under their own names. */
export function sameTerm({ sql, values }: Meaning, negated = false): FacetTerm {
  return () => ({ sql: negated ? `(${sql}) IS NOT 1` : `(${sql})`, values });
}

/** All of them; null = no call can meet them. */
export function allOf(database: Database, terms: readonly FacetTerm[]): Meaning | null {
  const meanings = terms.map((term) => term(database));
  if (meanings.includes(NO_CALL)) return null;
  return {
    sql: meanings.map(({ sql }) => sql).join(' AND '),
    values: meanings.flatMap(({ values }) => values),
  };
}
