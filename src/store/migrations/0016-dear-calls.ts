/**
 * Frozen once released: a change is a new migration. The calls that cost a cent and more: who asks for dear ones looks for
 * few among millions. Cheap ones are not in it, and cost no write.
 */
export const dearCalls = `
CREATE INDEX llm_calls_dear ON llm_calls (provider, cost_nanos) WHERE cost_nanos >= 10000000;
`;
