/** What calls can be written as. */
import type { StoredExchange } from '../core/transfer.ts';

/** Writes calls one after the other; what it is given it does not keep. */
export interface Formatter {
  /** Before the first call; empty = nothing. */
  start(): string;
  /** One call; null = it has no place in this format. */
  call(exchange: StoredExchange): Output | Promise<Output>;
  /** After the last call. */
  end(): string | Uint8Array;
}

export type Output = string | Uint8Array | null;

export const FORMATS = ['jsonl', 'har', 'csv', 'parquet', 'openai-jsonl', 'sharegpt', 'otlp-json', 'html'] as const;

export type FormatName = (typeof FORMATS)[number];

/** Whether a format holds bodies when nobody says so; `must` = it is made of them. */
export const BODIES: Readonly<Record<FormatName, 'must' | 'yes' | 'no'>> = {
  jsonl: 'yes',
  har: 'yes',
  csv: 'no',
  parquet: 'no',
  'openai-jsonl': 'must',
  sharegpt: 'must',
  'otlp-json': 'no',
  html: 'yes',
};
