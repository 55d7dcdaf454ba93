import { describe, expect, it } from 'vitest';
import { endpointFacts } from '../../../src/providers/families/endpoint-facts.ts';
import { compileConditions } from '../../../src/providers/families/fact-source.ts';
import type { Endpoint } from '../../../src/providers/provider.ts';
import { expectLinearTime } from '../../support/growth.ts';
import { AnswerFacts, FactReader, type RequestEvidence } from '../../../src/usage/facts.ts';

interface Exchange {
  request?: Partial<Record<'body' | 'bytes' | 'audioSeconds', unknown>> & { query?: Record<string, string> };
  status?: number;
  headers?: Record<string, string>;
  /** A pair is a message and its event's name. */
  messages?: unknown[];
}

const named = (values: Record<string, string> | undefined, name: string): string | null => values?.[name] ?? null;

function reader(rules: string[], { request = {}, status = 200, headers = {}, messages = [] }: Exchange): FactReader {
  const endpoint: Endpoint = { method: 'POST', path: '/', operation: 'x', model: rules };
  const facts = endpointFacts(endpoint)!;
  const answer = new AnswerFacts(facts);
  for (const each of messages) {
    if (Array.isArray(each) && typeof each[0] === 'string') answer.message(each[1], each[0]);
    else answer.message(each);
  }
  const evidence: RequestEvidence = {
    body: () => request.body,
    query: (name) => named(request.query, name),
    group: () => null,
    header: () => null,
    bytes: () => (request.bytes as number) ?? null,
    audioSeconds: () => (request.audioSeconds as number) ?? null,
  };
  // The facts of the messages are found by identity: the endpoint's own rules must be asked.
  const response = { status, header: (name: string) => named(headers, name), bytes: () => null };
  const made = new FactReader(evidence, response, answer);
  return Object.assign(made, { rules: facts.model });
}

function number(rule: string | string[], exchange: Exchange): number | null {
  const rules = typeof rule === 'string' ? [rule] : rule;
  const made = reader(rules, exchange) as FactReader & { rules: Parameters<FactReader['number']>[0] };
  return made.number(made.rules)?.amount ?? null;
}

function text(rule: string | string[], exchange: Exchange): string | null {
  const rules = typeof rule === 'string' ? [rule] : rule;
  const made = reader(rules, exchange) as FactReader & { rules: Parameters<FactReader['text']>[0] };
  return made.text(made.rules)?.text ?? null;
}

const answered = (body: unknown): Exchange => ({ messages: [body] });
const asked = (body: unknown): Exchange => ({ request: { body } });

const holds = (condition: string, body: unknown): boolean => number(`const:1 if ${condition}`, asked(body)) === 1;

