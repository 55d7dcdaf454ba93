/**
 * Frozen once released: a change is a new migration. Which calls are counted as unpriced, in narrow rows too, and an index
 * of these alone: hardly any are among millions, and those without a cost are not they (model lists and failures have
 * none). Only narrow rows without a cost are looked at for it.
 */
const STARTED = `coalesce(CAST(strftime('%s', OLD.started_at) AS INTEGER) * 1000 + CAST(substr(OLD.started_at, 21, 3) AS INTEGER), 0)`;

export const unpricedFacet = `
ALTER TABLE call_facets ADD COLUMN counted_unpriced;
UPDATE call_facets SET counted_unpriced = 1 WHERE cost_nanos IS NULL
AND EXISTS (SELECT 1 FROM llm_calls WHERE llm_calls.seq = call_facets.seq AND llm_calls.counted_unpriced = 1);
CREATE INDEX call_facets_unpriced ON call_facets (started, seq) WHERE counted_unpriced = 1;

DROP TRIGGER call_facets_priced;
CREATE TRIGGER call_facets_priced AFTER UPDATE OF cost_nanos, counted_unpriced ON llm_calls BEGIN
  UPDATE call_facets SET cost_nanos = NEW.cost_nanos, counted_unpriced = nullif(NEW.counted_unpriced, 0)
  WHERE started = ${STARTED} AND seq = OLD.seq;
END;
`;
