/** Frozen once released: a change is a new migration. Cached pictures have a price of their own. */
export const cachedImages = `
ALTER TABLE llm_calls ADD COLUMN cache_read_image_tokens INTEGER;
`;
