import { describe, expect, it } from 'vitest';
import { Direction } from '../../../support/conversions.ts';

const FROM_CHAT = new Direction('openai-chat', 'openai-responses');
const TO_CHAT = new Direction('openai-responses', 'openai-chat');
const FROM_ANTHROPIC = new Direction('anthropic-messages', 'openai-responses');
const TO_ANTHROPIC = new Direction('openai-responses', 'anthropic-messages');

const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } };
const CHAT_TOOL = { type: 'function', function: { name: 'weather', parameters: PARAMETERS } };
const TOOL = { type: 'function', name: 'weather', parameters: PARAMETERS };
const PATCH = { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } };

function said(text: string): object {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

describe('gateway/convert/responses/write-request', () => {
  it('converts a chat', () => {
    const body = {
      model: 'm',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'https://x.example/a' } },
          ],
        },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
        { role: 'system', content: 'French!' },
      ],
      tools: [CHAT_TOOL],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      parallel_tool_calls: false,
      max_tokens: 50,
      temperature: 0.5,
      verbosity: 'low',
      user: 'u',
      service_tier: 'flex',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {}, strict: true } },
      stream: true,
    };
    expect(FROM_CHAT.sent(body)).toEqual({
      model: 'm',
      instructions: 'Be brief.',
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'see' },
            { type: 'input_image', image_url: 'https://x.example/a', detail: 'auto' },
          ],
        },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Bonn"}' },
        { type: 'function_call_output', call_id: 'c1', output: 'rain' },
        { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'French!' }] },
      ],
      tools: [{ ...TOOL, strict: false }],
      tool_choice: { type: 'function', name: 'weather' },
      parallel_tool_calls: false,
      max_output_tokens: 50,
      temperature: 0.5,
      text: { format: { type: 'json_schema', name: 'x', schema: {}, strict: true }, verbosity: 'low' },
      user: 'u',
      service_tier: 'flex',
      store: false,
      stream: true,
    });
    expect(FROM_CHAT.request(body)).toMatchObject({ path: '/v1/responses', notes: [] });
  });

  it('lets nothing be kept at the target unless the client says so', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
    expect(FROM_CHAT.sent(body)['store']).toBe(false);
    expect(FROM_CHAT.sent({ ...body, store: true })['store']).toBe(true);
  });

  it('asks a model that thinks for what only it can read of its thoughts', () => {
    const body = {
      model: 'claude-x',
      max_tokens: 8,
      messages: [{ role: 'user', content: 'x' }],
      thinking: { type: 'enabled', budget_tokens: 9000 },
    };
    expect(FROM_ANTHROPIC.sent(body, 'gpt-5')).toMatchObject({
      model: 'gpt-5',
      max_output_tokens: 16,
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    });
    expect(FROM_ANTHROPIC.notes(body, 'gpt-5')).toEqual(['least_tokens', 'reasoning_effort']);
  });

  it('keeps images in results of tools, and says of a failed one that it has failed', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'weather', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', is_error: true, content: [image] }] },
    ];
    const sent = FROM_ANTHROPIC.sent({ model: 'm', max_tokens: 100, messages });
    expect((sent['input'] as object[]).at(-1)).toEqual({
      type: 'function_call_output',
      call_id: 't',
      output: [
        { type: 'input_text', text: 'Error:' },
        { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
      ],
    });
  });

  it('offers tools of plain text as they are', () => {
    const custom = {
      type: 'custom',
      custom: { name: 'patch', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } } },
    };
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'patch', input: '***' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'ok' },
    ];
    expect(FROM_CHAT.sent({ model: 'm', messages, tools: [custom] })).toMatchObject({
      tools: [PATCH],
      input: [
        said('x'),
        { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: '***' },
        { type: 'custom_tool_call_output', call_id: 'c', output: 'ok' },
      ],
    });
  });

  it('keeps the id of an end user only as long as OpenAI takes it', () => {
    const body = {
      model: 'm',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'x' }],
      metadata: { user_id: 'u'.repeat(65) },
    };
    expect(FROM_ANTHROPIC.sent(body)['user']).toMatch(/^[0-9a-f]{64}$/);
    expect(FROM_ANTHROPIC.notes(body)).toEqual(['user']);
  });

  it('refuses stop sequences', () => {
    expect(FROM_CHAT.refusal({ model: 'm', messages: [{ role: 'user', content: 'x' }], stop: ['END'] })).toMatchObject({
      name: 'stop',
    });
  });
});

