/** Shapes of `GET /api/compare` and `/api/compare/report`: the daemon's own. */
import type { Comparison } from '../../../src/core/comparison.ts';

export type { Comparison, ComparisonReport, Contest, ModelPair } from '../../../src/core/comparison.ts';

export interface ComparisonPage {
  pairs: Comparison[];
  next_cursor: string | null;
}
