import type { Cost } from '../../../../src/core/capture.ts';
import type { ListPrice } from '../../../../src/core/list-price.ts';
import { unknownUsage, type Usage } from '../../../../src/core/usage.ts';
import type { PriceQuestion } from '../../../../src/pricing/cost.ts';

/** A bill worked out by hand, from prices as published. 1 USD per million tokens = 1,000 nano-dollars per token. */
export interface HandBill {
  /** What the call was. */
  call: string;
  ask: Partial<Omit<PriceQuestion, 'usage'>> & Pick<PriceQuestion, 'provider'>;
  usage: Partial<Usage>;
  /** Published prices, USD. */
  prices: string;
  /** Where they are published. */
  source: string;
  /** Unit and nano-dollars of each line. */
  lines: readonly (readonly [unit: string, nanos: number])[];
  nanos: number;
  /** Default `exact`. */
  confidence?: Cost['confidence'];
  /** Prices of a provider file, where the price table has none. */
  listed?: readonly ListPrice[];
}

/** 21 November 2026, noon UTC. */
export const NOVEMBER = Date.UTC(2026, 10, 21, 12);

export function questionOf({ ask, usage }: HandBill): PriceQuestion {
  return {
    model: null,
    operation: 'chat',
    dims: {},
    host: 'host.example',
    serviceTier: null,
    speed: null,
    region: null,
    billing: 'metered',
    at: NOVEMBER,
    providerCostUsd: null,
    ...ask,
    usage: { ...unknownUsage(), source: 'json', state: 'final', ...usage },
  };
}