describe('gateway/convert/responses/read-request', () => {
  it('takes what Codex sends', () => {
    const body = {
      model: 'gpt-5-codex',
      instructions: 'You code.',
      input: [
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'rules' }] },
        said('fix it'),
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
        { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'shell', arguments: '{"command":["ls"]}' },
        { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: '*** "x"' },
        { type: 'function_call_output', call_id: 'c1', output: 'a.txt' },
        { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'ok' }] },
      ],
      tools: [
        { type: 'function', name: 'shell', parameters: PARAMETERS, strict: false },
        PATCH,
        { type: 'web_search' },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      reasoning: { effort: 'medium', summary: 'auto' },
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'k',
    };
    expect(TO_CHAT.sent(body, 'local')).toEqual({
      model: 'local',
      messages: [
        { role: 'system', content: 'You code.' },
        { role: 'system', content: 'rules' },
        { role: 'user', content: 'fix it' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'shell', arguments: '{"command":["ls"]}' } },
            { id: 'c2', type: 'function', function: { name: 'patch', arguments: String.raw`{"input":"*** \"x\""}` } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'a.txt' },
        { role: 'tool', tool_call_id: 'c2', content: 'ok' },
      ],
      tools: [
        { type: 'function', function: { name: 'shell', parameters: PARAMETERS, strict: false } },
        {
          type: 'function',
          function: {
            name: 'patch',
            parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
          },
        },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(TO_CHAT.notes(body, 'local')).toEqual([
      'hosted_tool',
      'thinking_history',
      'freeform_tool',
      'reasoning_summary',
      'reasoning_untold',
      'member',
    ]);
    expect(TO_ANTHROPIC.sent(body, 'claude-opus-4-8')).toMatchObject({
      system: 'You code.\n\nrules',
      messages: [
        { role: 'user', content: 'fix it' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'c1' },
            { type: 'tool_use', id: 'c2', input: { input: '*** "x"' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1' },
            { type: 'tool_result', tool_use_id: 'c2', content: 'ok' },
          ],
        },
      ],
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'medium' },
    });
  });

  it('gives tools of a namespace names of their own', () => {
    const tools = [{ type: 'namespace', name: 'mcp', description: 'd', tools: [TOOL] }, TOOL];
    const input = [
      said('x'),
      { type: 'function_call', call_id: 'c', name: 'weather', namespace: 'mcp', arguments: '{}' },
    ];
    const sent = TO_CHAT.sent({ model: 'm', input, tools });
    expect(sent).toMatchObject({
      tools: [{ function: { name: 'mcp__weather' } }, { function: { name: 'weather' } }],
      messages: [{}, { tool_calls: [{ function: { name: 'mcp__weather' } }] }],
    });
  });

  it('reads a text, parts without a type of message, and files', () => {
    expect(TO_CHAT.sent({ model: 'm', input: 'hi' })['messages']).toEqual([{ role: 'user', content: 'hi' }]);
    const content = [
      { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'high' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' },
      { type: 'input_file', file_url: 'https://x.example/b.pdf' },
    ];
    expect(
      TO_ANTHROPIC.sent({ model: 'm', max_output_tokens: 20, input: [{ role: 'user', content }] })['messages'],
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
          {
            type: 'document',
            title: 'a.pdf',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' },
          },
          { type: 'document', source: { type: 'url', url: 'https://x.example/b.pdf' } },
        ],
      },
    ]);
  });

  it.each([
    ['stored_state', { previous_response_id: 'resp_1' }, 'previous_response_id'],
    ['stored_state', { prompt: { id: 'p' } }, 'prompt'],
    ['stored_state', { input: [{ id: 'msg_1' }] }, 'input[0]'],
    ['background', { background: true }, 'background'],
    ['compaction', { input: [{ type: 'compaction', encrypted_content: 'x' }] }, 'input[0]'],
    ['tool', { tools: [{ type: 'local_shell' }] }, 'tools[0]'],
    ['hosted_tool', { tools: [{ type: 'file_search' }] }, 'tools[0]'],
    ['tool_choice', { tools: [TOOL], tool_choice: { type: 'web_search_preview' } }, 'tool_choice'],
    ['file_id', { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }, 'input[0].content[0]'],
    ['part', { input: [{ type: 'computer_call' }] }, 'input[0]'],
    ['media', { input: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, 'input[0].content[0]'],
  ])('refuses %s: %j', (name, members, at) => {
    expect(TO_CHAT.refusal({ model: 'm', input: 'x', ...members })).toMatchObject({ name, at });
  });
});
