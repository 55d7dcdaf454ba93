/** A fake of the Messages API: thinking, tool use, prompt cache, streaming. */
import { derived, jsonReply, listOf, pieces, sseReply, textOf, wantsStream } from './fake-reply.ts';
import type { FakeReply, FakeRequest, TrueUsage } from './fake-reply.ts';

type Block = Record<string, unknown> & { type: string };

export function answerAnthropic(request: FakeRequest): FakeReply {
  if (request.path.startsWith('/v1/messages/count_tokens')) {
    return jsonReply({ input_tokens: derived(request, 'count', 10, 500) }, null, null);
  }
  if (!/^\/v1\/messages(\?|$)/.test(request.path)) {
    return jsonReply({ type: 'error', error: { type: 'not_found_error', message: 'Not found' } }, null, null, 404);
  }
  const message = compose(request);
  if (wantsStream(request)) return sseReply(events(message), message.truth, message.id);
  const { id, model, content, stop, wire } = message;
  const body = {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage: wire,
  };
  return jsonReply(body, message.truth, id);
}

export function anthropicRateLimit(): FakeReply {
  const error = {
    type: 'rate_limit_error',
    message: 'Number of request tokens has exceeded your per-minute rate limit',
  };
  const reply = jsonReply({ type: 'error', error, request_id: 'req_demo_429' }, null, null, 429);
  return { ...reply, headers: { ...reply.headers, 'retry-after': '1', 'request-id': 'req_demo_429' } };
}

interface Message {
  id: string;
  model: string;
  content: Block[];
  stop: string;
  wire: Record<string, unknown>;
  truth: TrueUsage;
}

function compose(request: FakeRequest): Message {
  const id = `msg_${derived(request, 'id', 0x10000000, 0xe0000000).toString(16)}`;
  const content = blocks(request);
  const fresh = derived(request, 'in', 12, 400);
  const output = derived(request, 'out', 20, 300);
  const caches = JSON.stringify(request.body).includes('"cache_control"');
  const isFirstTurn = listOf(request.body['messages']).length <= 1;
  const write = caches ? (isFirstTurn ? 4096 : derived(request, 'write', 30, 300)) : 0;
  const read = caches && !isFirstTurn ? 4096 : 0;
  return {
    id,
    model: textOf(request.body['model']),
    content,
    stop: content.at(-1)?.type === 'tool_use' ? 'tool_use' : 'end_turn',
    wire: {
      input_tokens: fresh,
      cache_creation_input_tokens: write,
      cache_read_input_tokens: read,
      cache_creation: { ephemeral_5m_input_tokens: write, ephemeral_1h_input_tokens: 0 },
      output_tokens: output,
      service_tier: 'standard',
    },
    truth: {
      input_tokens: fresh + write + read,
      output_tokens: output,
      cache_read_tokens: read,
      cache_write_tokens: write,
      // Thinking is inside output_tokens; this API does not say how much of it.
      reasoning_tokens: null,
    },
  };
}

/** What the model says: the agent of the demo sends it back with its next turn, as agents do. */
export const SAID = {
  first: 'I will look at the file first.',
  tool: 'toolu_demo',
  done: 'Done: the test was wrong, not the code. I fixed the expected value and it passes.',
} as const;

function blocks(request: FakeRequest): Block[] {
  const content: Block[] = [];
  if (request.body['thinking'] !== undefined) {
    content.push({
      type: 'thinking',
      thinking: 'The file has to be read before it can be changed.',
      signature: 'c2lnbmF0dXJl',
    });
  }
  const [tool] = listOf(request.body['tools']);
  const lastTurn = JSON.stringify(listOf(request.body['messages']).at(-1) ?? {});
  if (tool === undefined || lastTurn.includes('"tool_result"')) {
    content.push({ type: 'text', text: SAID.done });
    return content;
  }
  content.push({ type: 'text', text: SAID.first });
  content.push({ type: 'tool_use', id: SAID.tool, name: textOf(tool['name']), input: { path: 'src/sum.test.ts' } });
  return content;
}

function events(message: Message): string[] {
  const { id, model, content, stop, wire } = message;
  const start = { ...wire, output_tokens: 1 };
  const head = {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: start,
  };
  return [
    event('message_start', { message: head }),
    event('ping', {}),
    ...content.flatMap((block, index) => blockEvents(block, index)),
    event('message_delta', {
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: wire['output_tokens'] },
    }),
    event('message_stop', {}),
  ];
}

function blockEvents(block: Block, index: number): string[] {
  const delta = (value: object): string => event('content_block_delta', { index, delta: value });
  const start = (value: object): string => event('content_block_start', { index, content_block: value });
  const stop = event('content_block_stop', { index });
  switch (block.type) {
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        ...pieces(textOf(block['thinking'])).map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: block['signature'] }),
        stop,
      ];
    case 'tool_use':
      return [
        start({ ...block, input: {} }),
        ...pieces(JSON.stringify(block['input'])).map((part) =>
          delta({ type: 'input_json_delta', partial_json: part }),
        ),
        stop,
      ];
    default:
      return [
        start({ type: 'text', text: '' }),
        ...pieces(textOf(block['text'])).map((text) => delta({ type: 'text_delta', text })),
        stop,
      ];
  }
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
