import { describe, expect, it } from 'vitest';
import type { Conversation, ViewMessage, ViewPart } from '../../../dashboard/src/api/shapes.ts';
import { nextPlace, type Place, placesOf, goals, rowsOf } from '../../../dashboard/src/call/conversation/rows.ts';
import { isCut, type Turn, turnsOf } from '../../../dashboard/src/call/conversation/turns.ts';

const text = (words: string, chars = words.length): ViewPart => ({ type: 'text', text: words, chars, tokens: 1 });
const call = (id: string, name = 'Bash', args = '{"command":"ls"}'): ViewPart => ({
  type: 'tool_call',
  id,
  name,
  arguments: args,
  chars: name.length + args.length,
  tokens: 2,
});
const result = (id: string, words = 'done', isError: boolean | null = null): ViewPart => ({
  type: 'tool_result',
  id,
  name: null,
  is_error: isError,
  parts: [text(words)],
  chars: words.length,
  tokens: 3,
});

function message(role: ViewMessage['role'], ...parts: ViewPart[]): ViewMessage {
  return { role, place: null, name: null, parts, chars: 1, tokens: 1 };
}

function conversation(
  messages: ViewMessage[],
  newFrom: number | null,
  answer: ViewMessage | null = null,
): Conversation {
  const side = { stored: true, truncated: false, masked: false };
  return {
    call: 'call_1',
    provider: 'anthropic',
    model: 'm',
    operation: 'chat',
    request: side,
    response: side,
    settings: {},
    tools: [],
    messages,
    new_from: newFrom,
    answer,
    message_count: messages.length,
    tokens: { input: null, new: null, output: null },
  };
}

const shape = (turns: readonly Turn[]): string[] =>
  turns.map(({ role, blocks }) => {
    const said = blocks.map((block) =>
      block.kind === 'part'
        ? block.part.type
        : `${block.call === null ? '?' : 'call'}${block.result === null ? '' : '+result'}${block.isAnsweredLater ? ' (later)' : ''}`,
    );
    return `${role}: ${said.join(', ')}`;
  });

describe('dashboard/call/conversation/turns', () => {
  it('tells system prompt, past and what is new apart, the answer last', () => {
    const told = turnsOf(
      conversation(
        [
          message('system', text('Be brief.')),
          message('user', text('a')),
          message('assistant', text('b')),
          message('user', text('c')),
        ],
        3,
        message('assistant', text('d')),
      ),
    );
    expect(shape(told.system)).toEqual(['system: text']);
    expect(shape(told.past)).toEqual(['user: text', 'assistant: text']);
    expect(shape(told.fresh)).toEqual(['user: text', 'assistant: text']);
    expect(told.fresh.map(({ index, isNew }) => [index, isNew])).toEqual([
      [3, true],
      [null, true],
    ]);
    expect(told.pastIs).toBe('unchanged');
  });

  it('puts the result of a tool with its call, where both are of the past', () => {
    const messages = [
      message('user', text('a')),
      message('assistant', call('1')),
      message('user', result('1')),
      message('user', text('b')),
    ];
    expect(shape(turnsOf(conversation(messages, 3)).past)).toEqual(['user: text', 'assistant: call+result']);
  });

  it('puts a new result where it came, with the call that asked for it', () => {
    const messages = [
      message('user', text('a')),
      message('assistant', call('1'), call('2')),
      message('user', result('1'), result('2')),
    ];
    const told = turnsOf(conversation(messages, 2));
    expect(shape(told.past)).toEqual(['user: text', 'assistant: call (later), call (later)']);
    expect(shape(told.fresh)).toEqual(['tool: call+result, call+result']);
  });

  it('shows a result without its call, a second one for the same call, and a call without a result', () => {
    const messages = [
      message('user', result('0')),
      message('assistant', call('1')),
      message('tool', result('1')),
      message('tool', result('1')),
    ];
    expect(shape(turnsOf(conversation(messages, 0)).fresh)).toEqual([
      'tool: ?+result',
      'assistant: call+result',
      'tool: ?+result',
    ]);
    expect(shape(turnsOf(conversation([], 0, message('assistant', call('9')))).fresh)).toEqual(['assistant: call']);
  });

  it('opens the last question where nobody knows what is new, and where a long conversation is seen first', () => {
    const many = Array.from({ length: 20 }, (_, index) => message(index % 2 === 0 ? 'user' : 'assistant', text('x')));
    const unknown = turnsOf(conversation(many.slice(0, 3), null));
    expect([unknown.past.length, unknown.fresh.length, unknown.pastIs]).toEqual([2, 1, null]);
    const first = turnsOf(conversation([...many, message('user', text('last'))], 0));
    expect([first.past.length, first.fresh.length, first.pastIs]).toEqual([20, 1, 'first_seen']);
  });

  it('knows which texts did not come whole', () => {
    expect([isCut(text('abc')), isCut(text('abc', 9)), isCut(call('1'))]).toEqual([false, true, false]);
    expect(isCut({ ...result('1'), parts: [text('abc', 9)] } as ViewPart)).toBe(true);
  });
});

describe('dashboard/call/conversation/rows', () => {
  const messages = [
    message('system', text('Never say Apple.')),
    message('user', text('one')),
    message('assistant', text('APPLE'), call('1')),
    message('user', result('1', 'apple pie', true)),
    message('assistant', call('2', 'Read', '{"path":"apple.ts"}')),
    message('user', result('2')),
  ];
  const given = conversation(messages, 5, message('assistant', text('no fruit')));
  const told = turnsOf(given);
  const keys = (open: boolean): string[] => rowsOf(given, told, open).map(({ key }) => key);

  it('makes rows of the past only when it is open', () => {
    expect(keys(false)).toEqual(['system', 'past', 'm5', 'answer']);
    expect(keys(true)).toEqual(['system', 'past', 'm1', 'm2', 'm4', 'm5', 'answer']);
  });

  it('finds words wherever they stand, with the folds that hide them', () => {
    expect(placesOf(given, told, 'apple')).toEqual([
      { row: 'system', folds: ['system'] },
      { row: 'm2', folds: ['past', 'm2.0'] },
      { row: 'm2', folds: ['past', 'm2.1'] },
      { row: 'm4', folds: ['past', 'm4.0'] },
      { row: 'm5', folds: ['m5.0'] },
    ]);
    expect([placesOf(given, told, ''), placesOf(given, told, 'pear')]).toEqual([[], []]);
  });

  it('goes from tool to tool, from where the reader is, round and round', () => {
    const tools = goals(told, 'tool');
    const rows = rowsOf(given, told, false);
    const to = (current: Place | null, step: 1 | -1): string | undefined =>
      nextPlace(tools, { rows, top: 0, current }, step)?.folds.at(-1);
    expect(tools.map(({ folds }) => folds.at(-1))).toEqual(['m2.1', 'm4.0', 'm5.0']);
    expect(to(null, 1)).toBe('m5.0');
    expect(to(tools[2] ?? null, 1)).toBe('m2.1');
    expect(to(tools[0] ?? null, -1)).toBe('m5.0');
    expect(goals(told, 'error').map(({ row }) => row)).toEqual(['m2']);
    expect(nextPlace([], { rows, top: 0, current: null }, 1)).toBe(null);
  });
});
