/**
 * Frozen once released: a change is a new migration. Two more names of Anton's, so that queries that list its columns run:
 * NULL, for what they held is in blocks, which SQLite cannot put together.
 */
export const antonBodies = `
ALTER TABLE llm_calls ADD COLUMN messages TEXT GENERATED ALWAYS AS (NULL) VIRTUAL;
ALTER TABLE llm_calls ADD COLUMN response TEXT GENERATED ALWAYS AS (NULL) VIRTUAL;
`;
