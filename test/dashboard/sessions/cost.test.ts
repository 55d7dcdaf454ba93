import { describe, expect, it } from 'vitest';
import { sessionFilterOf, withProvider } from '../../../dashboard/src/sessions/filter.ts';
import { graphOf } from '../../../dashboard/src/sessions/graph.ts';
import { type Box, boxBeside, icicleOf } from '../../../dashboard/src/sessions/icicle.ts';
import { firstWords } from '../../../dashboard/src/sessions/said.ts';
import { sumsOf } from '../../../dashboard/src/sessions/sums.ts';
import { sectionText, toolsText } from '../../../dashboard/src/sessions/texts.ts';
import { addShares, usesOf } from '../../../dashboard/src/sessions/uses.ts';
import { Waits } from '../../../dashboard/src/sessions/waits.ts';
import { anOutline, aSession, aStep, resultOf } from './steps.ts';

const NO_USAGE = { ...aStep('x', 0).usage, input_tokens: null, output_tokens: null, state: 'none' as const };

const textPart = (words: string) => ({ type: 'text' as const, text: words, chars: words.length, tokens: null });

describe('dashboard/sessions/sums', () => {
  it('adds what is known and says what is not', () => {
    const sums = sumsOf([
      aStep('a', 0),
      aStep('b', 1, { cost_usd: null }),
      aStep('c', 2, { cost_usd: null, usage: NO_USAGE, status: 500 }),
      aStep('d', 3, { inference: false, cost_usd: null, usage: NO_USAGE }),
    ]);
    expect(sums).toMatchObject({ calls: 4, failed: 1, input: 200, output: 20, unknown: 1, unpriced: 1, cost: 0.01 });
    expect(sums.end - sums.start).toBe(3500);
  });

  it('knows a guess from a lower bound', () => {
    const { usage } = aStep('a', 0);
    expect(sumsOf([aStep('a', 0, { usage: { ...usage, estimated: ['output_tokens'] } })])).toMatchObject({
      isGuess: true,
      isCut: false,
    });
    expect(sumsOf([aStep('a', 0, { usage: { ...usage, state: 'partial' } })])).toMatchObject({
      isGuess: false,
      isCut: true,
    });
  });
});

function aBox(key: string, level: number, x: number, width: number): Box {
  return { key, level, x, width, name: key, value: 1, calls: 1, call: null, isRest: false };
}

describe('dashboard/sessions/icicle', () => {
  it('is walked by arrow keys: along a row, up to what holds a box, down to the widest in it', () => {
    const boxes = [aBox('all', 0, 0, 1), aBox('a', 1, 0, 0.6), aBox('b', 1, 0.6, 0.4), aBox('b1', 2, 0.6, 0.3)];
    const way = (from: string, arrow: string): string | undefined =>
      boxBeside(boxes, boxes.find(({ key }) => key === from) ?? aBox('', 9, 0, 0), arrow)?.key;
    expect(way('all', 'ArrowDown')).toBe('a');
    expect(way('a', 'ArrowRight')).toBe('b');
    expect(way('b', 'ArrowRight')).toBeUndefined();
    expect(way('b', 'ArrowLeft')).toBe('a');
    expect(way('b', 'ArrowDown')).toBe('b1');
    expect(way('b1', 'ArrowUp')).toBe('b');
    expect(way('a', 'ArrowDown')).toBeUndefined();
    expect(way('a', 'Enter')).toBeUndefined();
  });

  const outline = anOutline(
    [
      aStep('a', 0, { cost_usd: 3 }),
      aStep('b', 1, { cost_usd: 1, response_model: 'other' }),
      aStep('s', 2, { session: 'ses_b', cost_usd: 4 }),
    ],
    [aSession('ses_a'), aSession('ses_b', 'ses_a')],
  );

  it('makes each box as wide as its share, the widest first', () => {
    const boxes = icicleOf(outline, 'cost', null);
    expect(boxes.filter(({ level }) => level === 1).map(({ name, x, width }) => [name, x, width])).toEqual([
      ['the session itself', 0, 0.5],
      ['Title of ses_b', 0.5, 0.5],
    ]);
    expect(boxes.filter(({ call }) => call !== null).map(({ call, width }) => [call, width])).toEqual([
      ['a', 0.375],
      ['b', 0.125],
      ['s', 0.5],
    ]);
  });

  it('enlarges a box, with what is above it as wide', () => {
    const key = icicleOf(outline, 'cost', null).find(({ name }) => name === 'Title of ses_b')?.key ?? '';
    expect(icicleOf(outline, 'cost', key).map(({ level, x, width }) => [level, x, width])).toEqual([
      [0, 0, 1],
      [1, 0, 1],
      [2, 0, 1],
      [3, 0, 1],
    ]);
  });

  it('puts what is too narrow together and loses nothing of it', () => {
    const many = anOutline([
      aStep('big', 0, { cost_usd: 100 }),
      ...Array.from({ length: 50 }, (_, index) => aStep(`c${index}`, index, { cost_usd: 0.01 })),
    ]);
    const boxes = icicleOf(many, 'cost', null);
    const rest = boxes.find(({ isRest }) => isRest);
    expect(rest).toMatchObject({ name: '50 smaller', calls: 50 });
    expect(rest?.value).toBeCloseTo(0.5, 6);
  });

  it('goes by tokens where nothing has a price, and is empty where nothing is known', () => {
    const free = anOutline([aStep('a', 0, { cost_usd: null })]);
    expect(icicleOf(free, 'cost', null)).toEqual([]);
    expect(icicleOf(free, 'tokens', null)[0]).toMatchObject({ value: 110, calls: 1 });
  });
});

