/** Frozen once released: a change is a new migration. */

/** How good the description of a trace is: a better one takes its place. See `SessionFacts.title_rank`. */
export const traceDescriptions = `
ALTER TABLE traces ADD COLUMN description_rank INTEGER NOT NULL DEFAULT 0;
`;
