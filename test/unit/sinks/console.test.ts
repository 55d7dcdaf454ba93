import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { createConsoleSink, type WriteFunction } from '../../../src/sinks/console.ts';
import { aCapture, aUsage } from '../../support/captures.ts';
import { useSinkHouse } from '../../support/sink-house.ts';

const house = useSinkHouse();
const NOTHING_KNOWN = aUsage({
  state: 'none',
  source: null,
  input_tokens: null,
  output_tokens: null,
  cache_read_tokens: null,
});
const gone: WriteFunction = (_fd, _data, done) => done(Object.assign(new Error('EIO'), { code: 'EIO' }), 0);

async function lines(
  format: 'line' | 'json',
  records: Partial<CallRecord>[],
  colour = false,
  columns = Infinity,
): Promise<string[]> {
  const pieces: Buffer[] = [];
  // A few bytes at a time, as a pipe that is nearly full takes them.
  const write: WriteFunction = (_fd, data, done) => {
    pieces.push(Buffer.from(data.subarray(0, 7)));
    done(null, Math.min(7, data.length));
  };
  const sink = await house.opened(createConsoleSink({ format, colour, columns, write }, house.deps()));
  for (const record of records) sink.write(aCapture(record));
  await sink.flush();
  return Buffer.concat(pieces).toString().trimEnd().split('\n');
}

describe('sinks/console', () => {
  it('shows one aligned line per call; unknown is ?, unpriced is said, a cut count is marked', async () => {
    const [known = '', cut = '', list = ''] = await lines('line', [
      { ttft_ms: 840 },
      {
        provider: 'openai',
        response_model: 'gpt-4o',
        usage: aUsage({ state: 'partial', output_tokens: null, cache_read_tokens: null }),
        cost_usd: null,
        status: 529,
        error: { type: 'overloaded', message: '' },
      },
      {
        inference: false,
        operation: 'models',
        request_model: null,
        response_model: null,
        cost_usd: null,
        usage: NOTHING_KNOWN,
      },
    ]);
    expect(known).toMatch(
      /^\d\d:\d\d:00 {2}anthropic {3}claude-sonnet-4-5-20250929 {4}in {4}1200 {2}cache {4}1000 {2}out {4}340 {4}\$0\.006000 {3}1\.23s {2}ttft {2}840ms {2}200$/,
    );
    expect(cut).toMatch(/gpt-4o .* in {3}~1200 {2}cache {7}\? {2}out {6}\? {5}unpriced .* 529 {2}overloaded$/);
    expect(list).toMatch(/models .* in {7}- {2}cache {7}- {2}out {6}- /);
    expect([cut.indexOf('ttft'), list.indexOf('ttft')]).toEqual([known.indexOf('ttft'), known.indexOf('ttft')]);
  });

  it('marks what is estimated and what is billed without a usage', async () => {
    const [estimate = '', billed = ''] = await lines('line', [
      {
        usage: aUsage({ source: 'estimate', estimated: ['input_tokens', 'output_tokens'], cache_read_tokens: null }),
        cost: { source: 'genai-prices', price_date: null, confidence: 'estimated', lines: [] },
      },
      {
        usage: NOTHING_KNOWN,
        cost_usd: null,
        cost: { source: null, price_date: null, confidence: 'unpriced', lines: [], reason: 'billed_amount_unknown' },
      },
    ]);
    expect(estimate).toMatch(/in {3}~1200 {2}cache {7}\? {2}out {3}~340 {3}~\$0\.006000 /);
    expect(billed).toMatch(/in {7}\? .* out {6}\? {4}billed, \? /);
  });

  it('writes JSON for programs, null for unknown', async () => {
    const [line = ''] = await lines('json', [{ cost_usd: null, response_model: 'a\u2028b\u001b' }]);
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      msg: 'call',
      input_tokens: 1200,
      cost_usd: null,
      model: 'a\u2028b\u001b',
    });
    expect(line).not.toContain('\u2028');
  });

  it.each([80, 100, 115, 120, 128])(
    'stays within %i columns, and shows model, tokens, cost and time',
    async (columns) => {
      const [line = ''] = await lines('line', [{ ttft_ms: 840 }], false, columns);
      expect(line.length).toBeLessThanOrEqual(columns);
      expect(line).toMatch(/claude-sonnet-4-5.* in {4}1200 .* out {4}340 {4}\$0\.006000 {3}1\.23s .*200$/);
    },
  );

  it('colours only when asked, and lets no model name colour', async () => {
    const [plain = ''] = await lines('line', [{ response_model: '\u001b[31mx' }]);
    expect(plain).not.toContain('\u001b');
    expect((await lines('line', [{}], true))[0]).toContain('\u001b[');
  });

  it('drops and counts lines that a stalled reader does not take, within a bound of memory', async () => {
    const stalled: (() => void)[] = [];
    const write: WriteFunction = (_fd, data, done) => void stalled.push(() => done(null, data.length));
    const sink = createConsoleSink({ format: 'line', colour: false, write }, house.deps());
    for (let index = 0; index < 20_000; index += 1) sink.write(aCapture());
    expect(house.dropped('console')).toBeGreaterThan(5000);
    let isClosed = false;
    const closing = (async () => {
      await sink.close();
      isClosed = true;
    })();
    await expect
      .poll(() => {
        for (const release of stalled.splice(0)) release();
        return isClosed;
      })
      .toBe(true);
    await closing;
  });

  it('counts lines for a terminal that is gone', async () => {
    const sink = await house.opened(createConsoleSink({ format: 'line', colour: false, write: gone }, house.deps()));
    sink.write(aCapture());
    await sink.flush();
    expect(house.counters.get('dropped', 'reason="io_error",sink="console"')).toBe(1);
  });

  it('asks a slow pipe again', async () => {
    let refusals = 2;
    let written = 0;
    const write: WriteFunction = (_fd, data, done) => {
      refusals -= 1;
      if (refusals >= 0) done(Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' }), 0);
      else done(null, (written = data.length));
    };
    const sink = await house.opened(createConsoleSink({ format: 'line', colour: false, write }, house.deps()));
    sink.write(aCapture());
    await sink.flush();
    expect(written).toBeGreaterThan(50);
    expect(house.dropped('console')).toBe(0);
  });
});