describe('dashboard/sessions/graph', () => {
  it('puts sections, agents and tools below those that used them, and money where it was spent', () => {
    const steps = [
      aStep('a', 0, { section_path: 'agent:plan', tools: ['Read', 'Task'] }),
      aStep('s', 1, { session: 'ses_b', cost_usd: 1, tools: ['Grep'] }, { follows: { call: 'a', how: 'delegates' } }),
      aStep('t', 2, { session: 'ses_c', cost_usd: 1 }, { follows: { call: 'a', how: 'delegates' } }),
      aStep('b', 3, {}, { tool_results: [resultOf('a', { is_error: true })] }),
    ];
    const sessions = [
      aSession('ses_a', null, { title: 'Main' }),
      aSession('ses_b', 'ses_a', { title: null, agent: 'explorer' }),
      aSession('ses_c', 'ses_a', { title: null, agent: 'explorer' }),
    ];
    const nodes = graphOf(anOutline(steps, sessions));
    expect(nodes.map(({ kind, name, depth, times, failed }) => [kind, name, depth, times, failed])).toEqual([
      ['agent', 'Main', 0, 1, 0],
      ['section', 'agent:plan', 1, 1, 0],
      ['agent', 'explorer', 2, 2, 0],
      ['tool', 'Grep', 3, 1, 0],
      ['tool', 'Read', 2, 1, 1],
      ['tool', 'Task', 2, 1, 0],
    ]);
    const [main, , explorer] = nodes;
    expect(main?.own).toMatchObject({ calls: 1, cost: 0.01 });
    expect(main?.all?.calls).toBe(4);
    expect(main?.all?.cost).toBeCloseTo(2.02, 9);
    expect(explorer?.own).toMatchObject({ calls: 2, cost: 2 });
  });

  it('ends where sessions are each other’s parents', () => {
    const steps = [aStep('a', 0), aStep('b', 1, { session: 'ses_b' })];
    expect(graphOf(anOutline(steps, [aSession('ses_a', 'ses_b'), aSession('ses_b', 'ses_a')]))).toHaveLength(2);
  });
});

describe('dashboard/sessions/uses', () => {
  const page = {
    calls: 2,
    unread: 1,
    unstated: 0,
    input: { system: 10, tools: 0, user: 1, assistant: 2, thinking: 3, tool_calls: 4, tool_results: 5, media: 6 },
    new: 7,
    known_input: 31,
    output: { text: 1, thinking: 2, tool_calls: 3 },
    tool_results: { Read: 5 },
  };

  it('adds pages, by tool too, and leaves out what there is nothing of', () => {
    const sums = addShares(addShares(null, page), { ...page, tool_results: { Read: 1, constructor: 2 } });
    expect(sums).toMatchObject({ calls: 4, unread: 2, new: 14, input: { system: 20 } });
    expect(sums.tool_results).toEqual({ Read: 6, constructor: 2 });
    const uses = usesOf(sums);
    expect(uses[0]).toMatchObject({ key: 'system', tokens: 20 });
    expect(uses.map(({ key }) => key)).not.toContain('tools');
    expect(uses.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(2 * (31 + 6));
  });
});

describe('dashboard/sessions/filter', () => {
  it('takes what sessions can be found by, and says what only calls know', () => {
    expect(sessionFilterOf('provider:openai client:codex "fix the" model:gpt test')).toEqual({
      provider: 'openai',
      client: 'codex',
      words: 'fix the test',
      ignored: ['model:gpt'],
    });
  });

  it('changes the provider and nothing else', () => {
    expect(withProvider('provider:openai words', 'groq')).toBe('provider:groq words');
    expect(withProvider('words provider:"a b"', null)).toBe('words');
  });
});

describe('dashboard/sessions/texts', () => {
  it('names tools and sections for people', () => {
    expect(toolsText(['Read', 'Edit', 'Read'])).toBe('Read ×2, Edit');
    expect(sectionText('agent:planner/tool:search')).toBe('planner › search');
  });

  it('finds what a human said among what clients put beside it', () => {
    const user = { role: 'user' as const, place: 0, name: null, chars: 1, tokens: null };
    const messages = [
      { ...user, parts: [textPart('<reminder>be good</reminder>'), textPart('Fix\n  the \u202e test')] },
    ];
    const words = firstWords({ messages });
    expect(words).toContain('Fix the');
    expect(words).not.toContain('\u202e');
    expect(firstWords({ messages: [] })).toBeNull();
  });
});

describe('dashboard/sessions/waits', () => {
  it('knows which call brought the result of a tool, and how long that took', () => {
    const waits = new Waits([aStep('a', 0), aStep('b', 2, {}, { tool_results: [resultOf('a')] })]);
    expect(waits.of('a').get('toolu_a')).toEqual({ ms: 1500, broughtBy: 'b', isError: false });
    expect(waits.of('b').get('toolu_a')).toEqual({ ms: 1500, broughtBy: null, isError: false });
    expect(waits.of('c').size).toBe(0);
    expect(waits.isBrought('toolu_b')).toBe(false);
  });

  it('knows of a result that began before the answer ended that it came, and not how long it took', () => {
    const waits = new Waits([
      aStep('a', 0, { duration_ms: 9000 }),
      aStep('b', 2, {}, { tool_results: [resultOf('a')] }),
    ]);
    expect(waits.isBrought('toolu_a')).toBe(true);
    expect(waits.of('a').size).toBe(0);
  });
});
