import { describe, expect, it } from 'vitest';
import { Direction } from '../../../support/conversions.ts';

const TO_ANTHROPIC = new Direction('openai-chat', 'anthropic-messages');

const HELLO = { role: 'user', content: 'hello' };
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } };
const WEATHER = { type: 'function', function: { name: 'weather', description: 'The weather', parameters: PARAMETERS } };

function asked(members: object): object {
  return { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [HELLO], ...members };
}

function call(id: string, input: string): object {
  return { id, type: 'function', function: { name: 'weather', arguments: input } };
}

describe('gateway/convert/chat/read-request + anthropic/write-request', () => {
  it('converts a plain call', () => {
    const body = asked({
      messages: [{ role: 'system', content: 'one' }, { role: 'developer', content: 'two' }, HELLO],
      temperature: 0.5,
      top_p: 0.9,
      stop: 'END',
      user: 'u1',
    });
    expect(TO_ANTHROPIC.sent(body)).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      system: 'one\n\ntwo',
      messages: [HELLO],
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
    });
    const { path, headers, notes } = TO_ANTHROPIC.request(body);
    expect(path).toBe('/v1/messages');
    expect(headers).toContainEqual(['anthropic-version', '2023-06-01']);
    expect(notes).toEqual([]);
  });

  it('fills in the limit that Anthropic demands, and says so', () => {
    const body = { model: 'm', messages: [HELLO] };
    expect(TO_ANTHROPIC.sent(body)['max_tokens']).toBe(8192);
    expect(TO_ANTHROPIC.notes(body)).toEqual(['max_tokens']);
  });

  it('puts the results of parallel calls and what the user says then into one message, results first', () => {
    const messages = [
      HELLO,
      { role: 'assistant', content: null, tool_calls: [call('a', '{"city":"Bonn"}'), call('b', '')] },
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'sun' }] },
      { role: 'user', content: 'thanks' },
    ];
    const body = asked({ messages, tools: [WEATHER], parallel_tool_calls: false });
    expect(TO_ANTHROPIC.sent(body)).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      messages: [
        HELLO,
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Bonn' } },
            { type: 'tool_use', id: 'b', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'rain' },
            { type: 'tool_result', tool_use_id: 'b', content: 'sun' },
            { type: 'text', text: 'thanks' },
          ],
        },
      ],
      tools: [{ name: 'weather', description: 'The weather', input_schema: PARAMETERS }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    expect(TO_ANTHROPIC.notes(body)).toEqual([]);
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    ['any', { type: 'any' }],
    [
      { type: 'function', function: { name: 'weather' } },
      { type: 'tool', name: 'weather' },
    ],
  ])('converts the choice %j', (choice, expected) => {
    expect(TO_ANTHROPIC.sent(asked({ tools: [WEATHER], tool_choice: choice }))['tool_choice']).toEqual(expected);
  });

  it('offers but the tools that are allowed', () => {
    const other = { type: 'function', function: { name: 'other' } };
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'other' } }] };
    const body = asked({ tools: [WEATHER, other], tool_choice: { type: 'allowed_tools', allowed_tools: allowed } });
    expect(TO_ANTHROPIC.sent(body)).toMatchObject({
      tools: [{ name: 'other', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'any' },
    });
  });

  it('keeps ids apart that Anthropic does not take', () => {
    const messages = [
      HELLO,
      {
        role: 'assistant',
        tool_calls: [call('functions.a:0', '{}'), call('functions.a_0', '{}'), call('functions_a_0', '{}')],
      },
      { role: 'tool', tool_call_id: 'functions_a_0', content: '3' },
      { role: 'tool', tool_call_id: 'functions.a:0', content: '1' },
    ];
    const [, calls, results] = TO_ANTHROPIC.sent(asked({ messages }))['messages'] as {
      content: { id?: string; tool_use_id?: string }[];
    }[];
    const ids = calls?.content.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\w-]{1,40}$/);
    expect(results?.content.map(({ tool_use_id: id }) => id)).toEqual([ids[2], ids[0]]);
  });

  it('keeps integers that no number of JavaScript holds, and input that is no JSON', () => {
    const messages = [
      HELLO,
      { role: 'assistant', tool_calls: [call('a', '{"id":12345678901234567890}'), call('b', '{"id":')] },
    ];
    const { body, notes } = TO_ANTHROPIC.request(asked({ messages }));
    expect(body.toString()).toContain('"input":{"id":12345678901234567890}');
    expect(body.toString()).toContain(String.raw`"input":{"arguments":"{\"id\":"}`);
    // It ends with what the assistant has begun.
    expect(notes.map(({ name }) => name)).toEqual(['prefill', 'input_malformed']);
  });

  it('converts images and files', () => {
    const content = [
      { type: 'text', text: 'see' },
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAAA', detail: 'high' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
      { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain,hi%20there' } },
    ];
    const body = asked({ messages: [{ role: 'user', content }] });
    expect(TO_ANTHROPIC.sent(body)['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          {
            type: 'document',
            title: 'a.pdf',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' },
          },
          { type: 'document', title: 'a.txt', source: { type: 'text', media_type: 'text/plain', data: 'hi there' } },
        ],
      },
    ]);
    expect(TO_ANTHROPIC.notes(body)).toEqual(['image_detail']);
  });

  it('gives a budget to models of before 4.6, with room for the answer', () => {
    const body = asked({ reasoning_effort: 'high', temperature: 0.3 });
    expect(TO_ANTHROPIC.sent(body)).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 16_384 },
      max_tokens: 100 + 16_384,
    });
    expect(TO_ANTHROPIC.sent(body)).not.toHaveProperty('temperature');
    expect(TO_ANTHROPIC.notes(body)).toEqual(['reasoning_effort', 'sampling']);
  });

  it('gives a level to later ones, and to the last no temperature', () => {
    const body = asked({ reasoning_effort: 'minimal', temperature: 0.3 });
    expect(TO_ANTHROPIC.sent(body, 'claude-opus-4-6')).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
      temperature: 0.3,
      max_tokens: 100,
    });
    expect(TO_ANTHROPIC.sent(body, 'claude-sonnet-5')).not.toHaveProperty('temperature');
    expect(TO_ANTHROPIC.notes(body, 'claude-sonnet-5')).toEqual(['reasoning_effort', 'sampling']);
  });

  it('does not think where Anthropic forbids it', () => {
    const loop = [
      HELLO,
      { role: 'assistant', tool_calls: [call('a', '{}')] },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ];
    const bodies = [
      asked({ reasoning_effort: 'high', tools: [WEATHER], tool_choice: 'required' }),
      asked({ reasoning_effort: 'high', tools: [WEATHER], messages: loop }),
    ];
    for (const body of bodies) {
      expect(TO_ANTHROPIC.sent(body)).not.toHaveProperty('thinking');
      expect(TO_ANTHROPIC.notes(body)).toEqual(['reasoning_off']);
    }
  });

  it('says that it does not think where the client wants none', () => {
    expect(TO_ANTHROPIC.sent(asked({ reasoning_effort: 'none' }))['thinking']).toEqual({ type: 'disabled' });
  });

  it('offers a tool of plain text as one with a text member', () => {
    const custom = { type: 'custom', custom: { name: 'patch', description: 'A patch' } };
    const messages = [
      HELLO,
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'patch', input: '*** "x"' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'ok' },
    ];
    const body = asked({ messages, tools: [custom], tool_choice: { type: 'custom', custom: { name: 'patch' } } });
    expect(TO_ANTHROPIC.sent(body)).toMatchObject({
      messages: [HELLO, { content: [{ type: 'tool_use', name: 'patch', input: { input: '*** "x"' } }] }, {}],
      tools: [{ name: 'patch', description: 'A patch', input_schema: { required: ['input'] } }],
      tool_choice: { type: 'tool', name: 'patch' },
    });
    expect(TO_ANTHROPIC.notes(body)).toEqual(['freeform_tool']);
  });

  it('names what Anthropic has no place for', () => {
    const body = asked({
      messages: [
        { ...HELLO, name: 'Ann' },
        { role: 'assistant', content: '' },
        { role: 'system', content: 'French!' },
        HELLO,
      ],
      seed: 7,
      frequency_penalty: 0.5,
      response_format: { type: 'json_object' },
      store: true,
      metadata: { a: 'b' },
      service_tier: 'flex',
      temperature: 1.7,
      n: 1,
      logprobs: false,
      logit_bias: {},
    });
    expect(TO_ANTHROPIC.sent(body)).toMatchObject({ system: 'French!', temperature: 1, messages: [{ role: 'user' }] });
    expect(TO_ANTHROPIC.request(body).notes.map(({ name, at }) => `${name} ${at}`)).toEqual([
      'member seed',
      'member frequency_penalty',
      'message_member messages[0].name',
      'member metadata',
      'member service_tier',
      'member store',
      'system_moved messages[2]',
      'temperature temperature',
      'json_output response_format',
    ]);
  });

  it('puts a user before an assistant that begins, and leaves blank texts out', () => {
    const body = asked({ messages: [{ role: 'assistant', content: 'Hi!' }, { role: 'user', content: ' ' }, HELLO] });
    expect(TO_ANTHROPIC.sent(body)['messages']).toEqual([
      { role: 'user', content: '.' },
      { role: 'assistant', content: [{ type: 'text', text: 'Hi!' }] },
      HELLO,
    ]);
    expect(TO_ANTHROPIC.notes(body)).toEqual(['empty_text', 'user_turn_added']);
  });

  it('converts a schema of the answer', () => {
    const schema = { type: 'object' };
    const body = asked({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } } });
    expect(TO_ANTHROPIC.sent(body)['output_config']).toEqual({ format: { type: 'json_schema', schema } });
  });

  it.each([
    ['several_answers', { n: 2 }, 'n'],
    ['audio', { modalities: ['text', 'audio'] }, 'modalities'],
    ['functions', { functions: [{ name: 'f' }] }, 'functions'],
    ['functions', { messages: [{ role: 'function', name: 'f', content: 'x' }] }, 'messages[0].role'],
    ['hosted_tool', { web_search_options: { search_context_size: 'low' } }, 'web_search_options'],
    ['tool', { tools: [{ type: 'web_search' }] }, 'tools[0]'],
    ['tool_choice', { tools: [WEATHER], tool_choice: { type: 'function', function: { name: 'no' } } }, 'tool_choice'],
    [
      'media',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
      'messages[0].content[0]',
    ],
    [
      'media',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] },
      '',
    ],
    ['file_id', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] }, ''],
    ['part', { messages: [{ role: 'user', content: [{ type: 'hologram' }] }] }, 'messages[0].content[0]'],
    ['messages', { messages: [{ role: 'user', content: '' }] }, 'messages'],
    ['messages', { messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
  ])('refuses %s: %j', (name, members, at) => {
    expect(TO_ANTHROPIC.refusal(asked(members))).toMatchObject({ name, at: expect.stringContaining(at) as string });
  });
});
