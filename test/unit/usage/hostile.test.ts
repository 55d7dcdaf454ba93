import { NOWHERE } from '../../../src/session/seen-call.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyTally, addCall, type Tally } from '../../../src/core/totals.ts';
import { TOKEN_FIELDS } from '../../../src/core/usage.ts';
import { createPricer } from '../../../src/pricing/cost.ts';
import { createPriceBook, loadBuiltInTable } from '../../../src/pricing/prices.ts';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { CleanSlices } from '../../../src/recorder/clean-slices.ts';
import { recordExchange } from '../../../src/recorder/record-exchange.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import { connectionInfo, exchangeEnd, noRereads } from '../../support/exchanges.ts';

const CLEAN = new CleanSlices();

/** Numbers as a hostile or broken server writes them, and the count that they are: null = none at all. */
const NUMBERS: readonly [text: string, count: number | null][] = [
  ['-1', null],
  ['-9007199254740993', null],
  ['0.5', null],
  ['1e-3', null],
  ['9007199254740993', null],
  ['9007199254740991', null],
  ['1e15', null],
  ['1e400', null],
  ['-1e400', null],
  ['1e308', null],
  ['"7"', null],
  ['"7; DROP TABLE llm_calls"', null],
  ['true', null],
  ['[7]', null],
  ['{"valueOf":7}', null],
  ['null', null],
  ['-0', 0],
  ['7.0', 7],
  ['7e0', 7],
  ['1e-400', 0],
];

interface Dialect {
  host: string;
  provider: string;
  path: string;
  /** A whole answer with this as its count of output tokens. */
  answer(count: string): string;
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  'chat completions': {
    host: 'api.openai.com',
    provider: 'openai',
    path: '/v1/chat/completions',
    answer: (n) =>
      `{"object":"chat.completion","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":${n}}}`,
  },
  responses: {
    host: 'api.openai.com',
    provider: 'openai',
    path: '/v1/responses',
    answer: (n) =>
      `{"object":"response","model":"gpt-4o","output":[],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":0},"output_tokens":${n}}}`,
  },
  messages: {
    host: 'api.anthropic.com',
    provider: 'anthropic',
    path: '/v1/messages',
    answer: (n) =>
      `{"type":"message","model":"claude-sonnet-4-5","content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":0,"output_tokens":${n}}}`,
  },
  generateContent: {
    host: 'generativelanguage.googleapis.com',
    provider: 'google',
    path: '/v1beta/models/gemini-2.5-pro:generateContent',
    answer: (n) =>
      `{"candidates":[],"modelVersion":"gemini-2.5-pro","usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":${n}}}`,
  },
};

