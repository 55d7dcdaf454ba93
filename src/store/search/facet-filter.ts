/** Which part of a filter `call_facets` can answer. */
import type { Database } from '../driver.ts';
import { IS_UNPRICED } from '../facet-columns.ts';
import { startOf } from '../facet-writer.ts';
import type { CallFilter } from '../queries.ts';
import { allOf, type FacetTerm, type Meaning, namedTerm, NO_CALL, sameTerm, statusTerm } from './facet-terms.ts';

export interface FacetFilter {
  meaning: Meaning;
  /** No call that began before, or later than that, can meet the filter. Unix ms. */
  from: number;
  to: number;
  /** Only these are meant, and an index has them: about `call_facets`. */
  among?: string;
}

/** Null = nothing that would leave calls out; `nothing` = no call can meet the filter. */
export function facetsOf(database: Database, filter: CallFilter): FacetFilter | 'nothing' | null {
  const conditions = (filter.conditions ?? []).flatMap(({ facet }) => facet ?? []);
  const terms = [...termsOf(filter), ...conditions];
  if (terms.length === 0) return null;
  const meaning = allOf(database, [...periodOf(filter), ...terms]);
  return meaning === null ? 'nothing' : { meaning, ...limitsOf(filter), ...indexedOf(filter) };
}

/** All that is asked beside a query, as one; null = nothing of it is in `call_facets`. */
export function facetTermOf(filter: CallFilter): FacetTerm | null {
  const terms = [...periodOf(filter), ...termsOf(filter)];
  return terms.length === 0 ? null : (database) => allOf(database, terms) ?? NO_CALL;
}

/** Of what is asked beside a query. */
function termsOf({ provider, model, status }: CallFilter): FacetTerm[] {
  const named = [
    provider === undefined ? null : namedTerm(['provider'], { sql: 'name = ?', values: [provider] }),
    model === undefined ? null : namedTerm(['request_model', 'response_model'], { sql: 'name = ?', values: [model] }),
    status === undefined ? null : statusTerm(status),
  ];
  return named.filter((term) => term !== null);
}

function periodOf({ since, until }: CallFilter): FacetTerm[] {
  return [
    ...(since === undefined ? [] : [sameTerm({ sql: 'started >= ?', values: [startOf(since)] })]),
    ...(until === undefined ? [] : [sameTerm({ sql: 'started <= ?', values: [startOf(until)] })]),
  ];
}

/** Of a filter that asks for no more than a period. */
export function periodFacets(filter: CallFilter): FacetFilter {
  return { meaning: { sql: '', values: [] }, ...limitsOf(filter) };
}

function indexedOf({ conditions = [] }: CallFilter): Pick<FacetFilter, 'among'> {
  return conditions.some(({ sql }) => sql === `(${IS_UNPRICED})`) ? { among: IS_UNPRICED } : {};
}

/** The latest of all beginnings that are asked for, and the earliest of all ends. */
function limitsOf({ since, until, conditions = [] }: CallFilter): Pick<FacetFilter, 'from' | 'to'> {
  const asked = (operator: '>=' | '<', param: string | undefined): number[] => {
    const inQuery = conditions
      .filter(({ sql }) => sql === `(started_at ${operator} ?)`)
      .flatMap(({ values }) => values);
    return [param, ...inQuery].flatMap((time) => (typeof time === 'string' ? startOf(time) : []));
  };
  return { from: Math.max(0, ...asked('>=', since)), to: Math.min(Number.MAX_SAFE_INTEGER, ...asked('<', until)) };
}
