import { beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { StoredExchange } from '../../../src/core/transfer.ts';
import { type OtlpSpan, spanOf } from '../../../src/interchange/otlp.ts';
import { saidOf } from '../../../src/interchange/said.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';
import { aLine, aRecord, aUsage } from '../../support/captures.ts';
import { attributeIn, faultsOf } from '../../support/otlp-receiver.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

let directory: Parameters<typeof saidOf>[1];
beforeAll(async () => {
  directory = await loadRegistry();
});

/** Those whose names begin so, by their names. */
function attributesUnder(span: OtlpSpan, ...prefixes: string[]): Record<string, unknown> {
  const keys = span.attributes.map(({ key }) => key).filter((key) => prefixes.some((prefix) => key.startsWith(prefix)));
  return Object.fromEntries(keys.map((key) => [key, attributeIn(span, key)]));
}

const bare = (over: Partial<CallRecord>): OtlpSpan => spanOf(aRecord(over), null);

async function spoken(
  body: unknown,
  over: Partial<CallRecord> = {},
  answer?: StoredExchange['response'],
): Promise<OtlpSpan> {
  const request = aStoredMessage('POST /v1/messages HTTP/1.1', JSON.stringify(body));
  const exchange = aStoredExchange(over, { request, ...(answer === undefined ? {} : { response: answer }) });
  const span = spanOf(exchange.record, await saidOf(exchange, directory));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'x' } }] };
  expect(
    faultsOf({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: '', version: '' }, spans: [span] }] }] }),
  ).toEqual([]);
  return span;
}

const kindOf = (over: Partial<CallRecord>): unknown => attributeIn(bare(over), 'openinference.span.kind');

const namesOf = (provider: string): unknown[] =>
  Object.values(attributesUnder(bare({ provider }), 'llm.system', 'llm.provider'));

const at = (index: number, name: string): string => `llm.input_messages.${index}.message.${name}`;

const content = (index: number, name: string): string => at(1, `contents.${index}.message_content.${name}`);

