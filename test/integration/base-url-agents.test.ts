/** Coding agents that were given a base URL: the same calls as through the proxy, the same records. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { anthropicCall } from '../browser/support/anthropic.ts';
import { type Scripted, startScripted } from '../browser/support/scripted.ts';

const SESSION = '7a1f7c52-5a0c-4b8e-9a55-0d6a2f1c9e01';

const events = (list: readonly { type: string }[]): string =>
  list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-5-codex',
  output: [{ type: 'function_call', id: 'fc_1', call_id: 'call_a', name: 'shell', arguments: '{"command":["ls"]}' }],
  usage: {
    input_tokens: 900,
    input_tokens_details: { cached_tokens: 640 },
    output_tokens: 70,
    output_tokens_details: { reasoning_tokens: 32 },
    total_tokens: 970,
  },
};

describe('coding agents at base URLs', () => {
  let house: Scripted;
  let made = 0;
  beforeAll(async () => {
    house = await startScripted();
  });
  afterAll(async () => {
    await house.stop();
  });

  const recorded = async (): Promise<CallRecord> => {
    made += 1;
    await house.stored(made);
    const { calls } = await house.ask<{ calls: CallRecord[] }>('/api/calls?limit=1');
    const [call] = calls;
    if (call === undefined) throw new Error('nothing was recorded');
    return call;
  };

  it.each(['/anthropic/v1/messages?beta=true', '/v1/messages?beta=true'])(
    'meters what Claude Code sends to %s',
    async (path) => {
      const call = anthropicCall({
        messages: [{ role: 'user', content: 'Why does the test fail?' }],
        answer: [
          { type: 'text', text: 'I will look.' },
          { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { file_path: '/a.ts' } },
        ],
        usage: { input_tokens: 40, cache_read_input_tokens: 3000, cache_creation_input_tokens: 200, output_tokens: 60 },
        headers: {
          'user-agent': 'claude-cli/2.1.3 (external, cli)',
          'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
          'x-app': 'cli',
          'anthropic-dangerous-direct-browser-access': 'true',
        },
        more: { metadata: { user_id: `user_${'0'.repeat(64)}_account__session_${SESSION}` } },
      });
      expect(await house.call({ ...call, path })).toBe(200);
      expect(await recorded()).toMatchObject({
        provider: 'anthropic',
        client: 'claude-code/2.1.3',
        session_id: SESSION,
        stream: true,
        usage: {
          input_tokens: 3240,
          cache_read_tokens: 3000,
          cache_write_tokens: 200,
          output_tokens: 60,
          state: 'final',
        },
        tool_calls: [{ id: 'toolu_1', name: 'Read' }],
        stop_reason: 'tool_use',
      });
    },
  );

  it.each(['/openai/v1/responses', '/v1/responses', '/responses'])('meters what Codex sends to %s', async (path) => {
    const status = await house.call({
      path,
      headers: {
        authorization: `Bearer sk-${'0'.repeat(48)}`,
        originator: 'codex_cli_rs',
        'user-agent': 'codex_cli_rs/0.60.0 (Debian 12; x86_64) xterm',
        session_id: SESSION,
        accept: 'text/event-stream',
      },
      body: {
        model: 'gpt-5-codex',
        instructions: 'You are a coding agent.',
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'List the files.' }] }],
        tools: [{ type: 'function', name: 'shell', parameters: { type: 'object' } }],
        store: false,
        stream: true,
        prompt_cache_key: SESSION,
      },
      reply: {
        headers: { 'content-type': 'text/event-stream' },
        body: [
          events([
            { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [], usage: null } } as {
              type: string;
            },
            { type: 'response.output_item.done', output_index: 0, item: RESPONSE.output[0] } as { type: string },
            { type: 'response.completed', response: RESPONSE } as { type: string },
          ]),
        ],
      },
    });
    expect(status).toBe(200);
    expect(await recorded()).toMatchObject({
      provider: 'openai',
      client: 'codex/0.60.0',
      session_id: SESSION,
      stream: true,
      usage: { input_tokens: 900, cache_read_tokens: 640, output_tokens: 70, reasoning_tokens: 32, state: 'final' },
      tool_calls: [{ id: 'call_a', name: 'shell' }],
    });
  });
});
