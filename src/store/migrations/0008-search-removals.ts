/** Frozen once released: a change is a new migration. */

/** What is deleted is deleted from the search index too: the reader follows this list (family 0: blocks, 1: calls). */
export const searchRemovals = `
CREATE TABLE search_removals (
  seq INTEGER PRIMARY KEY,
  family INTEGER NOT NULL,
  id INTEGER NOT NULL
);
CREATE TRIGGER blocks_removed AFTER DELETE ON blocks BEGIN
  INSERT INTO search_removals (family, id) VALUES (0, OLD.id);
  DELETE FROM search_removals WHERE seq <= (SELECT max(seq) FROM search_removals) - 1000000;
END;
CREATE TRIGGER calls_removed AFTER DELETE ON llm_calls BEGIN
  INSERT INTO search_removals (family, id) VALUES (1, OLD.seq);
  DELETE FROM search_removals WHERE seq <= (SELECT max(seq) FROM search_removals) - 1000000;
END;
`;
