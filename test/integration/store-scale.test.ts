import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const BENCH = fileURLToPath(new URL('../../bench/store.mjs', import.meta.url));
const CALLS = 8_000;
/** The bars are for a quiet machine and fifty times the calls; what scans a table or sorts it is far above this, too. */
const PATIENCE = 10;

interface Question {
  name: string;
  bar: number;
  cpu: number;
}

interface Results {
  build: { calls: number; bytes: number; rawBytes: number; index: { texts: number; bytes: number } };
  questions: Question[];
  ingest: { name: string; perSecond: number; lost: number }[];
}

let results: Results;

beforeAll(async () => {
  const args = [BENCH, '--calls', String(CALLS), '--only', 'questions,ingest', '--seconds', '1', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1024 * 1024 });
  results = JSON.parse(stdout) as Results;
});

describe('the store at scale', () => {
  it('takes a small part of the bytes that agents send', () => {
    const { bytes, rawBytes } = results.build;
    // Its sessions have hardly begun to resend their history: 0.048 here, 0.025 with a million calls.
    expect(bytes / rawBytes).toBeLessThan(0.055);
  });

  it('indexes every text for search', () => {
    // Each turn brings in an answer and its result, each plain call a question and an answer.
    expect(results.build.index.texts).toBeGreaterThan(2 * CALLS);
  });

  it('answers each question with no more work than fills ten times its bar', () => {
    const late = results.questions.filter(({ cpu, bar }) => cpu > PATIENCE * bar);
    expect(late).toEqual([]);
    expect(results.questions.length).toBeGreaterThan(25);
  });

  it('takes calls in without losing one, while search follows', () => {
    expect(results.ingest.map(({ lost }) => lost)).toEqual([0, 0]);
    const [small, large] = results.ingest;
    expect(small?.perSecond).toBeGreaterThan(100);
    expect(large?.perSecond).toBeGreaterThan(5);
  });
});
