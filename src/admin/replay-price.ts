/** What a call would cost if it were sent again, changed or not: said before it is. */
import type { CallRecord } from '../core/capture.ts';
import type { CostQuestion } from '../core/ports.ts';
import type { StoredExchange } from '../core/transfer.ts';

export interface ReplayPrice {
  model: string | null;
  /** Estimates: the first call's counts, by the length of what is sent now. */
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  cost: CallRecord['cost'];
  /** As far as the request limits its answer. */
  max_output_tokens: number | null;
  max_cost_usd: number | null;
}

type CostOf = (question: CostQuestion) => Promise<Pick<CallRecord, 'cost_usd' | 'cost'>>;

/** Of mixed prose, code and JSON. */
const TOKENS_PER_BYTE = 0.27;
const LIMITS = ['max_output_tokens', 'max_completion_tokens', 'max_tokens', 'maxOutputTokens', 'maxTokens'];
const HOLDERS = ['generationConfig', 'inferenceConfig', 'options', 'request'];

export async function replayPrice(exchange: StoredExchange, body: Uint8Array, costOf: CostOf): Promise<ReplayPrice> {
  const { provider, operation, host, usage, request_model: asked, response_model: answered } = exchange.record;
  const said = parsed(body);
  const model = modelIn(said) ?? asked ?? answered;
  const input = inputOf(exchange, body);
  const most = limitIn(said);
  const ask = (output: number | null): ReturnType<CostOf> =>
    costOf({ provider, model, operation, host, input_tokens: input, output_tokens: output });
  const output = usage.output_tokens === null ? null : Math.min(usage.output_tokens, most ?? Infinity);
  const [likely, dearest] = await Promise.all([ask(output), most === null ? { cost_usd: null } : ask(most)]);
  return {
    model,
    input_tokens: input,
    output_tokens: output,
    ...likely,
    max_output_tokens: most,
    max_cost_usd: dearest.cost_usd,
  };
}

function inputOf({ record, request }: StoredExchange, body: Uint8Array): number {
  const before = request?.body?.length ?? record.request_bytes;
  const { input_tokens: counted } = record.usage;
  if (counted === null || before === 0) return Math.round(body.length * TOKENS_PER_BYTE);
  return Math.round((counted * body.length) / before);
}

function parsed(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function modelIn({ model }: Record<string, unknown>): string | null {
  return typeof model === 'string' && model !== '' ? model : null;
}

function limitIn(said: Record<string, unknown>): number | null {
  const holders = [said, ...HOLDERS.map((name) => said[name])];
  for (const holder of holders) {
    if (typeof holder !== 'object' || holder === null) continue;
    for (const name of LIMITS) {
      const limit: unknown = Reflect.get(holder, name);
      if (typeof limit === 'number' && limit > 0) return limit;
    }
  }
  return null;
}
