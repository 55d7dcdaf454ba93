import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamText } from '../../../../src/store/search/stream-text.ts';

const sse = (events: readonly object[], named = true): string =>
  events.map((event) => `${named ? 'event: x\n' : ''}data: ${JSON.stringify(event)}\n\n`).join('');

const delta = (index: number, inner: object): object => ({ type: 'content_block_delta', index, delta: inner });
const chunk = (delta: object): object => ({ id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta }] });
const call = (index: number, part: string): object => ({ tool_calls: [{ index, function: { arguments: part } }] });

describe('store/search/stream-text', () => {
  it('joins the text of Anthropic, its thoughts and its calls of tools apart', () => {
    const text = streamText(
      sse([
        { type: 'message_start', message: { id: 'msg_abc', model: 'claude-x', role: 'assistant', content: [] } },
        delta(0, { type: 'thinking_delta', thinking: 'Let me pon' }),
        delta(0, { type: 'thinking_delta', thinking: 'der this' }),
        delta(1, { type: 'text_delta', text: 'Hel' }),
        delta(1, { type: 'text_delta', text: 'lo wor' }),
        delta(1, { type: 'text_delta', text: 'ld' }),
        delta(2, { type: 'input_json_delta', partial_json: '{"file_pa' }),
        delta(2, { type: 'input_json_delta', partial_json: 'th":"src/ma' }),
        delta(2, { type: 'input_json_delta', partial_json: 'in.ts\\nx"}' }),
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 12 } },
      ]),
    );
    expect(text.split('\n')).toEqual([
      'claude-x',
      'Let me ponder this',
      'Hello world',
      'file_path',
      'src/main.ts',
      'x',
      'tool_use',
      'msg_abc',
    ]);
  });

  it('joins the text of chat completions, each call of a tool for itself', () => {
    const text = streamText(
      `${sse([chunk({ role: 'assistant', content: '' }), chunk({ content: 'unbeliev' }), chunk({ content: 'able' }), chunk(call(0, '{"city":"Ber')), chunk(call(1, '{"city":"Par')), chunk(call(0, 'lin"}')), chunk(call(1, 'is"}'))], false)}data: [DONE]\n\n`,
    );
    expect(text.split('\n')).toEqual(['m', 'unbelievable', 'city', 'Berlin', 'city', 'Paris', 'chatcmpl-1']);
  });

  it('says once what the Responses API says twice, and not what it repeats of its request', () => {
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const text = streamText(
      sse([
        { type: 'response.created', response: { id: 'resp_1', instructions: 'Be terse.', tools: [{ name: 'x' }] } },
        { type: 'response.output_text.delta', ...at, delta: 'Good mor', obfuscation: 'Zx81' },
        { type: 'response.output_text.delta', ...at, delta: 'ning', obfuscation: 'q' },
        { type: 'response.output_text.done', ...at, text: 'Good morning' },
        { type: 'response.completed', response: { id: 'resp_1', instructions: 'Be terse.', status: 'completed' } },
      ]),
    );
    expect(text.split('\n')).toEqual(['Good morning', 'completed', 'resp_1', 'msg_1']);
  });

  it('reads Gemini as an array of answers, lines of JSON, and texts that grow', () => {
    const gemini = [' The quick', ' brown', ' fox'].map((part) => ({
      candidates: [{ content: { parts: [{ text: part }] } }],
    }));
    expect(streamText(JSON.stringify(gemini))).toBe('The quick brown fox');
    const ollama = ['so', 'ft', 'ware'].map((content) => ({
      message: { role: 'assistant', content },
      created_at: 'x',
    }));
    expect(streamText(ollama.map((line) => JSON.stringify(line)).join('\n'))).toBe('software');
    const growing = ['Once upon', 'Once upon a ti', 'Once upon a time'].map((sofar) => ({ output: { text: sofar } }));
    expect(streamText(sse(growing))).toBe('Once upon a time');
  });

  it('reads what a frame of AWS holds in base64, between bytes of the frame', () => {
    const frames = ['in', 'vo', 'ked'].map((part) => {
      const inner = JSON.stringify({ type: 'content_block_delta', index: 0, delta: { text: part } });
      return `\u0000\u0001:event-type\u0007chunk${JSON.stringify({ bytes: Buffer.from(inner).toString('base64'), p: 'abcdef' })}\ufffd\ufffd`;
    });
    expect(streamText(frames.join(''))).toBe('invoked');
  });

  it('joins data that is no JSON', () => {
    expect(streamText('event: output\ndata: Hel\n\nevent: output\ndata: lo there\n\nevent: done\ndata: {}\n\n')).toBe(
      'Hello there',
    );
    expect(streamText('no stream at all')).toBe('no stream at all');
    expect(streamText('')).toBe('');
  });

  it('keeps what came more than once before it changed', () => {
    const deltas = ['ha', 'ha', 'ha', '!'].map((text) => ({ type: 'd', delta: { text } }));
    expect(streamText(sse(deltas))).toBe('hahaha!');
  });

  it('reads a stream that is cut anywhere, and anything else', () => {
    const body = sse([
      { choices: [{ delta: { content: 'first ' } }] },
      { choices: [{ delta: { content: 'second' } }] },
    ]);
    const second = body.lastIndexOf('}]}\n');
    for (let at = 0; at <= body.length; at += 1) {
      const text = streamText(body.slice(0, at));
      if (at >= second + 3) expect(text).toBe('first second');
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof streamText(text) === 'string'));
    const start = performance.now();
    for (const hostile of [
      '{'.repeat(500_000),
      '{"a":'.repeat(100_000),
      '{}'.repeat(250_000),
      '{"\\'.repeat(100_000),
    ]) {
      streamText(hostile);
    }
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
