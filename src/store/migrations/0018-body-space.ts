/** Frozen once released: a change is a new migration. */

/** About what a row takes beside its blobs, with its place in the indexes. */
const BLOCK = 'length(data) + 110';
const LIST = 'length(middle) + coalesce(length(extra), 0) + coalesce(length(head), 0) + 70';
const of = (row: 'new' | 'old', size: string): string =>
  size.replaceAll(/\b(data|middle|extra|head)\b/g, (column) => `${row}.${column}`);

/**
 * What bodies take, without the records beside them: a limit for bodies must not delete them because there are many
 * records. By triggers, so that nobody who writes or deletes can forget it.
 */
export const bodySpace = `
CREATE TABLE body_space (one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL);
INSERT INTO body_space SELECT 1, CAST(
  (SELECT total(${BLOCK}) FROM blocks) + (SELECT total(${LIST}) FROM call_blocks) AS INTEGER);
CREATE TRIGGER blocks_in AFTER INSERT ON blocks
BEGIN UPDATE body_space SET bytes = bytes + ${of('new', BLOCK)} WHERE one = 1; END;
CREATE TRIGGER blocks_out AFTER DELETE ON blocks
BEGIN UPDATE body_space SET bytes = bytes - (${of('old', BLOCK)}) WHERE one = 1; END;
CREATE TRIGGER lists_in AFTER INSERT ON call_blocks
BEGIN UPDATE body_space SET bytes = bytes + ${of('new', LIST)} WHERE one = 1; END;
CREATE TRIGGER lists_out AFTER DELETE ON call_blocks
BEGIN UPDATE body_space SET bytes = bytes - (${of('old', LIST)}) WHERE one = 1; END;
CREATE TRIGGER lists_changed AFTER UPDATE OF middle, extra, head ON call_blocks
BEGIN UPDATE body_space SET bytes = bytes + ${of('new', LIST)} - (${of('old', LIST)}) WHERE one = 1; END;
`;
