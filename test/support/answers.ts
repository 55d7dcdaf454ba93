/** The same answer as a stream of three formats: a thought, a text, two calls made at once. */

interface Event {
  type: string;
  [member: string]: unknown;
}

function stream(events: readonly (readonly [event: string, data: object | string])[]): string {
  return events
    .map(
      ([event, data]) =>
        `${event === '' ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
    )
    .join('');
}

function named(data: readonly Event[]): string {
  return stream(data.map((each) => [each.type, each]));
}

function block(index: number, start: object, deltas: readonly object[]): Event[] {
  return [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

export const ANTHROPIC = named([
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 2, output_tokens: 1 },
    },
  },
  { type: 'ping' },
  ...block(0, { type: 'thinking', thinking: '', signature: '' }, [
    { type: 'thinking_delta', thinking: 'Two ' },
    { type: 'thinking_delta', thinking: 'cities.' },
    { type: 'signature_delta', signature: 'c2ln' },
  ]),
  ...block(1, { type: 'text', text: '' }, [
    { type: 'text_delta', text: 'I lóok' },
    { type: 'text_delta', text: ' it up.' },
  ]),
  ...block(2, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }, [
    { type: 'input_json_delta', partial_json: '' },
    { type: 'input_json_delta', partial_json: '{"city": "Bo' },
    { type: 'input_json_delta', partial_json: 'nn"}' },
  ]),
  ...block(3, { type: 'tool_use', id: 'toolu_2', name: 'time', input: {} }, [
    { type: 'input_json_delta', partial_json: '' },
  ]),
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 25 } },
  { type: 'message_stop' },
]);

function chunk(delta: object, finish: string | null = null): [string, object] {
  return [
    '',
    {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 7,
      model: 'gpt-x',
      choices: [{ index: 0, delta, finish_reason: finish }],
    },
  ];
}

function piece(index: number, members: object): [string, object] {
  return chunk({ tool_calls: [{ index, ...members }] });
}

export const CHAT = stream([
  chunk({ role: 'assistant', content: null }),
  chunk({ reasoning_content: 'Two ' }),
  chunk({ reasoning_content: 'cities.' }),
  chunk({ content: 'I lóok' }),
  chunk({ content: ' it up.' }),
  piece(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
  piece(0, { function: { arguments: '{"city": "Bo' } }),
  piece(0, { function: { arguments: 'nn"}' } }),
  piece(1, { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } }),
  chunk({}, 'tool_calls'),
  [
    '',
    {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 7,
      model: 'gpt-x',
      choices: [],
      usage: {
        prompt_tokens: 42,
        completion_tokens: 25,
        total_tokens: 67,
        prompt_tokens_details: { cached_tokens: 30 },
        completion_tokens_details: { reasoning_tokens: 5 },
      },
    },
  ],
  ['', '[DONE]'],
]);

const THOUGHT = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'Two cities.' }],
  encrypted_content: 'ZW5j',
};
const SAID = {
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'I lóok it up.', annotations: [] }],
};
const WEATHER = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city": "Bonn"}',
};
const TIME = {
  id: 'fc_2',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_2',
  name: 'time',
  arguments: '{}',
};

const BEGUN = {
  id: 'resp_1',
  object: 'response',
  created_at: 7,
  status: 'in_progress',
  model: 'gpt-x',
  output: [],
  usage: null,
};

export const RESPONSES = named([
  { type: 'response.created', response: BEGUN },
  { type: 'response.in_progress', response: BEGUN },
  { type: 'response.output_item.added', output_index: 0, item: { id: 'rs_1', type: 'reasoning', summary: [] } },
  {
    type: 'response.reasoning_summary_part.added',
    output_index: 0,
    summary_index: 0,
    item_id: 'rs_1',
    part: { type: 'summary_text', text: '' },
  },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, item_id: 'rs_1', delta: 'Two ' },
  {
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index: 0,
    item_id: 'rs_1',
    delta: 'cities.',
  },
  { type: 'response.output_item.done', output_index: 0, item: THOUGHT },
  { type: 'response.output_item.added', output_index: 1, item: { ...SAID, status: 'in_progress', content: [] } },
  {
    type: 'response.content_part.added',
    output_index: 1,
    content_index: 0,
    item_id: 'msg_1',
    part: { type: 'output_text', text: '', annotations: [] },
  },
  { type: 'response.output_text.delta', output_index: 1, content_index: 0, item_id: 'msg_1', delta: 'I lóok' },
  { type: 'response.output_text.delta', output_index: 1, content_index: 0, item_id: 'msg_1', delta: ' it up.' },
  { type: 'response.output_text.done', output_index: 1, content_index: 0, item_id: 'msg_1', text: 'I lóok it up.' },
  { type: 'response.output_item.done', output_index: 1, item: SAID },
  { type: 'response.output_item.added', output_index: 2, item: { ...WEATHER, status: 'in_progress', arguments: '' } },
  { type: 'response.function_call_arguments.delta', output_index: 2, item_id: 'fc_1', delta: '{"city": "Bo' },
  { type: 'response.function_call_arguments.delta', output_index: 2, item_id: 'fc_1', delta: 'nn"}' },
  { type: 'response.function_call_arguments.done', output_index: 2, item_id: 'fc_1', arguments: '{"city": "Bonn"}' },
  { type: 'response.output_item.done', output_index: 2, item: WEATHER },
  { type: 'response.output_item.added', output_index: 3, item: { ...TIME, status: 'in_progress', arguments: '' } },
  { type: 'response.output_item.done', output_index: 3, item: TIME },
  {
    type: 'response.completed',
    response: {
      ...BEGUN,
      status: 'completed',
      output: [THOUGHT, SAID, WEATHER, TIME],
      usage: {
        input_tokens: 42,
        input_tokens_details: { cached_tokens: 30 },
        output_tokens: 25,
        output_tokens_details: { reasoning_tokens: 5 },
        total_tokens: 67,
      },
    },
  },
]);
