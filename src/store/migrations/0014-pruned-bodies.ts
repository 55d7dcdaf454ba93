/** Frozen once released: a change is a new migration. What tells bodies that were deleted from bodies that never were. */
export const prunedBodies = `
CREATE TABLE pruned_bodies (
  call INTEGER PRIMARY KEY,
  parts INTEGER NOT NULL,
  pruned_at TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('age', 'size'))
);
CREATE TRIGGER pruned_bodies_removed AFTER DELETE ON llm_calls BEGIN
  DELETE FROM pruned_bodies WHERE call = OLD.seq;
END;
`;
