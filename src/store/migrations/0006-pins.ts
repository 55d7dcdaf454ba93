/** Frozen once released: a change is a new migration. What no retention and no prune removes. */
export const pins = `
CREATE TABLE pins (
  kind TEXT NOT NULL CHECK (kind IN ('call', 'session')),
  id TEXT NOT NULL,
  pinned_at TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
`;
