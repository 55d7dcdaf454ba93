// One call of a coding agent in the form of a provider: the request's body and the events of the answer.
import { hexOf } from './agent-text.mjs';

const ANTHROPIC = { host: 'api.anthropic.com', provider: 'anthropic', path: '/v1/messages?beta=true' };
const CHAT = { host: 'api.openai.com', provider: 'openai', path: '/v1/chat/completions' };
const RESPONSES = { host: 'api.openai.com', provider: 'openai', path: '/v1/responses' };

/** Text as models give it: a few characters at a time. */
function deltasOf(text) {
  return text.match(/.{1,24}/gs) ?? [];
}

const MARK = { cache_control: { type: 'ephemeral' } };

export function anthropic({ random, tools, system }, { history, answer, id, parent }) {
  const messages = history.map(anthropicMessage);
  // The mark stands at the end of the last two turns of the user, and moves with them.
  const users = messages.filter(({ role }) => role === 'user').slice(-2);
  for (const message of users) Object.assign(message.content.at(-1), MARK);
  const agent = parent === null ? [] : [['x-claude-code-agent-id', id]];
  return {
    ...ANTHROPIC,
    userAgent: 'claude-cli/2.1.3 (external, cli)',
    headers: [
      ['anthropic-version', '2023-06-01'],
      ['anthropic-beta', 'claude-code-20250219,interleaved-thinking-2025-05-14'],
      ['x-app', 'cli'],
      ['X-Api-Key', `sk-ant-api03-${'A1b2'.repeat(20)}`],
      ['X-Claude-Code-Session-Id', parent ?? id],
      ...agent,
    ],
    body: {
      model: 'claude-sonnet-4-5-20250929',
      messages,
      system: [
        { type: 'text', text: 'You are Claude Code.', ...MARK },
        { type: 'text', text: system, ...MARK },
      ],
      tools: tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
      metadata: { user_id: `user_${'ab12'.repeat(16)}_account__session_${parent ?? id}` },
      max_tokens: 32_000,
      stream: true,
    },
    events: anthropicEvents(random, answer, history.length),
  };
}

function anthropicMessage({ who, text, uses = [], results = [] }) {
  if (who === 'tool') {
    return {
      role: 'user',
      content: results.map((result) => ({
        tool_use_id: result.id,
        type: 'tool_result',
        content:
          result.picture === null
            ? result.text
            : [
                { type: 'text', text: result.text },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: result.picture } },
              ],
      })),
    };
  }
  const calls = uses.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input }));
  return { role: who, content: [{ type: 'text', text }, ...calls] };
}

