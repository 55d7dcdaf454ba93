import { describe, expect, it } from 'vitest';
import type { AnswerBody } from '../../../../src/gateway/convert/answer-conversion.ts';
import { Direction, eventsOf, through } from '../../../support/conversions.ts';

const ASKED = {
  model: 'm',
  max_tokens: 2000,
  thinking: { type: 'enabled', budget_tokens: 1024 },
  messages: [{ role: 'user', content: 'x' }],
};

/** A chat target's answer to a client of Anthropic's format. */
function answering(members: object, status = 200, type = 'text/event-stream'): AnswerBody {
  const converted = new Direction('anthropic-messages', 'openai-chat').request({ ...ASKED, ...members });
  return converted.answer.begin(status, type);
}

function chunks(...deltas: object[]): string {
  const all = deltas.map((delta) =>
    'choices' in delta ? delta : { id: 'c', choices: [{ index: 0, delta, finish_reason: null }] },
  );
  return [...all, { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }, '[DONE]']
    .map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
    .join('');
}

function content(stream: string, members: object = {}): unknown {
  return (JSON.parse(through(answering(members), [stream])) as { content: unknown }).content;
}

function call(index: number | undefined, id: string | null, name: string | null, input: string): object {
  const inner = { ...(name === null ? {} : { name }), arguments: input };
  return {
    tool_calls: [{ ...(index === undefined ? {} : { index }), ...(id === null ? {} : { id }), function: inner }],
  };
}

describe('gateway/convert/chat/read-answer', () => {
  it('tells calls whose pieces come by turns one after the other', () => {
    const stream = chunks(
      call(0, 'a', 'f', '{"x":'),
      call(1, 'b', 'g', '{"y":'),
      call(0, null, null, '1}'),
      call(1, null, null, '2}'),
      { content: 'done' },
    );
    expect(content(stream)).toEqual([
      { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
      { type: 'tool_use', id: 'b', name: 'g', input: { y: 2 } },
      { type: 'text', text: 'done' },
    ]);
    const events = eventsOf(through(answering({ stream: true }), [stream])) as { type: string; index?: number }[];
    const open: number[] = [];
    for (const { type, index = 0 } of events) {
      if (type === 'content_block_start') open.push(index);
      if (type === 'content_block_stop') open.pop();
      expect(open.length).toBeLessThanOrEqual(1);
      if (type === 'content_block_delta') expect(open).toEqual([index]);
    }
  });

  it('tells calls apart that come whole, with one place or none for all', () => {
    for (const index of [0, undefined]) {
      expect(content(chunks(call(index, 'a', 'f', '{}'), call(index, 'b', 'f', '{"y":2}')))).toEqual([
        { type: 'tool_use', id: 'a', name: 'f', input: {} },
        { type: 'tool_use', id: 'b', name: 'f', input: { y: 2 } },
      ]);
    }
  });

  it('gives a call without input an empty one, and one without an id an id', () => {
    expect(content(chunks(call(0, null, 'f', '')))).toEqual([
      { type: 'tool_use', id: 'call_c_1', name: 'f', input: {} },
    ]);
  });

  it.each([
    ['location', { arguments: 'location' }],
    ['"Bonn"', { arguments: '"Bonn"' }],
    ['null', {}],
    [' {"city":"Bonn"}', { city: 'Bonn' }],
  ])('gives clients that read JSON JSON, where a model has written %s', (input, expected) => {
    const pieces = Array.from(input, (letter) => call(0, null, null, letter));
    const stream = chunks(call(0, 'a', 'f', ''), ...pieces);
    expect(content(stream)).toEqual([{ type: 'tool_use', id: 'a', name: 'f', input: expected }]);
    const events = eventsOf(through(answering({ stream: true }), [stream])) as { delta?: { partial_json?: string } }[];
    expect(JSON.parse(events.map(({ delta }) => delta?.partial_json ?? '').join(''))).toEqual(expected);
  });

  it('takes a stop beside calls for the calls', () => {
    const { stop_reason: stop } = JSON.parse(through(answering({}), [chunks(call(0, 'a', 'f', '{}'))])) as {
      stop_reason: string;
    };
    expect(stop).toBe('tool_use');
  });

  it('reads the parts of Mistral’s thoughts, and shows none that nobody asked for', () => {
    const stream = chunks({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
        { type: 'text', text: 'yes' },
      ],
    });
    expect(content(stream)).toMatchObject([
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'yes' },
    ]);
    const answer = answering({ thinking: { type: 'disabled' } });
    expect(JSON.parse(through(answer, [stream]))).toMatchObject({ content: [{ type: 'text', text: 'yes' }] });
    expect(answer.notes().map(({ name }) => name)).toEqual(['thinking', 'usage_unknown']);
  });

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['eos', 'end_turn'],
    ['something', 'end_turn'],
  ])('takes %s for %s', (finish, stop) => {
    const whole = { id: 'c', choices: [{ message: { content: 'x' }, finish_reason: finish }] };
    const answer = answering({}, 200, 'application/json');
    expect(JSON.parse(through(answer, [JSON.stringify(whole)]))).toMatchObject({ stop_reason: stop });
    expect(
      answer
        .notes()
        .map(({ name }) => name)
        .includes('stop_reason'),
    ).toBe(finish === 'something');
  });

  it('names the stop sequence where the server does', () => {
    const whole = { id: 'c', choices: [{ message: { content: 'x' }, finish_reason: 'stop', stop_reason: 'END' }] };
    const answer = answering({ stop_sequences: ['END'] }, 200, 'application/json');
    expect(JSON.parse(through(answer, [JSON.stringify(whole)]))).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
  });

  it('passes on signs of life', () => {
    const answer = answering({ stream: true });
    expect(answer.push(Buffer.from(': OPENROUTER PROCESSING\n\n')).toString()).toBe(
      'event: ping\ndata: {"type":"ping"}\n\n',
    );
  });
});
