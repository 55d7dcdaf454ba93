import type { AssembledOutput } from '../core/capture.ts';
import type { StoredExchange } from '../core/transfer.ts';
import { ExchangeMeter, type MeterEnv } from '../usage/meter.ts';
import { DEFAULT_LIMITS } from '../usage/metered.ts';
import { authorityOf, formatHead } from './heads.ts';

/** As long as an answer may be when it is put together again. Characters. */
const LIMITS = { ...DEFAULT_LIMITS, assembledLength: 16 * 1024 * 1024 };

export type MeterDirectory = MeterEnv['directory'];

/**
 * What a stored call answered, put together by the readers that meter live traffic, whatever its dialect and framing.
 * Null when nothing was generated, or nothing is kept.
 */
export async function answerOf(
  { record, request, response }: StoredExchange,
  directory: MeterDirectory,
): Promise<AssembledOutput | null> {
  if (request === null || response === null || response.body === null) return null;
  const authority = authorityOf(record.host, record.transport === 'http' ? 'http' : 'https');
  if (authority === null) return null;
  const meter = new ExchangeMeter({ directory, ...authority, provider: record.provider, limits: LIMITS });
  meter.requestHead(formatHead(request));
  if (request.body !== null) meter.requestBody(request.body);
  meter.responseHead(formatHead(response), 0);
  meter.responseBody(response.body, 0);
  const { assembled } = await meter.end(record.outcome, 0);
  return assembled === null || (assembled.text === '' && assembled.toolCalls.length === 0) ? null : assembled;
}
