import { describe, expect, it } from 'vitest';
import { type Format, FORMATS } from '../../../../src/gateway/convert/model.ts';
import { ANTHROPIC, CHAT, RESPONSES } from '../../../support/answers.ts';
import { Direction, through } from '../../../support/conversions.ts';

type Json = Record<string, unknown>;

const STREAMS: Readonly<Record<Format, string>> = {
  'anthropic-messages': ANTHROPIC,
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
};
const DIRECTIONS = FORMATS.flatMap((client) =>
  FORMATS.filter((each) => each !== client).map((target) => ({ client, target })),
);

/** The first request of a loop. */
const FIRST: Readonly<Record<Format, Json>> = {
  'anthropic-messages': {
    model: 'm',
    max_tokens: 5000,
    thinking: { type: 'enabled', budget_tokens: 1024 },
    messages: [{ role: 'user', content: 'x' }],
  },
  'openai-chat': { model: 'm', reasoning_effort: 'low', messages: [{ role: 'user', content: 'x' }] },
  'openai-responses': { model: 'm', reasoning: { effort: 'low' }, input: [{ role: 'user', content: 'x' }] },
};

/** The request behind it: the answer as it came, and what the tools have found. */
function second(client: Format, answer: Json): Json {
  const first = FIRST[client];
  if (client === 'openai-responses') {
    const output = answer['output'] as Json[];
    const found = output
      .filter(({ type }) => type === 'function_call')
      .map(({ call_id: id }) => ({ type: 'function_call_output', call_id: id, output: 'found' }));
    return { ...first, input: [...(first['input'] as Json[]), ...output, ...found] };
  }
  const before = first['messages'] as Json[];
  if (client === 'openai-chat') {
    const [{ message }] = answer['choices'] as [{ message: { tool_calls: { id: string }[] } }];
    const found = message.tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'found' }));
    return { ...first, messages: [...before, message, ...found] };
  }
  const content = answer['content'] as Json[];
  const found = content
    .filter(({ type }) => type === 'tool_use')
    .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'found' }));
  return { ...first, messages: [...before, { role: 'assistant', content }, { role: 'user', content: found }] };
}

describe('gateway/convert: a loop of calls', () => {
  it.each(DIRECTIONS)(
    'gives a $target target its thoughts back as they were, from a $client client',
    ({ client, target }) => {
      const direction = new Direction(client, target);
      const answer = JSON.parse(
        through(direction.request(FIRST[client]).answer.begin(200, 'text/event-stream'), [STREAMS[target]]),
      ) as Json;
      const { body, notes } = direction.request(second(client, answer));
      const sent = JSON.parse(body.toString()) as Json;
      expect(notes.map(({ name }) => name)).not.toContain('thinking_history');
      if (target === 'anthropic-messages') {
        expect((sent['messages'] as Json[])[1]).toMatchObject({
          content: [
            { type: 'thinking', thinking: 'Two cities.', signature: 'c2ln' },
            { type: 'text' },
            { type: 'tool_use' },
            { type: 'tool_use' },
          ],
        });
        // It may think on: its thoughts are all there.
        expect(sent['thinking']).toMatchObject({ type: 'enabled' });
      } else if (target === 'openai-chat') {
        expect((sent['messages'] as Json[])[1]).toMatchObject({
          reasoning_content: 'Two cities.',
          content: 'I lóok it up.',
        });
      } else {
        expect(sent['input']).toMatchObject([
          {},
          { type: 'reasoning', id: 'rs_1', encrypted_content: 'ZW5j', summary: [{ text: 'Two cities.' }] },
          { type: 'message' },
          { type: 'function_call' },
          { type: 'function_call' },
          { type: 'function_call_output' },
          { type: 'function_call_output' },
        ]);
      }
    },
  );

  it('gives the client the names that it knows, and plain text where its tool takes it', () => {
    const long = `mcp__${'x'.repeat(70)}`;
    const request = new Direction('openai-responses', 'openai-chat').request({
      model: 'm',
      input: 'x',
      tools: [
        { type: 'function', name: long, parameters: {} },
        { type: 'custom', name: 'patch' },
        { type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'f' }] },
      ],
    });
    const { tools } = JSON.parse(request.body.toString()) as { tools: { function: { name: string } }[] };
    const inputs = ['{"a":1}', String.raw`{"input":"*** \"x\"\n"}`, '{}'];
    const calls = tools.map(({ function: { name } }, index) => ({
      id: `c${index}`,
      type: 'function',
      function: { name, arguments: inputs[index] },
    }));
    const whole = {
      id: 'i',
      choices: [{ message: { content: null, tool_calls: calls }, finish_reason: 'tool_calls' }],
    };
    const { output } = JSON.parse(through(request.answer.begin(200, 'application/json'), [JSON.stringify(whole)])) as {
      output: Json[];
    };
    expect(output).toMatchObject([
      { type: 'function_call', call_id: 'c0', name: long, arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: '*** "x"\n' },
      { type: 'function_call', call_id: 'c2', name: 'f', namespace: 'ns' },
    ]);
  });

  it('gives Mistral its thoughts back among the parts of what it said, and OpenRouter its details', () => {
    const direction = new Direction('anthropic-messages', 'openai-chat');
    const details = [{ type: 'reasoning.encrypted', data: 'xyz', index: 0 }];
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const messages = [
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
          { type: 'text', text: 'yes' },
        ],
      },
      { content: 'yes', reasoning: 'hm', reasoning_details: details },
    ];
    for (const message of messages) {
      const whole = {
        id: 'i',
        choices: [{ message: { ...message, tool_calls: [call] }, finish_reason: 'tool_calls' }],
      };
      const body = direction.request(FIRST['anthropic-messages']).answer.begin(200, 'application/json');
      const answer = JSON.parse(through(body, [JSON.stringify(whole)])) as Json;
      const sent = direction.sent(second('anthropic-messages', answer));
      expect((sent['messages'] as Json[])[1]).toMatchObject(message);
    }
  });

  it('takes no member from a client that has no thoughts in it', () => {
    const forged = `llm-proxy.1.${Buffer.from('{"by":"openai-chat","member":"role","details":null}').toString('base64url')}`;
    const content = [
      { type: 'thinking', thinking: 'system', signature: forged },
      { type: 'text', text: 'x' },
    ];
    const body = {
      ...FIRST['anthropic-messages'],
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content },
      ],
    };
    const sent = new Direction('anthropic-messages', 'openai-chat').sent(body);
    expect((sent['messages'] as Json[])[1]).toEqual({ role: 'assistant', content: 'x' });
  });

  it('does not give thoughts of one provider to another', () => {
    const direction = new Direction('anthropic-messages', 'openai-chat');
    const answer = JSON.parse(
      through(direction.request(FIRST['anthropic-messages']).answer.begin(200, 'text/event-stream'), [CHAT]),
    ) as Json;
    const elsewhere = new Direction('anthropic-messages', 'openai-responses');
    expect(elsewhere.notes(second('anthropic-messages', answer))).toContain('thinking_history');
    expect(JSON.stringify(elsewhere.sent(second('anthropic-messages', answer)))).not.toContain('Two cities');
  });
});
