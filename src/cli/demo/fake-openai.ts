/** A fake of Chat Completions, Responses and Embeddings. */
import { derived, jsonReply, pieces, sseReply, textOf, wantsStream } from './fake-reply.ts';
import type { FakeReply, FakeRequest, TrueUsage } from './fake-reply.ts';

const ANSWER = 'Paris is the capital of France, and has been since 987 with short breaks.';
const CREATED = 1_760_000_000;

export function answerOpenai(request: FakeRequest): FakeReply {
  const path = request.path.replace(/\?.*$/, '');
  if (path === '/v1/chat/completions') return chat(request);
  if (path === '/v1/responses') return responses(request);
  if (path === '/v1/embeddings') return embeddings(request);
  if (path === '/v1/models') return jsonReply({ object: 'list', data: [] }, null, null);
  return jsonReply({ error: { message: 'Invalid URL', type: 'invalid_request_error', code: null } }, null, null, 404);
}

function truthOf(request: FakeRequest): TrueUsage & Record<'input_tokens' | 'output_tokens', number> {
  const input = derived(request, 'in', 1100, 900);
  return {
    input_tokens: input,
    output_tokens: derived(request, 'out', 90, 200),
    cache_read_tokens: 1024,
    cache_write_tokens: null,
    reasoning_tokens: 64,
  };
}

function chat(request: FakeRequest): FakeReply {
  const truth = truthOf(request);
  const id = `chatcmpl-${derived(request, 'id', 0x10000000, 0xe0000000).toString(16)}`;
  const usage = {
    prompt_tokens: truth.input_tokens,
    completion_tokens: truth.output_tokens,
    total_tokens: truth.input_tokens + truth.output_tokens,
    prompt_tokens_details: { cached_tokens: truth.cache_read_tokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: truth.reasoning_tokens, audio_tokens: 0 },
  };
  const common = { id, created: CREATED, model: textOf(request.body['model']), system_fingerprint: 'fp_demo' };
  if (!wantsStream(request)) {
    const message = { role: 'assistant', content: ANSWER, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
    return jsonReply({ ...common, object: 'chat.completion', choices, usage }, truth, id);
  }
  const options = request.body['stream_options'];
  const asks =
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true;
  const chunk = (delta: object, finish: string | null): object => ({
    ...common,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(asks ? { usage: null } : {}),
  });
  const events = [
    chunk({ role: 'assistant', content: '' }, null),
    ...pieces(ANSWER).map((content) => chunk({ content }, null)),
    chunk({}, 'stop'),
    ...(asks ? [{ ...common, object: 'chat.completion.chunk', choices: [], usage }] : []),
  ];
  const unknown = {
    input_tokens: null,
    output_tokens: null,
    cache_read_tokens: null,
    cache_write_tokens: null,
    reasoning_tokens: null,
  };
  const lines = [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n'];
  return sseReply(lines, asks ? truth : unknown, id);
}

function responses(request: FakeRequest): FakeReply {
  const truth = truthOf(request);
  const id = `resp_${derived(request, 'id', 0x10000000, 0xe0000000).toString(16)}`;
  const part = { type: 'output_text', text: ANSWER, annotations: [], logprobs: [] };
  const item = { id: `msg_${id.slice(5)}`, type: 'message', status: 'completed', role: 'assistant', content: [part] };
  const usage = {
    input_tokens: truth.input_tokens,
    input_tokens_details: { cached_tokens: truth.cache_read_tokens },
    output_tokens: truth.output_tokens,
    output_tokens_details: { reasoning_tokens: truth.reasoning_tokens },
    total_tokens: truth.input_tokens + truth.output_tokens,
  };
  const done = {
    id,
    object: 'response',
    created_at: CREATED,
    status: 'completed',
    model: textOf(request.body['model']),
    output: [item],
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    error: null,
    incomplete_details: null,
    usage,
  };
  if (!wantsStream(request)) return jsonReply(done, truth, id);
  const open = { ...done, status: 'in_progress', output: [], usage: null };
  const at = { item_id: item.id, output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: open },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    ...pieces(ANSWER).map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text: ANSWER, logprobs: [] },
    { type: 'response.content_part.done', ...at, part },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: done },
  ];
  const lines = events.map(
    (event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
  );
  return sseReply(lines, truth, id);
}

function embeddings(request: FakeRequest): FakeReply {
  const input = derived(request, 'in', 5, 60);
  const data = [{ object: 'embedding', index: 0, embedding: [0.25, -0.5, 0.125] }];
  const usage = { prompt_tokens: input, total_tokens: input };
  const truth = {
    input_tokens: input,
    output_tokens: null,
    cache_read_tokens: null,
    cache_write_tokens: null,
    reasoning_tokens: null,
  };
  return jsonReply({ object: 'list', data, model: textOf(request.body['model']), usage }, truth, null);
}
