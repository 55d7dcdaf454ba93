import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CURL_CLIENT, has, nodeClients, pythonClient, WGET_CLIENT } from './clients.ts';
import { checkWithEnv, checkWithRun, type Client } from './expectations.ts';
import { openStage, PROGRAMS, withRun, type Stage } from './stage.ts';

const CLIENTS: readonly { client: Client; isHere: boolean }[] = [
  { client: CURL_CLIENT, isHere: has('curl', '--version') },
  { client: WGET_CLIENT, isHere: has('wget', '--version') },
  ...nodeClients(process.execPath, 'Node').map((client) => ({ client, isHere: true })),
  { client: pythonClient('python3', 'urllib'), isHere: has('python3', '--version') },
  { client: pythonClient('python3', 'requests'), isHere: has('python3', '-c', 'import requests') },
];

/** One of each kind: `env` says the same words to all. `npm run test:clients` asks every one both ways. */
const UNDER_ENV: ReadonlySet<string> = new Set(['curl', 'Node openai', 'Python requests']);

describe('e2e/clients of this machine', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  for (const { client, isHere } of CLIENTS) {
    it.skipIf(!isHere)(`meters ${client.name} under run`, () => checkWithRun(stage, client));
    if (UNDER_ENV.has(client.name))
      it.skipIf(!isHere)(`meters ${client.name} under env`, () => checkWithEnv(stage, client));
  }

  it('gives two runs at once the exact sums of each', async () => {
    const before = stage.fakes.served.length;
    const [openai, anthropic] = await Promise.all([
      withRun(stage, [process.execPath, `${PROGRAMS}sdk-openai.mjs`]),
      withRun(stage, [process.execPath, `${PROGRAMS}sdk-anthropic.mjs`]),
    ]);
    const served = stage.fakes.served.slice(before);
    const inputOf = (host: string): number =>
      served.filter((one) => one.host === host).reduce((total, { usage }) => total + (usage?.input_tokens ?? 0), 0);
    expect(openai.summary.totals).toMatchObject({ requests: 4, input_tokens: inputOf('api.openai.com') });
    expect(anthropic.summary.totals).toMatchObject({ requests: 2, input_tokens: inputOf('api.anthropic.com') });
    expect(openai.summary.run_id).not.toBe(anthropic.summary.run_id);
  });

  it.each([
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['kill -INT $$', 130],
  ])('ends as its program does: %s', async (script, exitCode) => {
    const outcome = await withRun(stage, ['bash', '-c', script]);
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.stderr).toContain('no LLM calls were seen');
  });

  it('ends with 127 for a program that is not there and 126 for one that cannot run', async () => {
    expect((await withRun(stage, ['llm-proxy-no-such-program'])).exitCode).toBe(127);
    expect((await withRun(stage, [`${PROGRAMS}raw.py`])).exitCode).toBe(126);
  });
});
