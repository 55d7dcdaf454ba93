import { describe, expect, it } from 'vitest';
import { scoreBoardCsv } from '../../../dashboard/src/compare/csv.ts';
import type { ModelPair } from '../../../dashboard/src/compare/shapes.ts';

const medians = { ttft_ms: null, duration_ms: 12.5, cost_usd: 0.01, input_tokens: 5, output_tokens: 6 };
const PAIR: ModelPair = {
  primary: { provider: 'anthropic', model: '=cmd|"x",y' },
  shadow: { provider: 'local', model: null },
  calls: 3,
  failed: { primary: 0, shadow: 1 },
  medians: { primary: medians, shadow: medians },
  wins: {
    ttft_ms: { primary: 0, shadow: 0, ties: 0 },
    duration_ms: { primary: 1, shadow: 1, ties: 0 },
    cost_usd: { primary: 0, shadow: 2, ties: 0 },
  },
  same_stop_reason: { same: 2, of: 2 },
  same_tool_calls: { same: 1, of: 2 },
};
const commas = (text: string): number => text.replaceAll(/"(?:[^"]|"")*"/g, '').split(',').length;

describe('dashboard/compare/csv', () => {
  it('writes a row for each pair, unknown as empty, and nothing that a spreadsheet runs', () => {
    const [head = '', row = '', end] = scoreBoardCsv([PAIR]).split('\r\n');
    expect(end).toBe('');
    expect(row).toContain(`anthropic,"'=cmd|""x"",y",local,,3,0,1,,,12.5,12.5,`);
    expect(commas(row)).toBe(commas(head));
    expect(row).toMatch(/,2,2,1,2$/);
  });
});