/** Documents that are odd as a whole. */
const DOCUMENTS: readonly string[] = [
  '{"__proto__":{"input_tokens":9e99},"object":"chat.completion","choices":[],"usage":{"prompt_tokens":5}}',
  '{"object":"chat.completion","choices":[],"usage":{"__proto__":{"prompt_tokens":-5,"completion_tokens":1e400}}}',
  '{"object":"chat.completion","choices":[],"usage":{"constructor":{"prototype":{"prompt_tokens":1}}}}',
  '{"object":"chat.completion","choices":[],"usage":{"prompt_tokens":5,"prompt_tokens":-5,"completion_tokens":1}}',
  '{"object":"chat.completion","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":-6}}',
  '{"object":"chat.completion","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"cost":-3}}',
  '{"object":"chat.completion","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"cost":1e308}}',
  '{"object":"chat.completion","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"cost":1e400}}',
  '{"object":"chat.completion","choices":[],"usage":[{"prompt_tokens":-5}]}',
  '{"object":"chat.completion","choices":[],"usage":"prompt_tokens"}',
  '{"object":"chat.completion","choices":[],"usage":-1}',
  '{"object":"chat.completion","choices":{"length":1e9},"usage":{"prompt_tokens":-1}}',
  '{"object":"chat.completion","choices":[null,1,[],{"delta":-1}],"usage":{"prompt_tokens":-1,"completion_tokens":-1}}',
  '{"object":{"toString":1},"choices":[],"usage":{"prompt_tokens":0.1}}',
  '{"type":"message","usage":{"input_tokens":-5,"cache_read_input_tokens":-5,"cache_creation_input_tokens":1e400}}',
  '{"type":"message","usage":{"input_tokens":9007199254740991,"cache_read_input_tokens":9007199254740991,"output_tokens":1}}',
  '{"type":"message","usage":{"input_tokens":1,"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":-9,"output_tokens":-9}]}}',
  '{"type":"message","usage":{"input_tokens":1,"output_tokens":1,"iterations":[{"type":"advisor_message","input_tokens":-9,"output_tokens":1e300}]}}',
  '{"type":"message","usage":{"input_tokens":1,"output_tokens":1,"server_tool_use":{"web_search_requests":-4}}}',
  '{"type":"message","usage":{"input_tokens":1,"output_tokens":1,"server_tool_use":{"web_search_requests":1e300}}}',
  '{"candidates":[],"usageMetadata":{"promptTokenCount":-1,"candidatesTokenCount":-2,"thoughtsTokenCount":5}}',
  '{"candidates":[],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":9007199254740991,"thoughtsTokenCount":9007199254740991}}',
  '{"usage":{"prompt_tokens":1,"completion_tokens":1},"usage":{"prompt_tokens":-1,"completion_tokens":1e400}}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `{"usage":${'{"usage":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
  `{"object":"chat.completion","usage":{"prompt_tokens":${'9'.repeat(5_000)},"completion_tokens":1}}`,
  '\u0000{"usage":{"prompt_tokens":-1}}',
  '{"usage":{"prompt_tokens":-1',
  '"usage":{"prompt_tokens":-1,"completion_tokens":-1}',
  '{"model":"\\u0000\\ud800","object":"chat.completion","choices":[],"usage":{"prompt_tokens":-1}}',
];

let directory: ProviderRegistry;
let price: ReturnType<typeof createPricer>;

beforeAll(async () => {
  directory = await loadRegistry();
  price = createPricer(createPriceBook({ table: await loadBuiltInTable(), listed: directory.listPrices() }));
});

async function tallyOf(body: string, dialect: Dialect, whole = true): Promise<{ tally: Tally; output: number | null }> {
  const { host, provider, path } = dialect;
  const meter = new ExchangeMeter({ directory, host, port: 443, provider, limits: DEFAULT_LIMITS });
  const json = 'Content-Type: application/json\r\n\r\n';
  meter.requestHead(Buffer.from(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${json}`));
  meter.requestBody(Buffer.from('{"model":"m"}'));
  meter.responseHead(Buffer.from(`HTTP/1.1 200 OK\r\n${json}`), 1);
  meter.responseBody(Buffer.from(body), 2);
  const outcome = whole ? 'complete' : 'upstream_aborted';
  const metered = await meter.end(outcome, 3);
  const connection = connectionInfo({ host, provider });
  const times = { wall: 0, openedAt: 0, responseHeadAt: 1, endedAt: 3 };
  const facts = { connection, ...times, requestBytes: 13, responseBytes: body.length, dropped: 0 };
  const tally = emptyTally();
  const captures = recordExchange(
    { facts, end: exchangeEnd({ outcome }), metered },
    {
      price,
      newId: () => 'call_1',
      rereads: noRereads(),
      isDuplicate: () => false,
      estimator: null,
      keepsBodies: () => true,
      place: () => NOWHERE,
      clean: CLEAN,
    },
  );
  for (const { record, costNanos } of captures) {
    addCall(tally, record, costNanos);
    for (const field of TOKEN_FIELDS) expectCount(record.usage[field] ?? 0);
    for (const amount of Object.values(record.usage.units)) expect(amount >= 0 && amount <= 1e12).toBe(true);
  }
  return { tally, output: captures[0]?.record.usage.output_tokens ?? null };
}

function expectCount(count: number): void {
  expect(Number.isSafeInteger(count) && count >= 0 && count <= 1e12, String(count)).toBe(true);
}

function expectSound(tally: Tally): void {
  for (const [name, sum] of Object.entries(tally)) {
    expect(Number.isSafeInteger(sum) && sum >= 0, `${name} ${sum}`).toBe(true);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)['input_tokens']).toBeUndefined();
}

describe('usage of hostile answers', () => {
  for (const [name, dialect] of Object.entries(DIALECTS)) {
    it.each(NUMBERS)(`takes %s of ${name} for what it is`, async (text, count) => {
      const { tally, output } = await tallyOf(dialect.answer(text), dialect);
      expectSound(tally);
      // Gemini leaves out what is 0, and null is no number.
      expect(output).toBe(name === 'generateContent' && text === 'null' ? 0 : count);
    });

    it.each(NUMBERS)(`lets no %s of ${name} through the last resort`, async (text) => {
      // Cut within the document: its usage is found by pattern.
      const { tally, output } = await tallyOf(dialect.answer(text).slice(0, -1), dialect, false);
      expectSound(tally);
      expect(output === null || output === 0 || output === 7).toBe(true);
    });
  }

  it.each(DOCUMENTS.map((text) => [text.slice(0, 120), text]))('stays sound with %s', async (_, text) => {
    for (const dialect of Object.values(DIALECTS)) {
      for (const whole of [true, false]) expectSound((await tallyOf(text, dialect, whole)).tally);
    }
  });
});
