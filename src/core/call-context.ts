/** Members of a call record that say whose call it is: texts, `null` = nobody said. In the order of files and tables. */
export const CONTEXT_FIELDS = [
  'session_id',
  'parent_session_id',
  /** Task, else trace of the client, else run, else session. */
  'trace_id',
  'span_id',
  'parent_span_id',
  'task_id',
  'run_id',
  'section',
  'section_path',
  'customer_id',
  'tenant_id',
  'agent',
  /** `name/version`, e.g. `claude-code/2.1.3`: session/clients.ts. */
  'client',
] as const;

export type CallContext = Record<(typeof CONTEXT_FIELDS)[number], string | null>;