describe('usage/facts', () => {
  it('reads numbers of bodies, also such as are written as texts', () => {
    expect(number('res.body:$.usage.readUnits', answered({ usage: { readUnits: 6 } }))).toBe(6);
    expect(number('res.body:$.num_segments', answered({ num_segments: '2' }))).toBe(2);
    expect(number('abs(res.body:$.price)', answered({ price: '-0.00750' }))).toBe(0.0075);
    for (const value of [null, '', 'six', '0x10', '1e400', true, {}, []]) {
      expect(number('res.body:$.n', answered({ n: value }))).toBeNull();
    }
  });

  it('takes nothing from a prototype', () => {
    expect(text('res.body:$.constructor.name', answered({}))).toBeNull();
    expect(number('res.body:$.__proto__.n', answered(JSON.parse('{"a":1}')))).toBeNull();
  });

  it('adds up lists, members and characters', () => {
    expect(number('res.body:$.a[*].n', answered({ a: [{ n: 1 }, { n: 2 }, {}] }))).toBe(3);
    expect(number('res.body:$.models.*.tokens', answered({ models: { x: { tokens: 4 }, y: { tokens: 5 } } }))).toBe(9);
    expect(number('req.body:$.inputs[*].text#codepoints', asked({ inputs: [{ text: 'ab' }, { text: '😀é' }] }))).toBe(
      4,
    );
    expect(number('req.body:$.content#codepoints', asked({ content: ['ab', 'c'] }))).toBe(3);
    expect(number('req.body:$.a[1].n', asked({ a: [{ n: 1 }, { n: 7 }] }))).toBe(7);
  });

  it('tells an empty list from none', () => {
    expect(number('res.body:$.matches#len', answered({ matches: [] }))).toBe(0);
    expect(number('res.body:$.matches#len', answered({}))).toBeNull();
    expect(number('req.body:$#len', asked([1, 2]))).toBe(2);
  });

  it('takes the largest where told so', () => {
    expect(number('max(res.body:$.words[*].end)', answered({ words: [{ end: 1.5 }, { end: 9.25 }, { end: 3 }] }))).toBe(
      9.25,
    );
  });

  it('takes the last message of a stream that has it, or all of them', () => {
    const messages = [{ n: 1 }, { n: 5 }, { other: 1 }, { n: 3 }, {}];
    expect(number('res.body:$.n', { messages })).toBe(3);
    expect(number('sum(res.body:$.n)', { messages })).toBe(9);
    expect(number('max(res.body:$.n)', { messages })).toBe(5);
  });

  it('asks only messages of one kind, by member or by event name', () => {
    const messages = [{ type: 'a', n: 1 }, { type: 'b', n: 2 }, ['a', { n: 3 }]];
    expect(number('res.sse[type=a]:$.n', { messages })).toBe(3);
    expect(number('res.sse[type=b]:$.n', { messages })).toBe(2);
    expect(number('sum(res.sse[type=a]:$.n)', { messages })).toBe(4);
  });

  it('calculates', () => {
    expect(number('res.body:$.ms/1000', answered({ ms: 1500 }))).toBe(1.5);
    expect(number('ceil(res.body:$.n / 5) * 2', answered({ n: 11 }))).toBe(6);
    expect(number('(res.body:$.a + res.body:$.b) / 10', answered({ a: 5, b: 15 }))).toBe(2);
    expect(number('res.body:$.a + res.body:$.b', answered({ a: 5 }))).toBeNull();
    expect(number('res.body:$.a / res.body:$.b', answered({ a: 5, b: 0 }))).toBeNull();
  });

  it('takes the first rule whose conditions hold and that gives something', () => {
    const rules = [
      'res.body:$.metadata.duration * res.body:$.metadata.channels if req.query:multichannel=true',
      'res.body:$.metadata.duration',
      'const:1',
    ];
    const body = { metadata: { duration: 2.5, channels: 2 } };
    expect(number(rules, { messages: [body], request: { query: { multichannel: 'true' } } })).toBe(5);
    expect(number(rules, { messages: [body] })).toBe(2.5);
    expect(number(rules, {})).toBe(1);
  });

  it('compares without letter case, by one of several patterns', () => {
    expect(holds('req.body:$.model=*flash*|*turbo*', { model: 'Eleven_Flash_v2' })).toBe(true);
    expect(holds('req.body:$.model=*flash*', { model: 'eleven_v3' })).toBe(false);
    expect(holds('req.body:$.model=*flash*', {})).toBe(false);
    expect(holds('!req.body:$.model=*flash*', {})).toBe(true);
    expect(holds('req.body:$.model=ab*ba', { model: 'aba' })).toBe(false);
    expect(holds('!req.body:$.errors', { errors: [] })).toBe(true);
    expect(holds('!req.body:$.errors', { errors: [{ message: 'no' }] })).toBe(false);
    expect(holds('req.body:$.on', { on: false })).toBe(false);
    expect(holds('req.body:$.code=0|200', { code: 0 })).toBe(true);
  });

  it('gives texts, numbers as their digits, and never more than a name needs', () => {
    expect(
      text(['req.query:model', 'res.body:$.metadata.model_info.*.name'], { request: { query: { model: 'nova-3' } } }),
    ).toBe('nova-3');
    expect(text('res.body:$.info.*.name', answered({ info: { 'a-b': { name: 'x' } } }))).toBe('x');
    expect(text('req.body:$.width', asked({ width: 1024 }))).toBe('1024');
    expect(text('req.body:$.a', asked({ a: 'x'.repeat(5000) }))).toHaveLength(256);
    expect(text('const:aura-asteria-en', {})).toBe('aura-asteria-en');
  });

  it('reads JSON inside the field of a form', () => {
    expect(text('req.multipart:config', asked({ config: 'x' }))).toBe('x');
    expect(text('req.body:$.config.model', asked({ config: '{"model":"u3"}' }))).toBe('u3');
    expect(text('req.body:$.config.model', asked({ config: '{broken' }))).toBeNull();
  });

  it('reads lengths and speech', () => {
    const ssml = '<speak version="1.0"><voice name="en-US-AvaNeural">Hi <break time="1s"/>&amp; 你</voice></speak>';
    expect(text('req.body:$#voice', asked(ssml))).toBe('en-US-AvaNeural');
    expect(number('req.body:$#ssml', asked(ssml))).toBe('Hi   你'.length);
    // The break is billed as it is written, the Han character twice.
    expect(number('req.body:$#azure', asked(ssml))).toBe('Hi <break time="1s"/>  你'.length + 1);
    for (const [written, seconds] of Object.entries({ '5s': 5, '8': 8, PT1M2S: 62, 'PT0.5S': 0.5, '00:01:02': 62 })) {
      expect(number('res.body:$.d#seconds', answered({ d: written }))).toBe(seconds);
    }
    expect(number('res.body:$.d#seconds', answered({ d: 'soon' }))).toBeNull();
    expect(number('req.query:Fields#items', { request: { query: { Fields: 'a,b, c' } } })).toBe(3);
  });

  it('takes linear time for hostile markup', async () => {
    await expectLinearTime((count) => {
      const texts = ['<', '<voice name ', '<speak ', '&a', '<voice name="', '你<'].map((part) => part.repeat(count));
      return () => {
        for (const each of texts) {
          for (const rule of ['req.body:$#ssml', 'req.body:$#azure', 'req.body:$#voice']) number(rule, asked(each));
        }
      };
    }, 20_000);
  });

  it('does not throw on a place without anything in it', () => {
    for (const rule of ['req.body:$.a', 'req.header:x', 'res.header:x', 'req.path:x', 'req.bytes', 'res.bytes']) {
      expect(number(rule, {})).toBeNull();
    }
    expect(number('res.status', { status: 201 })).toBe(201);
    expect(compileConditions('res.status=202')).toHaveLength(1);
  });
});
