/** Members of a call record that say whose call it is, all of them texts or `null`: in files as in the record. */
export const CONTEXT_FIELDS = [
  'session_id',
  'parent_session_id',
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
  'client',
] as const;
