/** Frozen once released: a change is a new migration. The columns for people: docs/schema.md. */
export const blocks = `
CREATE TABLE blocks (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  role TEXT,
  bytes INTEGER NOT NULL,
  encoding INTEGER NOT NULL,
  data BLOB NOT NULL
);

CREATE TABLE call_blocks (
  call INTEGER NOT NULL,
  side INTEGER NOT NULL CHECK (side IN (0, 1)),
  base INTEGER,
  prefix INTEGER NOT NULL,
  suffix INTEGER NOT NULL,
  middle BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  sha BLOB,
  flags INTEGER NOT NULL,
  extra BLOB,
  head BLOB,
  PRIMARY KEY (call, side)
) WITHOUT ROWID;
CREATE INDEX call_blocks_base ON call_blocks (base, side) WHERE base IS NOT NULL;

CREATE TABLE block_calls (
  block INTEGER NOT NULL,
  call INTEGER NOT NULL,
  PRIMARY KEY (block, call)
) WITHOUT ROWID;
`;
