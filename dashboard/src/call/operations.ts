import type { CallRecord } from '../api/shapes.ts';

/** Operations in which somebody speaks; of others the request says most. */
const SPOKEN =
  /chat|message|conversation|responses|response$|generat|completion|inference|agent|assistant|thread|realtime|converse/;
const SILENT = /image|video|music|count|models|admin|embed|file|batch/;

/** Somebody is spoken to in it, and speaks. */
export function isConversation({ agent_facts: facts, operation }: CallRecord): boolean {
  if (facts !== null) return true;
  return operation !== null && SPOKEN.test(operation) && !SILENT.test(operation);
}