describe('interchange/openinference', () => {
  it('has models, counts and costs under the names of the specification', () => {
    const lines = [
      aLine('input_tokens', 600_000),
      aLine('cache_read_tokens', 300_000),
      aLine('cache_write_tokens', 50_000),
      aLine('cache_write_1h_tokens', 25_000),
      aLine('output_tokens', 5_000_000),
      aLine('reasoning_tokens', 100_000),
      aLine('web_searches', 10_000_000),
    ];
    const cost = { ...aRecord().cost, lines };
    const usage = aUsage({ cache_write_tokens: 7, reasoning_tokens: 40 });
    const span = bare({
      cost,
      usage,
      cost_usd: 0.016_075,
      session_id: 'ses_1',
      customer_id: 'ada',
      stop_reason: 'end_turn',
    });
    expect(attributesUnder(span, 'llm.', 'openinference.', 'session.', 'user.')).toEqual({
      'openinference.span.kind': 'LLM',
      'llm.system': 'anthropic',
      'llm.provider': 'anthropic',
      'llm.model_name': 'claude-sonnet-4-5-20250929',
      'llm.request.model_name': 'claude-sonnet-4-5',
      'llm.response.model_name': 'claude-sonnet-4-5-20250929',
      'llm.finish_reason': 'end_turn',
      'session.id': 'ses_1',
      'user.id': 'ada',
      'llm.token_count.prompt': '1200',
      'llm.token_count.completion': '340',
      'llm.token_count.total': '1540',
      'llm.token_count.prompt_details.cache_read': '1000',
      'llm.token_count.prompt_details.cache_write': '7',
      'llm.token_count.completion_details.reasoning': '40',
      'llm.cost.total': 0.016_075,
      'llm.cost.prompt': 0.000_975,
      'llm.cost.completion': 0.0051,
      'llm.cost.prompt_details.input': 0.0006,
      'llm.cost.prompt_details.cache_read': 0.0003,
      'llm.cost.prompt_details.cache_write': 0.000_075,
      'llm.cost.completion_details.output': 0.005,
      'llm.cost.completion_details.reasoning': 0.0001,
    });
  });

  it('leaves out what is unknown', () => {
    const usage = aUsage({ output_tokens: null, cache_read_tokens: null, cache_write_tokens: null });
    const cost = { ...aRecord().cost, lines: [aLine('input_tokens', 5), aLine('cache_read_tokens', null)] };
    const span = bare({ usage, cost, cost_usd: null, response_model: null });
    expect(attributesUnder(span, 'llm.token_count', 'llm.cost', 'llm.model', 'llm.re')).toEqual({
      'llm.token_count.prompt': '1200',
      'llm.cost.prompt_details.input': 0.000_000_005,
      'llm.model_name': 'claude-sonnet-4-5',
    });
  });

  it('gives a copy no number under a name that is added up', () => {
    const span = bare({ leg: 'shadow', comparison_id: 'cmp_1' });
    expect(attributesUnder(span, 'llm.token_count', 'llm.cost', 'gen_ai.usage', 'llm_proxy.cost_usd')).toEqual({});
    expect(attributesUnder(span, 'llm_proxy.leg', 'llm_proxy.shadow', 'llm_proxy.comparison')).toEqual({
      'llm_proxy.leg': 'shadow',
      'llm_proxy.comparison_id': 'cmp_1',
      'llm_proxy.shadow.cost_usd': 0.006,
      'llm_proxy.shadow.usage.input_tokens': '1200',
      'llm_proxy.shadow.usage.output_tokens': '340',
      'llm_proxy.shadow.usage.cache_read.input_tokens': '1000',
      'llm_proxy.shadow.usage.cache_creation.input_tokens': '0',
      'llm_proxy.shadow.usage.cache_write.input_tokens': '0',
    });
    expect(span.name).toBe('shadow chat claude-sonnet-4-5');
    expect(attributeIn(bare({}), 'llm_proxy.leg')).toBeUndefined();
  });

  it('tells the kinds of calls apart', () => {
    const none = aUsage({ state: 'none' });
    expect(kindOf({ operation: 'embeddings' })).toBe('EMBEDDING');
    expect(kindOf({ operation: 'rerank' })).toBe('RERANKER');
    expect(kindOf({ operation: 'models', inference: false, usage: none })).toBeUndefined();
    expect(kindOf({ operation: 'fetch_response', inference: false })).toBe('LLM');
    expect(kindOf({ operation: null, usage: none })).toBe('LLM');
  });

  it('names hosts and products as its lists do', () => {
    expect(namesOf('azure-openai')).toEqual(['openai', 'azure']);
    expect(namesOf('bedrock')).toEqual(['amazon', 'aws']);
    expect(namesOf('vertex')).toEqual(['vertexai', 'google']);
    expect(namesOf('mistral')).toEqual(['mistralai', 'mistralai']);
    expect(namesOf('groq')).toEqual(['groq', 'groq']);
  });

  it('flattens messages, tool calls and their results, tools and settings', async () => {
    const weather = { name: 'weather', description: 'Tells it.', input_schema: { type: 'object' } };
    const answer = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', id: 'tu_2', name: 'weather', input: { city: 'Rome' } }],
      usage: { input_tokens: 9, output_tokens: 5 },
    };
    const body = {
      model: 'claude-sonnet-4-5',
      max_tokens: 100,
      temperature: 0.5,
      tools: [weather],
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'And here?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(32_000) } },
          ],
        },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'tu_1', name: 'weather', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'tu_1', content: 'rain' }] },
      ],
    };
    const span = await spoken(body, {}, aStoredMessage('HTTP/1.1 200 OK', JSON.stringify(answer)));
    const tool = {
      type: 'function',
      function: { name: 'weather', description: 'Tells it.', parameters: { type: 'object' } },
    };
    const call = { id: 'tu_2', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } };
    expect(
      attributesUnder(span, 'llm.input', 'llm.output', 'llm.tools', 'llm.invocation', 'input.', 'output.'),
    ).toEqual({
      'llm.invocation_parameters': '{"model":"claude-sonnet-4-5","max_tokens":100,"temperature":0.5}',
      'input.value': 'And here?',
      'input.mime_type': 'text/plain',
      'output.value': JSON.stringify({ tool_calls: [call] }),
      'output.mime_type': 'application/json',
      [at(0, 'role')]: 'system',
      [at(0, 'content')]: 'Be brief.',
      [at(1, 'role')]: 'user',
      [content(0, 'type')]: 'text',
      [content(0, 'text')]: 'And here?',
      [content(1, 'type')]: 'image',
      [content(1, 'image.image.url')]: 'data:image/png;base64,AAAA',
      [content(2, 'type')]: 'text',
      [content(2, 'text')]: '[image: 32022 characters of base64, left out]',
      [at(2, 'role')]: 'assistant',
      [at(2, 'tool_calls.0.tool_call.id')]: 'tu_1',
      [at(2, 'tool_calls.0.tool_call.function.name')]: 'weather',
      [at(2, 'tool_calls.0.tool_call.function.arguments')]: '{}',
      [at(3, 'role')]: 'tool',
      [at(3, 'content')]: 'rain',
      [at(3, 'tool_call_id')]: 'tu_1',
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'tu_2',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'weather',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"city":"Rome"}',
      'llm.tools.0.tool.json_schema': JSON.stringify(tool),
    });
  });

  it('keeps to 1,024 attributes: the answer, instructions, tools and the newest messages, under their numbers', async () => {
    const tools = Array.from({ length: 300 }, (_, index) => ({ name: `t${index}`, input_schema: { type: 'object' } }));
    const messages = Array.from({ length: 600 }, (_, index) => ({ role: 'user', content: `m${index}` }));
    const span = await spoken({ model: 'm', system: 'S', tools, messages });
    const { droppedAttributesCount: dropped = 0, attributes } = span;
    const kept = attributes.map(({ key }) => key).filter((key) => key.startsWith('llm.'));
    expect(attributes.length).toBeGreaterThan(1022);
    expect(attributes.length).toBeLessThanOrEqual(1024);
    expect(attributeIn(span, 'llm.input_messages.0.message.content')).toBe('S');
    expect(attributeIn(span, 'llm.input_messages.600.message.content')).toBe('m599');
    expect(attributeIn(span, 'llm.input_messages.1.message.content')).toBeUndefined();
    expect(attributeIn(span, 'llm.output_messages.0.message.content')).toBe('Hi there');
    expect(kept.filter((key) => key.startsWith('llm.tools')).length).toBe(256);
    expect(dropped).toBe(300 - 256 + 2 * (601 - kept.filter((key) => key.endsWith('message.role')).length + 1));
  });

  it('has what was asked also where nothing was answered', async () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
    const failed = { error: { type: 'overloaded', message: 'busy' }, status: 529 };
    const span = await spoken(body, failed, aStoredMessage('HTTP/1.1 529 ', '{"type":"error"}'));
    expect(attributesUnder(span, 'input.value', 'output', 'llm.output', 'gen_ai.output', 'gen_ai.input')).toEqual({
      'input.value': 'Hello',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
    });
  });

  it('has the texts of embeddings, and no other of their words', async () => {
    const over = {
      operation: 'embeddings',
      usage: aUsage({ output_tokens: null }),
      provider: 'openai',
      host: 'api.openai.com',
    };
    const answer = aStoredMessage('HTTP/1.1 200 OK', '{"data":[]}');
    const many = await spoken({ model: 'e', input: ['a', 'b'], dimensions: 8 }, over, answer);
    expect(attributesUnder(many, 'embedding', 'input', 'output', 'llm.', 'gen_ai.input')).toEqual({
      'embedding.model_name': 'claude-sonnet-4-5-20250929',
      'embedding.invocation_parameters': '{"model":"e","dimensions":8}',
      'input.value': '["a","b"]',
      'input.mime_type': 'application/json',
      'embedding.embeddings.0.embedding.text': 'a',
      'embedding.embeddings.1.embedding.text': 'b',
      'llm.token_count.prompt': '1200',
      'llm.token_count.total': '1200',
      'llm.token_count.prompt_details.cache_read': '1000',
      'llm.token_count.prompt_details.cache_write': '0',
      'llm.cost.total': 0.006,
      'llm.cost.prompt': 0.006,
      'llm.cost.prompt_details.input': 0.006,
    });
    const tokens = await spoken({ model: 'e', input: [1, 2] }, over, answer);
    expect(attributesUnder(tokens, 'embedding.embeddings', 'input.')).toEqual({});
  });

  it('takes no words of a call that answers pictures or sound for a conversation', async () => {
    const span = await spoken(
      { model: 'gpt-image-1', prompt: 'A cat' },
      { operation: 'image_generation' },
      aStoredMessage('HTTP/1.1 200 OK', '{}'),
    );
    expect(attributesUnder(span, 'input', 'llm.input', 'gen_ai.input')).toEqual({});
  });
});
