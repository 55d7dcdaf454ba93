/** Calls in flight: rows of a recorder that died become records at the next start. */
export const liveCalls = `
CREATE TABLE live_recorders (
  recorder TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  -- Milliseconds since the epoch, told every few seconds.
  alive_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE live_calls (
  id TEXT PRIMARY KEY,
  recorder TEXT NOT NULL,
  facts TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE live_parts (
  id TEXT NOT NULL,
  side INTEGER NOT NULL,
  part INTEGER NOT NULL,
  after REAL NOT NULL,
  seen INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (id, side, part)
) WITHOUT ROWID;
`;