function anthropicEvents(random, { text, uses }, length) {
  const usage = {
    input_tokens: 4,
    cache_read_input_tokens: length * 900,
    cache_creation_input_tokens: 1500,
    output_tokens: 1,
  };
  const message = {
    id: `msg_01${hexOf(random, 22)}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    stop_reason: null,
    usage,
  };
  const events = [
    ['message_start', { type: 'message_start', message }],
    ['content_block_start', { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }],
    ...deltasOf(text).map((piece) => [
      'content_block_delta',
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } },
    ]),
    ['content_block_stop', { type: 'content_block_stop', index: 0 }],
  ];
  for (const [place, { id, name, input }] of uses.entries()) {
    const index = place + 1;
    events.push(
      [
        'content_block_start',
        { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } },
      ],
      ...deltasOf(JSON.stringify(input)).map((piece) => [
        'content_block_delta',
        { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: piece } },
      ]),
      ['content_block_stop', { type: 'content_block_stop', index }],
    );
  }
  const stop = uses.length === 0 ? 'end_turn' : 'tool_use';
  events.push(
    [
      'message_delta',
      {
        type: 'message_delta',
        delta: { stop_reason: stop, stop_sequence: null },
        usage: { output_tokens: Math.ceil(text.length / 4) },
      },
    ],
    ['message_stop', { type: 'message_stop' }],
  );
  return events;
}

const OPENAI_HEADERS = [['Authorization', `Bearer sk-proj-${'Z9y8'.repeat(20)}`]];

export function chat({ random, tools, system }, { history, answer }) {
  const id = `chatcmpl-${hexOf(random, 24)}`;
  const chunk = (delta, finish, usage = null) => [
    '',
    {
      id,
      object: 'chat.completion.chunk',
      created: 1_795_000_000,
      model: 'gpt-5',
      choices: finish === undefined ? [] : [{ index: 0, delta, finish_reason: finish }],
      usage,
    },
  ];
  const calls = answer.uses.flatMap(({ id: callId, name, input }, index) => [
    chunk({ tool_calls: [{ index, id: callId, type: 'function', function: { name, arguments: '' } }] }, null),
    ...deltasOf(JSON.stringify(input)).map((piece) =>
      chunk({ tool_calls: [{ index, function: { arguments: piece } }] }, null),
    ),
  ]);
  const usage = {
    prompt_tokens: history.length * 900,
    completion_tokens: Math.ceil(answer.text.length / 4),
    total_tokens: history.length * 900 + Math.ceil(answer.text.length / 4),
  };
  return {
    ...CHAT,
    userAgent: 'OpenAI/JS 6.10.0',
    headers: OPENAI_HEADERS,
    body: {
      model: 'gpt-5',
      messages: [{ role: 'system', content: system }, ...history.flatMap(chatMessages)],
      tools: tools.map((tool) => ({ type: 'function', function: tool })),
      stream: true,
      stream_options: { include_usage: true },
    },
    events: [
      chunk({ role: 'assistant', content: '' }, null),
      ...deltasOf(answer.text).map((piece) => chunk({ content: piece }, null)),
      ...calls,
      chunk({}, answer.uses.length === 0 ? 'stop' : 'tool_calls'),
      chunk({}, undefined, usage),
      ['', '[DONE]'],
    ],
  };
}

function chatMessages({ who, text, uses = [], results = [] }) {
  if (who === 'tool') {
    const pictures = results.filter(({ picture }) => picture !== null);
    return [
      ...results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: result.text })),
      ...pictures.map(({ picture }) => ({
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }],
      })),
    ];
  }
  if (uses.length === 0) return [{ role: who, content: text }];
  const calls = uses.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));
  return [{ role: who, content: text, tool_calls: calls }];
}

export function responses({ random, tools, system }, { history, answer, id }) {
  const responseId = `resp_${hexOf(random, 48)}`;
  const itemId = `msg_${hexOf(random, 48)}`;
  const usage = {
    input_tokens: history.length * 900,
    input_tokens_details: { cached_tokens: history.length * 850 },
    output_tokens: Math.ceil(answer.text.length / 4),
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: history.length * 900 + Math.ceil(answer.text.length / 4),
  };
  const response = {
    id: responseId,
    object: 'response',
    created_at: 1_795_000_000,
    status: 'in_progress',
    model: 'gpt-5-codex',
    output: [],
  };
  let sequence = 0;
  const event = (type, data) => [type, { type, sequence_number: (sequence += 1), ...data }];
  const output = [
    {
      id: itemId,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: answer.text, annotations: [] }],
    },
    ...answer.uses.map((use) => ({
      id: `fc_${use.id}`,
      type: 'function_call',
      call_id: use.id,
      name: use.name,
      arguments: JSON.stringify(use.input),
    })),
  ];
  return {
    ...RESPONSES,
    userAgent: 'codex_cli_rs/0.60.0 (Linux; x86_64)',
    headers: [...OPENAI_HEADERS, ['session_id', id], ['originator', 'codex_cli_rs']],
    body: {
      model: 'gpt-5-codex',
      instructions: system,
      input: history.flatMap(responseItems),
      tools: tools.map((tool) => ({ type: 'function', ...tool, strict: false })),
      store: false,
      stream: true,
      prompt_cache_key: id,
    },
    events: [
      event('response.created', { response }),
      event('response.output_item.added', {
        output_index: 0,
        item: { ...output[0], content: [], status: 'in_progress' },
      }),
      ...deltasOf(answer.text).map((delta) =>
        event('response.output_text.delta', { item_id: itemId, output_index: 0, content_index: 0, delta }),
      ),
      ...output.map((item, index) => event('response.output_item.done', { output_index: index, item })),
      event('response.completed', { response: { ...response, status: 'completed', output, usage } }),
    ],
  };
}

function responseItems({ who, text, uses = [], results = [] }) {
  if (who === 'tool') {
    return results.map(({ id, text: output, picture }) => ({
      type: 'function_call_output',
      call_id: id,
      output:
        picture === null
          ? output
          : [
              { type: 'input_text', text: output },
              { type: 'input_image', image_url: `data:image/png;base64,${picture}` },
            ],
    }));
  }
  const type = who === 'user' ? 'input_text' : 'output_text';
  return [
    { type: 'message', role: who, content: [{ type, text }] },
    ...uses.map(({ id, name, input }) => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: JSON.stringify(input),
    })),
  ];
}
