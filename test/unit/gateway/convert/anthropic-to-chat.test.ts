import { describe, expect, it } from 'vitest';
import { Direction } from '../../../support/conversions.ts';

const TO_CHAT = new Direction('anthropic-messages', 'openai-chat');

const HELLO = { role: 'user', content: 'hello' };
const PNG = { type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' };
const WEATHER = {
  name: 'weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
};

function asked(members: object): object {
  return { model: 'm', max_tokens: 100, messages: [HELLO], ...members };
}

describe('gateway/convert/anthropic/read-request + chat/write-request', () => {
  it('converts a plain call', () => {
    expect(TO_CHAT.sent(asked({ system: 'Be brief.', temperature: 0.5, top_p: 0.9, stop_sequences: ['END'] }))).toEqual(
      {
        model: 'm',
        messages: [{ role: 'system', content: 'Be brief.' }, HELLO],
        max_tokens: 100,
        temperature: 0.5,
        top_p: 0.9,
        stop: ['END'],
      },
    );
    expect(TO_CHAT.notes(asked({ system: 'Be brief.', stop_sequences: ['END'] }))).toEqual([]);
  });

  it('names where it is sent', () => {
    const { path, headers, stream, model } = TO_CHAT.request(asked({ stream: true }));
    expect({ path, stream, model }).toEqual({ path: '/v1/chat/completions', stream: true, model: 'm' });
    expect(headers).toContainEqual(['Accept-Encoding', 'identity']);
  });

  it('asks for the model of the target where it is told one, and for the usage of a stream', () => {
    expect(TO_CHAT.sent(asked({ stream: true }), 'local')).toMatchObject({
      model: 'local',
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('puts the blocks of a system prompt together, and names the marks for the cache', () => {
    const system = [
      { type: 'text', text: 'one', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'two', cache_control: { type: 'ephemeral' } },
    ];
    expect(TO_CHAT.sent(asked({ system }))).toMatchObject({
      messages: [{ role: 'system', content: 'one\n\ntwo' }, HELLO],
    });
    expect(TO_CHAT.request(asked({ system })).notes).toEqual([
      { name: 'cache_control', fate: 'lost', at: 'system[0].cache_control', count: 2 },
    ]);
  });

  it('converts tools, parallel calls and their results', () => {
    const messages = [
      HELLO,
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bonn' } },
          { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain' },
          { type: 'tool_result', tool_use_id: 'toolu_2', is_error: true, content: [{ type: 'text', text: 'no city' }] },
          { type: 'text', text: 'and now?' },
        ],
      },
    ];
    const body = asked({ messages, tools: [WEATHER], tool_choice: { type: 'any', disable_parallel_tool_use: true } });
    expect(TO_CHAT.sent(body)).toEqual({
      model: 'm',
      max_tokens: 100,
      messages: [
        HELLO,
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [
            { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
            { id: 'toolu_2', type: 'function', function: { name: 'weather', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'rain' },
        { role: 'tool', tool_call_id: 'toolu_2', content: 'Error: no city' },
        { role: 'user', content: 'and now?' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'The weather of a city', parameters: WEATHER.input_schema },
        },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
    expect(TO_CHAT.notes(body)).toEqual(['tool_error']);
  });

  it.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'weather' },
      { type: 'function', function: { name: 'weather' } },
    ],
  ])('converts the choice %j', (choice, expected) => {
    expect(TO_CHAT.sent(asked({ tools: [WEATHER], tool_choice: choice }))['tool_choice']).toEqual(expected);
  });

  it('keeps integers that no number of JavaScript holds', () => {
    const body = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
      {"type":"tool_use","id":"a","name":"get","input":{"id": 123456789012345678901, "text":"12345678901234567890"}}]}]}`;
    expect(TO_CHAT.request(body).body.toString()).toContain(
      String.raw`"arguments":"{\"id\":123456789012345678901,\"text\":\"12345678901234567890\"}"`,
    );
  });

  it('shortens names of tools that OpenAI does not take, and no two to the same', () => {
    const long = `mcp__server__${'x'.repeat(70)}`;
    const tools = [`${long}1`, `${long}2`, 'a.b', 'a_b'].map((name) => ({ ...WEATHER, name }));
    const sent = TO_CHAT.sent(asked({ tools, tool_choice: { type: 'tool', name: `${long}2` } }));
    const names = (sent['tools'] as { function: { name: string } }[]).map(({ function: { name } }) => name);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[\w-]{1,64}$/);
    expect(sent['tool_choice']).toEqual({ type: 'function', function: { name: names[1] } });
  });

  it('converts images and files, those in results of tools behind them', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image', source: PNG },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          {
            type: 'document',
            title: 'a.pdf',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' },
          },
          { type: 'document', title: 'note', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'shoot', input: {} }] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [
              { type: 'text', text: 'done' },
              { type: 'image', source: PNG },
            ],
          },
        ],
      },
    ];
    expect(TO_CHAT.sent(asked({ messages }))['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
          { type: 'text', text: 'note' },
          { type: 'text', text: 'plain' },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 't', type: 'function', function: { name: 'shoot', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 't', content: 'done' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } }] },
    ]);
    expect(TO_CHAT.notes(asked({ messages }))).toEqual(['document_text', 'tool_result_media']);
  });

  it.each([
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'low', ['reasoning_summary', 'reasoning_effort']],
    [{ thinking: { type: 'enabled', budget_tokens: 10_000 } }, 'medium', ['reasoning_summary', 'reasoning_effort']],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }, 'xhigh', ['reasoning_summary']],
    [{ thinking: { type: 'adaptive' } }, undefined, ['reasoning_summary']],
    [{ thinking: { type: 'disabled' } }, 'none', []],
    [{}, undefined, []],
  ])('converts how much to think: %j', (members, effort, notes) => {
    expect(TO_CHAT.sent(asked(members), 'gpt-5.4')['reasoning_effort']).toBe(effort);
    expect(TO_CHAT.notes(asked(members), 'gpt-5.4')).toEqual(notes);
  });

  it.each([
    ['gpt-5-mini', 'none', 'minimal'],
    ['gpt-5.1', 'xhigh', 'high'],
    ['gpt-5.1', 'minimal', 'low'],
    ['gpt-5.2', 'max', 'xhigh'],
    ['openai/o3', 'none', 'low'],
    ['openai/gpt-oss-20b', 'max', 'high'],
  ])('tells %s for %s the nearest level that it has: %s', (model, effort, level) => {
    const body = asked({ output_config: { effort } });
    expect(TO_CHAT.sent(body, model)['reasoning_effort']).toBe(level);
    expect(TO_CHAT.notes(body, model)).toContain('reasoning_effort');
  });

  it('tells no level to a model that may have none', () => {
    const body = asked({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } });
    for (const model of ['qwen3-coder', 'gpt-4o', 'gpt-5-chat-latest']) {
      expect(TO_CHAT.sent(body, model)).not.toHaveProperty('reasoning_effort');
      expect(TO_CHAT.notes(body, model)).toContain('reasoning_untold');
    }
  });

  it('puts descriptions that OpenAI refuses into the instructions, and leaves them alone elsewhere', () => {
    const long = { ...WEATHER, description: 'words of it '.repeat(200) };
    const body = asked({ system: 'Be brief.', tools: [WEATHER, long] });
    const { body: bytes, notes } = TO_CHAT.request(body, 'gpt-5.4', 'openai');
    const sent = JSON.parse(bytes.toString()) as {
      messages: { role: string; content: string }[];
      tools: { function: { description: string } }[];
    };
    expect(sent.messages.map(({ role }) => role)).toEqual(['system', 'system', 'user']);
    expect(sent.messages[1]?.content).toBe(`# Tool weather\n\n${long.description}`);
    expect(sent.tools[0]?.function.description).toBe(WEATHER.description);
    expect(sent.tools[1]?.function.description).toMatch(/^words of it .*\w … \(all of it: see the instructions\)$/);
    expect(sent.tools[1]?.function.description.length).toBeLessThanOrEqual(1024);
    expect(notes.map(({ name }) => name)).toEqual(['tool_description']);
    expect(TO_CHAT.sent(body, 'qwen')).toMatchObject({ tools: [{}, { function: { description: long.description } }] });
  });

  it('tells Mistral nothing that it does not know', () => {
    const body = asked({ stream: true, metadata: { user_id: 'u' } });
    const { body: sent, notes } = TO_CHAT.request(body, 'mistral-large-latest', 'mistral');
    expect(JSON.parse(sent.toString())).toEqual({
      model: 'mistral-large-latest',
      max_tokens: 100,
      messages: [HELLO],
      stream: true,
    });
    expect(notes.map(({ at }) => at)).toEqual(['user']);
  });

  it('speaks to OpenAI’s reasoning models in their words', () => {
    const sent = TO_CHAT.sent(asked({ temperature: 0.2, top_p: 1 }), 'gpt-5-mini');
    expect(sent).toMatchObject({ max_completion_tokens: 100 });
    expect(sent).not.toHaveProperty('max_tokens');
    expect(sent).not.toHaveProperty('temperature');
    expect(TO_CHAT.notes(asked({ temperature: 0.2, top_p: 1 }), 'gpt-5-mini')).toEqual(['sampling']);
    expect(TO_CHAT.sent(asked({ temperature: 0.2 }), 'gpt-4.1')).toMatchObject({ max_tokens: 100, temperature: 0.2 });
  });

  it('leaves out thoughts that are Anthropic’s own', () => {
    const messages = [
      HELLO,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'EqQB' },
          { type: 'text', text: 'hi' },
        ],
      },
      HELLO,
    ];
    expect(TO_CHAT.sent(asked({ messages }))['messages']).toEqual([HELLO, { role: 'assistant', content: 'hi' }, HELLO]);
    expect(TO_CHAT.notes(asked({ messages }))).toEqual(['thinking_history']);
  });

  it('converts a schema of the answer, by its old name too', () => {
    const schema = { type: 'object' };
    const expected = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } };
    const format = { type: 'json_schema', schema };
    expect(TO_CHAT.sent(asked({ output_config: { format } }))['response_format']).toEqual(expected);
    expect(TO_CHAT.sent(asked({ output_format: format }))['response_format']).toEqual(expected);
  });

  it('takes what Claude Code sends', () => {
    const body = asked({
      metadata: { user_id: 'u' },
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'medium' },
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      tools: [WEATHER, { type: 'web_search_20250305', name: 'web_search' }],
    });
    expect(TO_CHAT.sent(body, 'gpt-5.4')).toMatchObject({ user: 'u', reasoning_effort: 'medium' });
    expect(TO_CHAT.request(body, 'gpt-5.4').notes.map(({ name, at }) => `${name} ${at}`)).toEqual([
      'member context_management',
      'hosted_tool tools[1]',
      'reasoning_summary reasoning',
    ]);
  });

  it.each([
    ['not_json', '[]', 'body'],
    ['not_json', '{"model":', 'body'],
    ['messages', asked({ messages: [] }), 'messages'],
    ['messages', asked({ messages: ['hi'] }), 'messages[0]'],
    ['role', asked({ messages: [{ role: 'robot', content: 'x' }] }), 'messages[0].role'],
    ['part', asked({ messages: [{ role: 'user', content: [{ type: 'hologram' }] }] }), 'messages[0].content[0]'],
    [
      'file_id',
      asked({ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] }),
      'messages[0].content[0].source',
    ],
    ['tool', asked({ tools: [{ type: 'bash_20250124', name: 'bash' }] }), 'tools[0]'],
    ['hosted_tool', asked({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }), 'tools[0]'],
    [
      'tool_choice',
      asked({
        tools: [WEATHER, { type: 'web_search_20250305', name: 'web_search' }],
        tool_choice: { type: 'tool', name: 'web_search' },
      }),
      'tool_choice.name',
    ],
    ['stored_state', asked({ container: 'c_1' }), 'container'],
  ])('refuses %s', (name, body, at) => {
    expect(TO_CHAT.refusal(body)).toMatchObject({ name, at, message: expect.any(String) as string });
  });
});
