/** Calls in the form of the Messages API, for `startScripted`. */
import type { Reply, ScriptedCall } from './scripted.ts';

type Json = Record<string, unknown>;

export interface AnthropicCall {
  model?: string;
  system?: string;
  tools?: Json[];
  messages: Json[];
  /** Content blocks of the answer. */
  answer: Json[];
  usage?: Json;
  session?: string;
  headers?: Record<string, string>;
  /** Not streamed, where false. */
  stream?: boolean;
  more?: Json;
  /** Milliseconds before the first piece. */
  think?: number;
}

const USAGE = { input_tokens: 120, output_tokens: 80, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };

export function anthropicCall(call: AnthropicCall): ScriptedCall {
  const { model = 'claude-sonnet-4-5-20250929', system, tools, messages, stream = true, session, more = {} } = call;
  return {
    path: '/anthropic/v1/messages',
    headers: {
      'anthropic-version': '2023-06-01',
      'x-api-key': `sk-ant-api03-${'0'.repeat(80)}`,
      ...(session === undefined ? {} : { 'x-claude-code-session-id': session }),
      ...call.headers,
    },
    body: {
      model,
      max_tokens: 32_000,
      stream,
      ...(system === undefined ? {} : { system }),
      ...(tools === undefined ? {} : { tools }),
      messages,
      ...more,
    },
    reply: stream ? streamed(model, call) : whole(model, call),
  };
}

function whole(model: string, { answer, usage = {}, think = 0 }: AnthropicCall): Reply {
  return { body: [think, JSON.stringify(messageOf(model, answer, { ...USAGE, ...usage }))] };
}

function messageOf(model: string, content: Json[], usage: Json): Json {
  const stop = content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  return { id: 'msg_scripted', type: 'message', role: 'assistant', model, content, stop_reason: stop, usage };
}

function streamed(model: string, { answer, usage = {}, think = 0 }: AnthropicCall): Reply {
  const all = { ...USAGE, ...usage };
  const { stop_reason: stop, ...message } = messageOf(model, answer, all);
  const events: Json[] = [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { ...all, output_tokens: 1 } },
    },
    ...answer.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: all.output_tokens },
    },
    { type: 'message_stop' },
  ];
  return {
    headers: { 'content-type': 'text/event-stream' },
    body: [
      think,
      ...events.flatMap((event) => [`event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`, 1]),
    ],
  };
}

function blockEvents(block: Json, index: number): Json[] {
  const { empty, deltas } = deltasOf(block);
  return [
    { type: 'content_block_start', index, content_block: empty },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function pieces(text: unknown): string[] {
  return String(text).match(/.{1,400}/gsu) ?? [];
}

function deltasOf(block: Json): { empty: Json; deltas: Json[] } {
  switch (block['type']) {
    case 'text':
      return {
        empty: { ...block, text: '' },
        deltas: pieces(block['text']).map((text) => ({ type: 'text_delta', text })),
      };
    case 'thinking':
      return {
        empty: { ...block, thinking: '' },
        deltas: pieces(block['thinking']).map((thinking) => ({ type: 'thinking_delta', thinking })),
      };
    case 'tool_use':
      return {
        empty: { ...block, input: {} },
        deltas: pieces(JSON.stringify(block['input'])).map((json) => ({
          type: 'input_json_delta',
          partial_json: json,
        })),
      };
    default:
      return { empty: block, deltas: [] };
  }
}
