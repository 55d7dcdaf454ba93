/** One client, run in both ways: what it received and what was recorded must be what the fakes sent and used. */
import { expect } from 'vitest';
import type { Served } from '../../../src/cli/demo/fake-providers.ts';
import { verify } from '../../../src/cli/demo/verify.ts';
import { records, withEnv, withRun, type Outcome, type Stage } from './stage.ts';

export interface Client {
  name: string;
  command: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** `raw` prints status and body of each call, `sdk` the id and text of each answer. */
  prints: 'raw' | 'sdk';
  calls: number;
}

export async function checkWithRun(stage: Stage, client: Client): Promise<void> {
  const before = stage.fakes.served.length;
  const outcome = await withRun(stage, client.command, client.env);
  const served = stage.fakes.served.slice(before);
  checkOutput(client, outcome, served);
  const { totals } = outcome.summary;
  expect(totals.requests).toBe(client.calls);
  expect(totals.input_tokens).toBe(sum(served, 'input_tokens'));
  expect(totals.output_tokens).toBe(sum(served, 'output_tokens'));
  expect(totals.cache_read_tokens).toBe(sum(served, 'cache_read_tokens'));
  expect(totals.cost_usd).toBeGreaterThan(0);
  expect(outcome.stderr).toContain('model');
}

export async function checkWithEnv(stage: Stage, client: Client): Promise<void> {
  const before = stage.fakes.served.length;
  const outcome = await withEnv(stage, client.command, client.env);
  const served = stage.fakes.served.slice(before);
  checkOutput(client, outcome, served);
  const recorded = await records(stage, client.calls, served.at(-1)?.id ?? null);
  expect(verify(served, recorded).flatMap(({ differences }) => differences)).toEqual([]);
}

function checkOutput(client: Client, outcome: Outcome, served: readonly Served[]): void {
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  const lines = outcome.stdout.trim().split('\n');
  expect(served.map(({ status }) => status)).toEqual(Array.from({ length: client.calls }, () => 200));
  if (client.prints === 'raw') {
    expect(lines).toEqual(served.map(({ body }) => `200 ${Buffer.from(body).toString('base64')}`));
    return;
  }
  const answers = lines.map((line) => JSON.parse(line) as { id: string; text: string });
  expect(answers.map(({ id }) => id)).toEqual(served.map(({ id }) => id));
  for (const { text } of answers)
    expect(text).toMatch(/^(Paris is the capital|Three ideas: a tide|Done: the test was).{30,}\.$/);
}

function sum(served: readonly Served[], field: 'input_tokens' | 'output_tokens' | 'cache_read_tokens'): number {
  return served.reduce((total, { usage }) => total + (usage?.[field] ?? 0), 0);
}
