import type { Agent } from 'node:http';
import type { ExchangeEdit, RequestCopy } from './edit.ts';
import type { ExchangeRows } from './exchange-rows.ts';

/** Where a parsed request goes, and how. */
export interface ForwardPlan {
  agent: Agent;
  host: string;
  port: number;
  path: string;
  /** Raw, as the upstream gets them. */
  headers: readonly string[];
  /** Null = nobody knows. */
  provider: string | null;
  /** Null = not recorded. */
  rows: ExchangeRows | null;
  /** Null = nothing is changed. */
  edit: ExchangeEdit | null;
  /** Null = nobody else gets the request. */
  copy: RequestCopy | null;
  /** The end of the answer waits until its call is on record. */
  holdsEnd: boolean;
}
