/** Frozen once released: a change is a new migration. What is kept of a session goes with it. */
export const sessionTips = `
CREATE INDEX session_tips_session ON session_tips (session);
`;
