import { describe, expect, it } from 'vitest';
import {
  changeText,
  MEASURE_KINDS,
  type MeasureKind,
  sameStop,
  sameTools,
  winnerOf,
} from '../../../dashboard/src/compare/measures.ts';
import { aRecord } from '../../support/captures.ts';

const cost = MEASURE_KINDS.find(({ id }) => id === 'cost') as MeasureKind;
const out = MEASURE_KINDS.find(({ id }) => id === 'out') as MeasureKind;
const call = (over: Parameters<typeof aRecord>[0] = {}) => aRecord({ status: 200, outcome: 'complete', ...over });
const stopped = (stop_reason: string | null) => call({ stop_reason });
const tools = (...names: string[]) => call({ tool_calls: names.map((name) => ({ id: null, name })) });

describe('dashboard/compare/measures', () => {
  it('lets the smaller value win, and nobody where it cannot be told', () => {
    const [dear, cheap, unpriced] = [0.2, 0.1, null].map((cost_usd) => call({ cost_usd }));
    if (dear === undefined || cheap === undefined || unpriced === undefined) throw new Error('there are three');
    expect(winnerOf(cost, dear, cheap)).toBe('b');
    expect(winnerOf(cost, cheap, dear)).toBe('a');
    expect(winnerOf(cost, cheap, cheap)).toBe('tie');
    expect(winnerOf(cost, cheap, unpriced)).toBeNull();
    expect(winnerOf(out, dear, cheap)).toBeNull();
  });

  it('lets no call win that failed, however quick that was', () => {
    const failed = call({ status: 503, cost_usd: 0 });
    const cut = call({ outcome: 'upstream_aborted', cost_usd: 0 });
    expect(winnerOf(cost, call({ cost_usd: 1 }), failed)).toBeNull();
    expect(winnerOf(cost, cut, call({ cost_usd: 1 }))).toBeNull();
  });

  it.each([
    [100, 100, 'same'],
    [100, 150, '+50 %'],
    [100, 40, '−60 %'],
    [100, 99.5, '−0.5 %'],
    [10_000, 10_001, '+<0.1 %'],
    [100, 460, '4.6 ×'],
    [1, 1200, '1,200 ×'],
    [0, 0, 'same'],
    [0, 3, null],
    [null, 3, null],
  ])('tells the way from %s to %s as %s', (from, to, text) => {
    expect(changeText(from, to)).toBe(text);
  });

  it('takes words of two APIs for one thing as the same', () => {
    expect(sameStop(stopped('end_turn'), stopped('stop'))).toBe(true);
    expect(sameStop(stopped('tool_use'), stopped('stop'))).toBe(false);
    expect(sameStop(stopped('odd'), stopped('ODD'))).toBe(true);
    expect(sameStop(stopped(null), stopped('stop'))).toBeNull();
    expect(sameTools(tools('a', 'b'), tools('a', 'b'))).toBe(true);
    expect(sameTools(tools('a', 'b'), tools('b', 'a'))).toBe(false);
    expect(sameTools(tools('a'), { ...tools('a'), status: null })).toBeNull();
  });
});
